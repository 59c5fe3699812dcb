"""One full gait cycle of each drawn agent, tracked on gait maps: the tables behind the figure.

`shared`: one map for all agents, of heights scaled by the expert's, its regions cut from the
density of all of them together. `published`: the study's way, a map for each agent, whose axes and
regions mean nothing beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.bodies import Body, joint_columns
from brainiarb.gait import Cycle, choose_cycle, foot_strikes, period
from brainiarb.gaitmap import (
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

PUBLISHED_PERPLEXITY = 100
# With fewer frames a map has no structure to cut.
LEAST_FRAMES = 60
CELL_COLUMNS = ["map", "agent", "level", "x", "y", "density", "region"]


@dataclass(frozen=True, eq=False)
class Walk:
    """What one agent's recording says about its gait; rows are those of one clone."""

    agent: str
    """`expert` or `clone`."""
    level: int
    """Noise in percent; -1 for the expert."""
    clone: int
    heights: np.ndarray
    """(N, g) m."""
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


def walk(body: Body, rollouts: Rollouts, agent: str, level: int, transient: float) -> Walk:
    """Return the walking of the median clone (or of the expert) of a recording."""
    rate = float(rollouts["sampling_rate"])
    clone = median_clone(episode_returns(rollouts))
    mine = rollouts["clone_ids"] == clone
    ids = rollouts["episode_ids"][mine]
    steady = drop_transient(ids, rate, transient)
    _, starts, lengths = np.unique(ids, return_index=True, return_counts=True)
    longest = int(np.argmax(lengths))
    episode = slice(int(starts[longest]), int(starts[longest] + lengths[longest]))
    contacts = rollouts["contacts"][mine]
    found = period(
        rollouts["qpos"][mine][:, joint_columns(body)], rate, episode_ids=ids, usable=steady
    )
    return Walk(
        agent=agent,
        level=level,
        clone=clone,
        heights=rollouts["heights"][mine].astype(np.float64),
        episode_ids=ids,
        steady=steady,
        episode=episode,
        fell=bool(rollouts["terminals"][mine][episode][-1]),
        seconds=found.seconds,
        strength=found.strength,
        strikes=foot_strikes(contacts[episode], rate),
        sampling_rate=rate,
    )


def shared_map(
    walks: Sequence[Walk], settings: MapSettings, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return cells and cycles of one map for all agents, the first of which is the expert.

    Cells: map, agent, level, x, y, density, region; cycles: see `track`.
    """
    if not walks[0].steady.any():
        raise ValueError(
            "expected an expert that walks longer than the start transient, found none of its "
            "episodes that long; lower recording.transient or choose another expert"
        )
    expert = walks[0].heights[walks[0].steady]
    mean, sd = expert.mean(axis=0), expert.std(axis=0)
    steady = [w for w in walks if w.steady.any()]
    scaled = [standardise(w.heights[w.steady], mean, sd) for w in steady]
    agents = np.repeat(np.arange(len(steady)), [len(rows) for rows in scaled])
    episodes = np.concatenate([w.episode_ids[w.steady] for w in steady])
    chosen = balanced_rows(agents, episodes, settings.points)
    perplexity = min(settings.perplexity, (len(chosen) - 1) // 3)
    fitted = embed(np.concatenate(scaled)[chosen], perplexity, seed)
    limit = map_limit(fitted.points)
    densities = [
        density(fitted.points[agents[chosen] == i], limit, settings.grid, settings.bandwidth)
        for i in range(len(steady))
    ]
    # Agents count alike, whatever share of the points they gave.
    regions = watershed_regions(np.mean(densities, axis=0), settings.prominence)
    width = 2 * limit / settings.grid
    axis = -limit + width * (np.arange(settings.grid) + 0.5)
    cells = [
        _cells("shared", w, axis, each, regions) for w, each in zip(steady, densities, strict=True)
    ]
    tracks = []
    for w in walks:
        cycle = w.cycle()
        points = np.empty((0, 2))
        if cycle is not None:
            pose = w.heights[w.episode][cycle.start : cycle.stop + 1]
            points = place(fitted, standardise(pose, mean, sd))
        tracks.append(track("shared", w, cycle, points, region_of(points, regions, limit)))
    return pd.concat(cells, ignore_index=True), pd.concat(tracks, ignore_index=True)


def published_maps(
    walks: Sequence[Walk], settings: MapSettings, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return cells and cycles of each agent's own map, of one episode, by the study's procedure."""
    cells, tracks = [], []
    for w in walks:
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

    Columns: map, agent, level, clone, time (s since the cycle began), phase (0 to 1), x, y, region,
    anchor (what the cycle is cut by), seconds (the gait's period), strength, walked (s, length of
    the drawn episode), fell, note.
    """
    frames = np.arange(len(points))
    table = pd.DataFrame({"time": frames / walked.sampling_rate})
    table["phase"] = frames / max(len(points) - 1, 1)
    table["x"], table["y"], table["region"] = points[:, 0], points[:, 1], regions
    note = ""
    if not len(table):
        note = "no full cycle"
        table = pd.DataFrame({n: [np.nan] for n in ("time", "phase", "x", "y")} | {"region": [0]})
    for place_, (column, value) in enumerate(
        [("map", name), ("agent", walked.agent), ("level", walked.level), ("clone", walked.clone)]
    ):
        table.insert(place_, column, value)
    table["anchor"] = cycle.anchor if cycle is not None else ""
    table["seconds"], table["strength"] = walked.seconds, walked.strength
    table["walked"] = (walked.episode.stop - walked.episode.start) / walked.sampling_rate
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
