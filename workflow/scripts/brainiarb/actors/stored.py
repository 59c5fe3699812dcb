"""The file of K clones as arrays, read without torch, which takes more than a second to import.

`torch.save` writes a zip with the pickle `data.pkl`, which names the numbers in `data/0`, `data/1`
and so on. A pickle can name any function of Python. This reader knows those of a dict of whole
float32 tensors and texts, and refuses every other.
"""

import io
import json
import math
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from brainiarb.actors.architecture import Architecture, architecture_from
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
        with ZipFile(path) as file:
            content = _Reader(file).load()
        metadata = json.loads(content.pop("metadata"))
        architecture = architecture_from(json.loads(content.pop("architecture")))
        weights = {name: np.array(values, np.float32) for name, values in content.items()}
        actors = StoredActors(weights, architecture)
        _check_stack(actors)
        return actors, metadata


def _check_stack(actors: StoredActors) -> None:
    """Raise Refused unless K actors have finite weights of the shapes of their architecture."""
    weights = actors.weights
    sizes = weights["linear1.weight"].shape[-1], weights["mean_linear.bias"].shape[-1]
    for name, (out, inputs) in actors.architecture.shapes(sizes).items():
        for part, shape in (("weight", (out, inputs)), ("bias", (out,))):
            found = weights[f"{name}.{part}"].shape
            if found != (len(actors), *shape):
                raise Refused(f"{name}.{part} has the shape {found}, not {(len(actors), *shape)}")
    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise Refused(f"{name} holds a number that is not finite")
    if not len(actors):
        raise Refused("it holds no actor")


class _Reader(pickle.Unpickler):
    """Reads a dict of tensors and texts that torch has saved."""

    def __init__(self, file: ZipFile) -> None:
        (name,) = (name for name in file.namelist() if name.endswith("/data.pkl"))
        super().__init__(io.BytesIO(file.read(name)))
        self._file, self._folder = file, name.removesuffix("data.pkl")

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        """Return what stands for a name of torch."""
        known: dict[str, Callable[..., Any]] = {
            "torch._utils._rebuild_tensor_v2": _tensor,
            "torch.FloatStorage": np.float32,
            "collections.OrderedDict": OrderedDict,
        }
        if f"{module}.{name}" not in known:
            raise Refused(f"it names {module}.{name}, where a dict of tensors names nothing else")
        return known[f"{module}.{name}"]

    def persistent_load(self, named: tuple[str, type[np.float32], str, str, int]) -> np.ndarray:
        """Return the numbers of one member of the zip."""
        _, kind, member, _, _ = named
        return np.frombuffer(self._file.read(f"{self._folder}data/{member}"), kind)


def _tensor(
    numbers: np.ndarray, start: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> np.ndarray:
    """Return a whole tensor, whose numbers follow each other in memory."""
    whole = [math.prod(shape[place + 1 :]) for place in range(len(shape))]
    if any(
        length > 1 and found != expected
        for length, found, expected in zip(shape, strides, whole, strict=True)
    ):
        raise Refused(f"a tensor {shape} has the strides {strides}, where {whole} are written")
    return numbers[start : start + math.prod(shape)].reshape(shape)
