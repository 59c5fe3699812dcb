"""What is drawn of a gait map: its cells, and one gait cycle of an agent as a track on it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from brainiarb.gait.cycles import Cycle
from brainiarb.gait.drawn import DrawnEpisode, drawn_episode
from brainiarb.gait.walk import SteadyWalk
from brainiarb.maps.shared import SharedMap

CELL_COLUMNS = ["map", "agent", "level", "x", "y", "density", "region"]
NO_TRACK = "no full cycle"


def shared_tracks(
    walks: Sequence[SteadyWalk], shared: SharedMap
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return cells and tracks on the one map of all agents, which was fitted to these `walks`.

    The cells (`cell_table`) are those of every level, and each level is tracked (`track_table`) by
    one gait cycle of its clone of median return.
    """
    cells, tracks = [], []
    for agent, walk in enumerate(walks):
        if not walk.median:
            continue
        if walk.level in shared.densities:
            densities = shared.densities[walk.level]
            cells.append(cell_table("shared", walk, shared.axis, densities, shared.regions))
        drawn = drawn_episode(walk)
        cycle = drawn.cycle()
        rows = slice(0, 0)
        if cycle is not None:
            start = drawn.rows.start - walk.rows.start
            rows = slice(start + cycle.start, start + cycle.stop + 1)
        placed = shared.place(agent, rows)
        tracks.append(track_table("shared", drawn, cycle, *placed, missing=shared.missing))
    return joined_cells(cells), pd.concat(tracks, ignore_index=True)


def track_table(
    name: str,
    drawn: DrawnEpisode,
    cycle: Cycle | None,
    points: NDArray[np.float64],
    regions: NDArray[np.int32],
    missing: str = "",
) -> pd.DataFrame:
    """Tabulate one gait cycle on a map, one row for each frame; without a cycle one row with nan.

    `points` (n, 2) and `regions` (n) are those of the cycle's frames. Columns: map, agent, level,
    clone, episode (its number in the recording), step (which row of the episode it is; without a
    cycle the first after the start transient), time (s since the cycle began), phase (0 to 1), x,
    y, region, anchor (what the cycle is cut by), seconds (the gait's period), strength (its
    autocorrelation), walked (s, length of the episode), fell, note (why there is no map, which is
    `missing`, or no cycle).
    """
    walk, frames = drawn.walk, np.arange(len(points))
    first = min(drawn.first, len(drawn) - 1) if cycle is None else cycle.start
    table = pd.DataFrame({"time": frames / walk.sampling_rate})
    table["phase"] = frames / max(len(points) - 1, 1)
    table["x"], table["y"], table["region"] = points[:, 0], points[:, 1], regions
    note = missing
    if not len(table):
        note = missing or NO_TRACK
        table = pd.DataFrame({n: [np.nan] for n in ("time", "phase", "x", "y")} | {"region": [0]})
    for place, (column, value) in enumerate(
        [
            ("map", name),
            ("agent", walk.agent),
            ("level", walk.level),
            ("clone", walk.clone),
            ("episode", drawn.number),
            ("step", first + np.arange(len(table))),
        ]
    ):
        table.insert(place, column, value)
    table["anchor"] = cycle.anchor if cycle is not None else ""
    table["seconds"], table["strength"] = walk.period.seconds, walk.period.strength
    table["walked"] = len(drawn) / walk.sampling_rate
    table["fell"], table["note"] = drawn.fell, note
    return table


def joined_cells(cells: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the cells of several maps as one table, which has its columns without a map too."""
    return pd.concat(cells, ignore_index=True) if cells else pd.DataFrame(columns=CELL_COLUMNS)


def cell_table(
    name: str,
    walk: SteadyWalk,
    axis: NDArray[np.float64],
    densities: NDArray[np.float64],
    regions: NDArray[np.int32],
) -> pd.DataFrame:
    """Tabulate the cells (m, m) of a map at `axis` (m): the columns are `CELL_COLUMNS`."""
    x, y = np.meshgrid(axis, axis)
    table = pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "density": densities.ravel()})
    table["region"] = regions.ravel()
    table.insert(0, "map", name)
    table.insert(1, "agent", walk.agent)
    table.insert(2, "level", walk.level)
    return table
