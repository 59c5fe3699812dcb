"""The shared gait map on disk, so that further walks can be placed on it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from brainiarb.files import read_npz, write_npz
from brainiarb.gait.walk import SteadyWalk
from brainiarb.maps.embedding import Embedding
from brainiarb.maps.shared import SharedMap, map_features


def write_map(path: str | Path, shared: SharedMap, kind: str) -> None:
    """Write a shared map of features of a `kind` (see `map_features`), without its agents."""
    fitted = shared.embedding
    write_npz(
        path,
        {
            "points": fitted.points,
            "features": fitted.features,
            "perplexity": fitted.perplexity,
            "seed": fitted.seed,
            "divergence": fitted.divergence,
            "levels": shared.levels,
            "limit": shared.limit,
            "axis": shared.axis,
            "density_levels": np.array(sorted(shared.densities), np.int64),
            "densities": np.array(
                [shared.densities[level] for level in sorted(shared.densities)]
            ).reshape(-1, *shared.regions.shape),
            "regions": shared.regions,
            "kind": kind,
        },
    )


def read_map(path: str | Path) -> tuple[SharedMap, str]:
    """Read a shared map without agents and the kind of its features; see `with_agents`."""
    stored = read_npz(path)
    fitted = Embedding(
        points=stored["points"],
        features=stored["features"],
        perplexity=float(stored["perplexity"]),
        seed=int(stored["seed"]),
        divergence=float(stored["divergence"]),
    )
    shared = SharedMap(
        embedding=fitted,
        levels=stored["levels"],
        features=[],
        limit=float(stored["limit"]),
        axis=stored["axis"],
        densities=dict(zip(stored["density_levels"].tolist(), stored["densities"], strict=True)),
        regions=stored["regions"],
    )
    return shared, str(stored["kind"])


def with_agents(
    shared: SharedMap, kind: str, expert: SteadyWalk, walks: Sequence[SteadyWalk]
) -> SharedMap:
    """Return the map with the features of `walks`, so that it can place their rows.

    `expert` is the whole walk of the map's own expert, which scales the features.
    """
    if shared.empty:
        return replace(shared, features=[walk.heights(walk.rows) for walk in walks])
    return replace(shared, features=map_features([expert, *walks], kind)[1:])
