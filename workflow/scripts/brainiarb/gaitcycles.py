"""One full gait cycle of each drawn agent, tracked on gait maps: the tables behind the figure.

`shared`: one map for all agents, of signals scaled by the expert's, its regions cut from the
density of all levels together. `published`: the study's way, a map for each agent, whose axes and
regions mean nothing beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from brainiarb.bodies import Body, joint_columns
from brainiarb.gait import Cycle, choose_cycle, foot_strikes, period
from brainiarb.gaitmap import (
    Embedding,
    density,
    embed,
    map_limit,
    place,
    published_embed,
    published_regions,
    region_of,
    standardise,
    watershed_regions,
)
from brainiarb.rollouts import (
    Rollouts,
    balanced_rows,
    drop_transient,
    episode_returns,
    median_clone,
)
from brainiarb.wavelets import wavelet_features

PUBLISHED_PERPLEXITY = 100
# With fewer frames a map has no structure to cut.
LEAST_FRAMES = 60
# Of the map by wavelets, evenly on a logarithmic scale: from half a stride to its harmonics, as far
# as the body's sampling rate reaches.
WAVELETS, LOWEST, HIGHEST, BELOW_NYQUIST = 12, 0.5, 20.0, 0.8
BANDWIDTHS = (0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.08)  # of the sweep
CELL_COLUMNS = ["map", "agent", "level", "x", "y", "density", "region"]


@dataclass(frozen=True, eq=False)
class Walk:
    """What one agent's recording says about its gait; rows are those of one clone."""

    agent: str
    """`expert` or `clone`."""
    level: int
    """Noise in percent; -1 for the expert."""
    clone: int
    median: bool
    """Whether it is the clone of median return, which stands for its level where one is drawn."""
    heights: np.ndarray
    """(N, g) m."""
    angles: np.ndarray
    """(N, joints) of the joints, as recorded."""
    episode_ids: np.ndarray
    """(N)."""
    steady: np.ndarray
    """(N) False in the start transient."""
    episode: slice
    """The rows of the longest episode, the first of equals: the one that is drawn."""
    fell: bool
    """Whether that episode ended by a fall."""
    seconds: float
    """Length of the full gait cycle; nan where none was found."""
    strength: float
    """The autocorrelation at that length."""
    strikes: tuple[np.ndarray, ...]
    """The rows of the drawn episode at which each foot strikes the ground."""
    sampling_rate: float
    """Hz."""

    @property
    def first(self) -> int:
        """The row of the drawn episode at which its start transient is over."""
        return int(np.argmax(np.append(self.steady[self.episode], True)))

    def cycle(self, stop: int | None = None) -> Cycle | None:
        """Return the drawn episode's most typical cycle, before its row `stop` where given."""
        pose = self.heights[self.episode][:stop]
        strikes = [foot[foot < len(pose)] for foot in self.strikes]
        return choose_cycle(
            pose,
            self.seconds,
            self.sampling_rate,
            start=min(self.first, len(pose)),
            strikes=strikes,
        )


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


def walks_of(body: Body, rollouts: Rollouts, level: int, transient: float) -> list[Walk]:
    """Return the walking of every clone of a recording (or of the expert, level -1)."""
    median = median_clone(episode_returns(rollouts))
    clones = np.unique(rollouts["clone_ids"]).tolist()
    return [_walk(body, rollouts, level, transient, clone, clone == median) for clone in clones]


def walk(body: Body, rollouts: Rollouts, agent: str, level: int, transient: float) -> Walk:
    """Return the walking of the median clone (or of the expert) of a recording."""
    clone = median_clone(episode_returns(rollouts))
    return replace(_walk(body, rollouts, level, transient, clone, True), agent=agent)


def _walk(
    body: Body, rollouts: Rollouts, level: int, transient: float, clone: int, median: bool
) -> Walk:
    rate = float(rollouts["sampling_rate"])
    mine = rollouts["clone_ids"] == clone
    ids = rollouts["episode_ids"][mine]
    steady = drop_transient(ids, rate, transient)
    _, starts, lengths = np.unique(ids, return_index=True, return_counts=True)
    longest = int(np.argmax(lengths))
    episode = slice(int(starts[longest]), int(starts[longest] + lengths[longest]))
    contacts = rollouts["contacts"][mine]
    angles = rollouts["qpos"][mine][:, joint_columns(body)]
    found = period(angles, rate, episode_ids=ids, usable=steady)
    return Walk(
        agent="expert" if level < 0 else "clone",
        level=level,
        clone=clone,
        median=median,
        heights=rollouts["heights"][mine].astype(np.float64),
        angles=angles,
        episode_ids=ids,
        steady=steady,
        episode=episode,
        fell=bool(rollouts["terminals"][mine][episode][-1]),
        seconds=found.seconds,
        strength=found.strength,
        strikes=foot_strikes(contacts[episode], rate),
        sampling_rate=rate,
    )


def map_features(walks: Sequence[Walk], kind: str) -> list[np.ndarray]:
    """Return what each agent (N, c) is mapped by, scaled by the steady walk of the first of them.

    `kind`: `heights`, `joint_angles`, or `wavelets` of the joint angles (see `wavelet_features`).
    """
    signals = [w.heights if kind == "heights" else w.angles for w in walks]
    if not walks[0].steady.any():
        raise ValueError(
            "expected an expert that walks longer than the start transient, found none of its "
            "episodes that long; lower recording.transient or choose another expert"
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
            cells.append(_cells("shared", w, shared.axis, values, shared.regions))
        cycle = w.cycle()
        rows = slice(0, 0)
        if cycle is not None:
            rows = slice(w.episode.start + cycle.start, w.episode.start + cycle.stop + 1)
        tracks.append(track("shared", w, cycle, *shared.place(agent, rows)))
    return pd.concat(cells, ignore_index=True), pd.concat(tracks, ignore_index=True)


def published_maps(
    walks: Sequence[Walk], settings: MapSettings, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return cells and cycles of each median clone's own map, of one episode, as the study did."""
    cells, tracks = [], []
    for w in (w for w in walks if w.median):
        frames = w.heights[w.episode][w.first : w.first + settings.published_frames]
        if len(frames) < LEAST_FRAMES:
            tracks.append(track("published", w, None, np.empty((0, 2)), np.empty(0, np.int32)))
            continue
        perplexity = min(PUBLISHED_PERPLEXITY, (len(frames) - 1) // 3)
        points = published_embed(frames, seed, perplexity)
        own = published_regions(points)
        cells.append(_cells("published", w, own.axis, own.density, own.regions))
        cycle = w.cycle(stop=w.first + len(frames))
        rows = slice(0, 0)
        if cycle is not None:
            rows = slice(cycle.start - w.first, cycle.stop - w.first + 1)
        tracks.append(track("published", w, cycle, points[rows], own.labels[rows]))
    mapped = pd.concat(cells, ignore_index=True) if cells else pd.DataFrame(columns=CELL_COLUMNS)
    return mapped, pd.concat(tracks, ignore_index=True)


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


def cycle_rows(walked: Walk, count: int) -> np.ndarray:
    """Return `count` rows of the drawn episode at even phases of its cycle, both ends included.

    Without a cycle they lie evenly between the start transient and the end of the episode.
    """
    cycle = walked.cycle()
    last = len(walked.heights[walked.episode]) - 1
    ends = (min(walked.first, last), last) if cycle is None else (cycle.start, cycle.stop)
    return np.linspace(*ends, count).round().astype(int)


def _cells(
    name: str, walked: Walk, axis: np.ndarray, values: np.ndarray, regions: np.ndarray
) -> pd.DataFrame:
    x, y = np.meshgrid(axis, axis)
    table = pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "density": values.ravel()})
    table["region"] = regions.ravel()
    table.insert(0, "map", name)
    table.insert(1, "agent", walked.agent)
    table.insert(2, "level", walked.level)
    return table
