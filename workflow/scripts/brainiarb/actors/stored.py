"""The file of K clones as arrays, read without torch, which takes more than a second to import."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brainiarb.actors.architecture import Architecture, architecture_from
from brainiarb.actors.state_dicts import read_saved
from brainiarb.errors import Refused
from brainiarb.files import reading


@dataclass(frozen=True, eq=False)
class StoredActors:
    """The weights of K actors, whose layers `response.respond` computes."""

    weights: dict[str, np.ndarray]
    """All weights by name, each (K, ...) in float32."""
    architecture: Architecture

    def __len__(self) -> int:
        """Return K."""
        return len(self.weights["linear1.bias"])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all weights by name, each (K, ...)."""
        return self.weights


def read_stored(path: str | Path) -> tuple[StoredActors, dict[str, Any]]:
    """Read K actors and their metadata, as `actors.write_actors` writes them.

    Raises Refused if the file does not hold them.
    """
    with reading(path, "clones"):
        weights, texts = read_saved(Path(path).read_bytes())
        metadata = json.loads(texts["metadata"])
        architecture = architecture_from(json.loads(texts["architecture"]))
        actors = StoredActors(weights, architecture)
        _check_stack(actors)
        return actors, metadata


def _check_stack(actors: StoredActors) -> None:
    """Raise Refused unless K actors have finite weights of the shapes of their architecture."""
    weights = actors.weights
    sizes = weights["linear1.weight"].shape[-1], weights["mean_linear.bias"].shape[-1]
    for name, shape in actors.architecture.parameters(sizes).items():
        found, expected = weights[name].shape, (len(actors), *shape)
        if found != expected:
            raise Refused(f"{name} has the shape {found}, not {expected}")
    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise Refused(f"{name} holds a number that is not finite")
    if not len(actors):
        raise Refused("it holds no actor")
