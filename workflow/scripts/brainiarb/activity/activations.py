"""Activations: networks, the states that they are shown, and what they compute of them, in HDF5.

A group of a file holds K networks and the n states that they are shown:

| name            | content                                                                        |
|-----------------|--------------------------------------------------------------------------------|
| `observations`  | the states, (n, o), or (K, n, o) if each network has states of its own         |
| `episode_ids`   | the recorded episode of each state, (n), or (K, n) and -1 after the last state |
| `sources`       | whose states they are (see `Stimuli.sources`), (n); of `common` alone          |
| `weights/`      | all weights of the networks, see `actors.response`                             |
| `linear1` ...   | where layers are stored: each layer as its non-linearity takes it, (K, n, p)   |

A layer follows from the weights and the states, and to compute it takes no longer than to read it.
So `Activations.layers` computes layers. Beside that, the layers of the expert and of the clones on
`common` are stored for programs that open a file themselves: hidden layers in half precision, which
changes a number by less than 1/2048 of it.

Attributes of a group: the `architecture` of its networks, `digests` of its states (one per network
unless `shared`), `rows` of each network unless `shared`, and otherwise `spacing`, the seconds
between neighbouring states. Two recordings are paired if their digests are equal. `sampling_rate`
of a file is in Hz.

| file            | groups                                                                         |
|-----------------|--------------------------------------------------------------------------------|
| `common.h5`     | `expert`, `untrained`, and `peers/<name>` for each other expert that is        |
|                 | compared, all on `common`; `own`, the expert in its own first states           |
| `bc_<noise>.h5` | the clones of a level: `common`, and `own`, each clone in its own first states |

The attribute `algorithm` of `common.h5` and of a peer says how that expert was trained.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np

from brainiarb.activity.stimuli import Stimuli
from brainiarb.actors.architecture import Architecture, architecture_from
from brainiarb.actors.response import respond
from brainiarb.files import reading


class Networks(Protocol):
    """K networks: `Actors`, or `StoredActors`, which spare a job the seconds that torch takes."""

    @property
    def architecture(self) -> Architecture:
        """The architecture of all of them."""

    def __len__(self) -> int:
        """Return K."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all weights by name, each (K, ...)."""


def open_activations(path: str | Path) -> h5py.File:
    """Open a file of activations for reading; raise Refused if the file is damaged."""
    with reading(path, "HDF5"):
        file = h5py.File(path)
        try:
            _check_networks(file)
        except Exception:
            file.close()
            raise
        return file


def _check_networks(file: h5py.File) -> None:
    """Raise ValueError unless all weights are finite and all shapes are those of the networks."""
    groups: list[h5py.Group] = []
    file.visititems(lambda _, node: groups.append(node) if "architecture" in node.attrs else None)
    for group in groups:
        states, ids = group["observations"], group["episode_ids"]
        architecture = architecture_from(json.loads(group.attrs["architecture"]))
        networks, actions = group["weights/mean_linear.bias"].shape
        if states.shape[:-1] != ids.shape:
            raise ValueError(f"{group.name} has states {states.shape} of episodes {ids.shape}")
        for name, shape in architecture.parameters((states.shape[-1], actions)).items():
            values = group[f"weights/{name}"]
            if values.shape != (networks, *shape) or values.dtype != np.float32:
                raise ValueError(f"{values.name} is {values.dtype} of the shape {values.shape}")
            if not np.isfinite(values[()]).all():
                raise ValueError(f"{values.name} is not finite")


def record_shared(
    file: h5py.File, group: str, networks: Networks, stimuli: Stimuli, stored: bool = False
) -> None:
    """Write K networks and the states that all of them are shown; their layers too if `stored`."""
    node = _group(file, group, networks, stimuli.observations, stimuli.episode_ids)
    node.attrs.update(digests=[stimuli.digest], shared=True, spacing=stimuli.spacing)
    if stimuli.sources is not None:
        node["sources"] = _once(file, "sources", stimuli.sources)
    if stored:
        for name in networks.architecture.layers:
            shape = len(networks), len(stimuli.observations), len(node[f"weights/{name}.bias"][0])
            dtype = np.float16 if name in networks.architecture.trunk else np.float32
            node.create_dataset(name, shape, dtype).attrs["units"] = "1, before the non-linearity"
        for k in range(len(networks)):
            for name, values in Activations(file, group, k).layers().items():
                node[name][k] = values


def record_own(file: h5py.File, group: str, networks: Networks, own: Sequence[Stimuli]) -> None:
    """Write K networks, and the states that each of them is shown alone; missing rows are nan."""
    lengths = [len(stimuli.observations) for stimuli in own]
    rows = max(lengths)
    observations = np.full((len(own), rows, own[0].observations.shape[1]), np.nan, np.float32)
    ids = np.full((len(own), rows), -1, np.int32)
    for k, stimuli in enumerate(own):
        observations[k, : len(stimuli.observations)] = stimuli.observations
        ids[k, : len(stimuli.episode_ids)] = stimuli.episode_ids
    node = _group(file, group, networks, observations, ids)
    node.attrs.update(digests=[stimuli.digest for stimuli in own], shared=False, rows=lengths)


def link_files(path: Path, files: dict[str, Path], digests: dict[str, str]) -> None:
    """Write a file of external links, one per policy family, with the digest of each target.

    The content of the file changes with its targets because of the digests; links alone would not.
    """
    with h5py.File(path, "w") as file:
        for name, target in sorted(files.items()):
            file[name] = h5py.ExternalLink(target.as_posix(), "/")
            file.attrs[f"sha256_{name}"] = digests[name]


def networks_in(file: h5py.File, group: str) -> int:
    """Return K, the number of networks in a group."""
    return len(file[group]["weights/linear1.weight"])


@dataclass(frozen=True)
class Activations:
    """The activations of one network in the n states of one group of a file."""

    file: h5py.File
    group: str
    network: int = 0

    @property
    def digest(self) -> str:
        """Digest of the states."""
        return str(self._attributes["digests"][0 if self._shared else self.network])

    @property
    def architecture(self) -> Architecture:
        """The architecture of the network."""
        return architecture_from(json.loads(self._attributes["architecture"]))

    @property
    def rows(self) -> int:
        """n, the number of states."""
        if self._shared:
            return len(self.file[self.group]["episode_ids"])
        return int(self._attributes["rows"][self.network])

    @property
    def episodes(self) -> int:
        """Number of episodes that the states are from."""
        return len(np.unique(self.episode_ids))

    @property
    def episode_ids(self) -> np.ndarray:
        """(n) the episode of each state."""
        ids = self.file[self.group]["episode_ids"]
        return ids[:] if self._shared else ids[self.network, : self.rows]

    @property
    def sources(self) -> np.ndarray:
        """(n) whose states they are; only of `common`, see `Stimuli.sources`."""
        return self.file[self.group]["sources"][:]

    def layers(self) -> dict[str, np.ndarray]:
        """Return the layers (n, p) in the states of the group."""
        return self.respond(self.observations())

    def respond(self, observations: np.ndarray) -> dict[str, np.ndarray]:
        """Return the layers (n, p) in any n states (n, o)."""
        weights = self.file[self.group]["weights"]
        of_network = {name: weights[name][self.network][None] for name in weights}
        layers = respond(of_network, self.architecture, observations)
        return {name: values[0] for name, values in layers.items()}

    def derived_layers(self) -> dict[str, np.ndarray]:
        """Return the layers (n, p) in the states of the group, with those that follow from them."""
        return self.architecture.derive(self.layers())

    def observations(self) -> np.ndarray:
        """Return the states (n, o)."""
        observations = self.file[self.group]["observations"]
        return observations[:] if self._shared else observations[self.network, : self.rows]

    @property
    def _attributes(self) -> Mapping[str, Any]:
        return self.file[self.group].attrs

    @property
    def _shared(self) -> bool:
        return bool(self._attributes["shared"])


def _group(
    file: h5py.File, name: str, networks: Networks, observations: np.ndarray, ids: np.ndarray
) -> h5py.Group:
    """Return a new group with the weights of the networks and the states that they are shown."""
    node = file.create_group(name)
    node.attrs["architecture"] = networks.architecture.to_json()
    arrays = {f"weights/{part}": values for part, values in networks.arrays().items()}
    for part, values in {**arrays, "observations": observations, "episode_ids": ids}.items():
        node[part] = _once(file, part, values)
    node["observations"].attrs["units"] = "those of the environment"
    return node


def _once(file: h5py.File, name: str, values: np.ndarray) -> np.ndarray | h5py.Dataset:
    """Return the values, or what another group of the file holds under the name if it is equal.

    HDF5 writes a link to a dataset of the file where it is given one, so equal values are there
    once.
    """
    stored = (node[name] for node in file.values() if name in node)
    return next((other for other in stored if np.array_equal(other[()], values)), values)
