"""The gait map of archives that are compared without cloning: one map that all of them share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from brainiarb.gait.walk import SteadyWalk
from brainiarb.maps.placed import Placed, place_agents
from brainiarb.maps.shared import MapSettings, SharedMap, fit_map
from brainiarb.maps.tables import REPLICATES, occupancy_table
from brainiarb.maps.tracks import shared_tracks
from brainiarb.maps.transitions import grouped_distance, split_null


@dataclass(frozen=True, eq=False)
class ArchiveMap:
    """The gaits of archives on one map; every table names the archive in the column expert."""

    shared: SharedMap
    """Its `densities` are of the archives, by their number in the order of the walks."""
    cells: pd.DataFrame
    """See `cell_table`."""
    cycles: pd.DataFrame
    """See `track_table`."""
    occupancy: pd.DataFrame
    """See `occupancy_table`."""
    distances: pd.DataFrame
    """See `distances_between`."""


def archive_map(walks: Sequence[SteadyWalk], settings: MapSettings, seed: int) -> ArchiveMap:
    """Map the gaits of archives, one walk of each, the first of which scales the features.

    Each archive gives the same number of frames to the map, and its regions are cut from the mean
    of the archives' densities. Where the first archive has no steady walk, the map is empty.
    """
    names = [walk.expert for walk in walks]
    # The map gives each level an equal part, and archives are told apart by it.
    numbered = [replace(walk, level=number) for number, walk in enumerate(walks)]
    shared = fit_map(numbered, settings, seed)
    placed = place_agents(numbered, shared, settings.frames * len(walks[0].episodes))[: len(walks)]
    cells, cycles = shared_tracks(numbered, shared)
    regions, rng = int(shared.regions.max()), np.random.default_rng(seed)
    return ArchiveMap(
        shared=shared,
        cells=_named(cells, names),
        cycles=_named(cycles, names),
        occupancy=_named(occupancy_table(placed, shared), names),
        distances=distances_between(placed, names, regions, rng),
    )


def distances_between(
    placed: Sequence[Placed], names: Sequence[str], n_regions: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Tabulate how far apart the times are that two archives spend in each region of the map.

    Columns: first, second, episodes (on each side), distance (bits^0.5, see `grouped_distance`). Of
    an archive with itself it is the median of random halves of its episodes: what is not above it
    is no difference.
    """
    counts = [agent.frames_by_region(n_regions) for agent in placed]
    size = min(map(len, counts)) // 2
    rows = []
    for first, of_first in zip(names, counts, strict=True):
        for second, of_second in zip(names, counts, strict=True):
            if first == second:
                null = split_null(of_first, size, REPLICATES, rng)
                distance = float(np.median(null)) if len(null) else np.nan
            else:
                distance = grouped_distance(of_first, of_second, size)
            rows.append((first, second, size, distance))
    return pd.DataFrame(rows, columns=["first", "second", "episodes", "distance"])


def _named(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a table of numbered archives with their names, as a table of experts."""
    experts = [names[number] for number in table["level"]]
    named = table.assign(agent="expert", level=-1, **({"clone": -1} if "clone" in table else {}))
    named.insert(0, "expert", experts)
    return named
