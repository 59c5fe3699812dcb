"""The shared gait map: one map of all agents, cut into regions that all of them share.

The map is of signals that are scaled by the expert's. Its regions are cut from the density of all
levels together.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from brainiarb.errors import Refused
from brainiarb.gait.walk import NO_WALK, SteadyWalk
from brainiarb.maps.embedding import Embedding, embed, place_on_map, standardise
from brainiarb.maps.regions import density, map_limit, region_of, watershed_regions
from brainiarb.maps.wavelets import wavelet_features
from brainiarb.rollouts.episodes import balanced_rows

# The frequencies (Hz) of a map by wavelets, evenly on a logarithmic scale: from half a stride to
# its harmonics, as far as the body's sampling rate reaches.
WAVELETS, LOWEST, HIGHEST, BELOW_NYQUIST = 12, 0.5, 20.0, 0.8
# The bandwidths for which `bandwidth_sweep` counts regions.
BANDWIDTHS = (0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.08)


@dataclass(frozen=True)
class MapSettings:
    """How gait maps are made; each field is a key of `gaitmap` in the config."""

    points: int
    """Frames of all agents together that the shared map is fitted to."""
    perplexity: float
    bandwidth: float
    """Standard deviation of the smoothing, as a share of the map's width."""
    grid: int
    """Cells of the shared map in each direction."""
    prominence: float
    """How far a peak of density must rise above its pass, as a share of the highest density."""
    published_frames: int = 1000
    """Frames of one episode that the study's map of one agent is fitted to; 0 makes no such map."""
    published_mode: str = "mean"
    """How the expert acts in its map as published: `mean` or `sampled`, as in the study."""
    frames: int = 500
    """The most frames of each clone that are placed on the shared map."""
    features: str = "heights"
    """What the shared map is of: `heights`, `joint_angles`, or `wavelets` of the joint angles."""


@dataclass(frozen=True, eq=False)
class SharedMap:
    """The one map of all agents: where they crowd, and the regions that all of them are cut into.

    Grids have a row for y and a column for x, at the centres `axis` of their cells.
    """

    embedding: Embedding
    levels: NDArray[np.int64]
    """(n) The level of each row of the map; every level has the same number of rows, unless its
    agents did not walk that long."""
    features: list[NDArray[np.float64]]
    """(N, c) of all rows of each agent that was given, to be placed on the map."""
    limit: float
    """The map reaches from -`limit` to `limit` in x and y."""
    axis: NDArray[np.float64]
    """(m), in the unit of the map."""
    densities: dict[int, NDArray[np.float64]]
    """(m, m) of all agents of each level that is on the map."""
    regions: NDArray[np.int32]
    """(m, m), 0 outside."""
    missing: str = ""
    """Why the map has no postures, if it was fitted and has none."""

    @property
    def empty(self) -> bool:
        """Return whether the map has no postures."""
        return not self.densities

    def place(
        self, agent: int, rows: NDArray[np.int64] | slice
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return the places (n, 2) and regions (n) of rows of an agent.

        `agent` is the index of its walk, `rows` are counted from the agent's first row. On an empty
        map places are nan, and all rows lie outside.
        """
        if self.empty:
            nowhere = np.full((len(self.features[agent][rows]), 2), np.nan)
            return nowhere, np.zeros(len(nowhere), np.int32)
        points = place_on_map(self.embedding, self.features[agent][rows])
        return points, region_of(points, self.regions, self.limit)


def map_features(walks: Sequence[SteadyWalk], kind: str) -> list[NDArray[np.float64]]:
    """Return the features (N, c) by which all rows of each agent are mapped.

    `kind`: `heights`, `joint_angles`, or `wavelets` of the joint angles (see `wavelet_features`).
    Signals are scaled by the steady walk of the first agent, the expert. Raises Refused if the
    expert has no steady walk.
    """
    signals = [
        walk.heights(walk.rows) if kind == "heights" else walk.joints(walk.rows) for walk in walks
    ]
    if not walks[0].steady:
        raise Refused(
            "expected an expert that walks longer than the start transient, found none of its "
            "episodes that long; lower analysis.transient or choose another expert"
        )
    expert = signals[0][walks[0].steady_rows()]
    mean, sd = expert.mean(axis=0), expert.std(axis=0)
    scaled = [standardise(signal, mean, sd) for signal in signals]
    if kind != "wavelets":
        return scaled
    highest = min(HIGHEST, BELOW_NYQUIST * walks[0].sampling_rate / 2)
    frequencies = np.geomspace(LOWEST, highest, WAVELETS)
    return [
        wavelet_features(signal, walk.sampling_rate, frequencies, walk.episode_ids(walk.rows))
        for walk, signal in zip(walks, scaled, strict=True)
    ]


def fit_map(walks: Sequence[SteadyWalk], settings: MapSettings, seed: int) -> SharedMap:
    """Fit one map to all agents, the first of which is the expert, and cut it into regions.

    Every level gives the same number of its rows, together `settings.points`, and every episode of
    a level the same share. The regions are those of the mean of the levels' densities. The map is
    empty if the expert has no steady walk or does not move in it.
    """
    if missing := unmapped(walks[0], settings.features):
        logging.warning(
            "there is no map of postures, because of the expert: %s; gaitmap.features names what "
            "is mapped",
            missing,
        )
        return _empty_map(walks, settings, missing)
    features = map_features(walks, settings.features)
    steady = [walk.steady_rows() for walk in walks]
    levels = np.repeat([walk.level for walk in walks], [len(rows) for rows in steady])
    episodes, rows_of_map = (
        np.concatenate([values[rows] for values, rows in zip(arrays, steady, strict=True)])
        for arrays in ([walk.episode_ids(walk.rows) for walk in walks], features)
    )
    chosen = balanced_rows(levels, episodes, settings.points)
    perplexity = min(settings.perplexity, (len(chosen) - 1) // 3)
    fitted = embed(rows_of_map[chosen], perplexity, seed)
    limit = map_limit(fitted.points)
    densities = level_densities(
        fitted.points, levels[chosen], limit, settings.grid, settings.bandwidth
    )
    width = 2 * limit / settings.grid
    return SharedMap(
        embedding=fitted,
        levels=levels[chosen],
        features=features,
        limit=limit,
        axis=np.asarray(width * (np.arange(settings.grid) + 0.5) - limit, np.float64),
        densities=densities,
        regions=common_regions(densities, settings.prominence),
    )


def unmapped(expert: SteadyWalk, kind: str) -> str:
    """Return why an expert's signals cannot be scaled by its steady walk; empty if they can."""
    heights = kind == "heights"
    signals = expert.heights(expert.rows) if heights else expert.joints(expert.rows)
    steady = signals[expert.steady_rows()]
    if not len(steady):
        return NO_WALK
    still = (steady.std(axis=0) == 0).sum()
    name = "heights" if heights else "joints"
    return f"{still} of {steady.shape[1]} {name} do not vary" if still else ""


def _empty_map(walks: Sequence[SteadyWalk], settings: MapSettings, missing: str) -> SharedMap:
    """Return a map without postures, on which nothing can be placed."""
    features = [walk.heights(walk.rows) for walk in walks]
    axis = (np.arange(settings.grid) + 0.5) * 2 / settings.grid - 1
    return SharedMap(
        embedding=Embedding(np.zeros((0, 2)), np.zeros((0, 1)), settings.perplexity, 0, np.nan),
        levels=np.zeros(0, np.int64),
        features=features,
        limit=1.0,
        axis=np.asarray(axis, np.float64),
        densities={},
        regions=np.zeros((settings.grid, settings.grid), np.int32),
        missing=missing,
    )


def level_densities(
    points: NDArray[np.float64],
    levels: NDArray[np.int64],
    limit: float,
    grid: int,
    bandwidth: float,
) -> dict[int, NDArray[np.float64]]:
    """Return the density of each level's points; see `density`."""
    return {
        level: density(points[levels == level], limit, grid, bandwidth)
        for level in np.unique(levels).tolist()
    }


def common_regions(
    densities: dict[int, NDArray[np.float64]], prominence: float
) -> NDArray[np.int32]:
    """Return the regions of the mean density, in which levels count alike whatever their rows."""
    return watershed_regions(np.mean(list(densities.values()), axis=0), prominence)


def bandwidth_sweep(shared: SharedMap, settings: MapSettings) -> pd.DataFrame:
    """Tabulate how many regions the shared map has by bandwidth: a knob, not a finding.

    Columns: bandwidth (share of the map's width), regions, chosen.
    """
    table = pd.DataFrame({"bandwidth": sorted({*BANDWIDTHS, settings.bandwidth})})
    table["regions"] = [
        int(regions_at(shared, settings, bandwidth).max()) for bandwidth in table["bandwidth"]
    ]
    return table.assign(chosen=table["bandwidth"] == settings.bandwidth)


def regions_at(shared: SharedMap, settings: MapSettings, bandwidth: float) -> NDArray[np.int32]:
    """Return the regions (m, m) of the shared map, cut at another bandwidth."""
    if shared.empty:
        return shared.regions
    densities = level_densities(
        shared.embedding.points, shared.levels, shared.limit, settings.grid, bandwidth
    )
    return common_regions(densities, settings.prominence)
