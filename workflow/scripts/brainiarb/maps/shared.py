"""One full gait cycle of each drawn agent, tracked on gait maps: the tables behind the figure.

`shared`: one map for all agents, of signals scaled by the expert's, its regions cut from the
density of all levels together. `published`: the study's way, a map for each agent, whose axes and
regions mean nothing beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.errors import Refused
from brainiarb.gait.cycles import Cycle
from brainiarb.gait.walk import Walk
from brainiarb.maps.embedding import Embedding, embed, place, standardise
from brainiarb.maps.regions import density, map_limit, region_of, watershed_regions
from brainiarb.maps.wavelets import wavelet_features
from brainiarb.rollouts.episodes import balanced_rows

# Of the map by wavelets, evenly on a logarithmic scale: from half a stride to its harmonics, as far
# as the body's sampling rate reaches.
WAVELETS, LOWEST, HIGHEST, BELOW_NYQUIST = 12, 0.5, 20.0, 0.8
BANDWIDTHS = (0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.08)  # of the sweep
CELL_COLUMNS = ["map", "agent", "level", "x", "y", "density", "region"]


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
    """How far a peak of density must rise above its pass, as a share of the highest."""
    published_frames: int
    """Frames of one episode that the study's map of one agent is fitted to."""
    frames: int = 500
    """Frames of each clone that are placed on the shared map, at most."""
    features: str = "heights"
    """What the shared map is of: `heights`, `joint_angles`, or `wavelets` of the joint angles."""


@dataclass(frozen=True, eq=False)
class SharedMap:
    """The one map of all agents: where they crowd, and the regions that all of them are cut into.

    Grids have a row for y and a column for x, at the centres `axis` (m) of their cells.
    """

    embedding: Embedding
    levels: np.ndarray
    """(n) Level of each row of the map; every level has as many, as far as it walked."""
    features: list[np.ndarray]
    """Of each agent that was given, (N, c), to be placed."""
    limit: float
    axis: np.ndarray
    densities: dict[int, np.ndarray]
    """(m, m) of all agents of each level that is on the map."""
    regions: np.ndarray
    """(m, m) int, 0 outside."""

    def place(self, agent: int, rows: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
        """Return the places (n, 2) and regions (n) of rows of an agent, by its index."""
        points = place(self.embedding, self.features[agent][rows])
        return points, region_of(points, self.regions, self.limit)


def map_features(walks: Sequence[Walk], kind: str) -> list[np.ndarray]:
    """Return what each agent (N, c) is mapped by, scaled by the steady walk of the first of them.

    `kind`: `heights`, `joint_angles`, or `wavelets` of the joint angles (see `wavelet_features`).
    """
    signals = [w.heights if kind == "heights" else w.angles for w in walks]
    if not walks[0].steady.any():
        raise Refused(
            "expected an expert that walks longer than the start transient, found none of its "
            "episodes that long; lower analysis.transient or choose another expert"
        )
    expert = signals[0][walks[0].steady]
    scaled = [standardise(each, expert.mean(axis=0), expert.std(axis=0)) for each in signals]
    if kind != "wavelets":
        return scaled
    highest = min(HIGHEST, BELOW_NYQUIST * walks[0].sampling_rate / 2)
    frequencies = np.geomspace(LOWEST, highest, WAVELETS)
    return [
        wavelet_features(each, w.sampling_rate, frequencies, w.episode_ids)
        for w, each in zip(walks, scaled, strict=True)
    ]


def fit_map(walks: Sequence[Walk], settings: MapSettings, seed: int) -> SharedMap:
    """Fit one map to all agents, the first of which is the expert, and cut it into regions.

    Every level gives as many of its `settings.points` rows, every episode of a level alike. The
    regions are those of the mean of the levels' densities.
    """
    features = map_features(walks, settings.features)
    steady = np.concatenate([w.steady for w in walks])
    levels = np.repeat([w.level for w in walks], [len(w.steady) for w in walks])[steady]
    episodes = np.concatenate([w.episode_ids for w in walks])[steady]
    chosen = balanced_rows(levels, episodes, settings.points)
    perplexity = min(settings.perplexity, (len(chosen) - 1) // 3)
    fitted = embed(np.concatenate(features)[steady][chosen], perplexity, seed)
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
        axis=-limit + width * (np.arange(settings.grid) + 0.5),
        densities=densities,
        regions=common_regions(densities, settings.prominence),
    )


def level_densities(
    points: np.ndarray, levels: np.ndarray, limit: float, grid: int, bandwidth: float
) -> dict[int, np.ndarray]:
    """Return the density of each level's points; see `gaitmap.density`."""
    return {
        level: density(points[levels == level], limit, grid, bandwidth)
        for level in np.unique(levels).tolist()
    }


def common_regions(densities: dict[int, np.ndarray], prominence: float) -> np.ndarray:
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


def regions_at(shared: SharedMap, settings: MapSettings, bandwidth: float) -> np.ndarray:
    """Return the regions (m, m) of the shared map, cut at another bandwidth."""
    densities = level_densities(
        shared.embedding.points, shared.levels, shared.limit, settings.grid, bandwidth
    )
    return common_regions(densities, settings.prominence)


def shared_map(walks: Sequence[Walk], shared: SharedMap) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return cells and cycles on the one map for all agents, those that it was fitted to.

    Cells of every level: map, agent, level, x, y, density, region; a cycle of each level's median
    clone: see `track`.
    """
    cells, tracks = [], []
    for agent, w in enumerate(walks):
        if not w.median:
            continue
        if w.level in shared.densities:
            values = shared.densities[w.level]
            cells.append(cell_table("shared", w, shared.axis, values, shared.regions))
        cycle = w.cycle()
        rows = slice(0, 0)
        if cycle is not None:
            rows = slice(w.episode.start + cycle.start, w.episode.start + cycle.stop + 1)
        tracks.append(track("shared", w, cycle, *shared.place(agent, rows)))
    return pd.concat(cells, ignore_index=True), pd.concat(tracks, ignore_index=True)


def track(
    name: str, walked: Walk, cycle: Cycle | None, points: np.ndarray, regions: np.ndarray
) -> pd.DataFrame:
    """Tabulate one cycle on a map, one row per frame; without a cycle one row with nan.

    Columns: map, agent, level, clone, episode and step (which row of the recording it is; without a
    cycle the first after the start transient), time (s since the cycle began), phase (0 to 1), x,
    y, region, anchor (what the cycle is cut by), seconds (the gait's period), strength, walked (s,
    length of the drawn episode), fell, note.
    """
    frames = np.arange(len(points))
    length = walked.episode.stop - walked.episode.start
    first = min(walked.first, length - 1) if cycle is None else cycle.start
    table = pd.DataFrame({"time": frames / walked.sampling_rate})
    table["phase"] = frames / max(len(points) - 1, 1)
    table["x"], table["y"], table["region"] = points[:, 0], points[:, 1], regions
    note = ""
    if not len(table):
        note = "no full cycle"
        table = pd.DataFrame({n: [np.nan] for n in ("time", "phase", "x", "y")} | {"region": [0]})
    for place_, (column, value) in enumerate(
        [
            ("map", name),
            ("agent", walked.agent),
            ("level", walked.level),
            ("clone", walked.clone),
            ("episode", walked.episode_ids[walked.episode.start]),
            ("step", first + np.arange(len(table))),
        ]
    ):
        table.insert(place_, column, value)
    table["anchor"] = cycle.anchor if cycle is not None else ""
    table["seconds"], table["strength"] = walked.seconds, walked.strength
    table["walked"] = length / walked.sampling_rate
    table["fell"], table["note"] = walked.fell, note
    return table


def cell_table(
    name: str, walked: Walk, axis: np.ndarray, values: np.ndarray, regions: np.ndarray
) -> pd.DataFrame:
    """Tabulate the cells of a map: map, agent, level, x, y, density, region."""
    x, y = np.meshgrid(axis, axis)
    table = pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "density": values.ravel()})
    table["region"] = regions.ravel()
    table.insert(0, "map", name)
    table.insert(1, "agent", walked.agent)
    table.insert(2, "level", walked.level)
    return table
