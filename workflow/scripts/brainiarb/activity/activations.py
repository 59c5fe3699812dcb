"""Activations: the values of every layer of a policy family, in HDF5.

A file holds groups `<stimuli>/<layer>`, float32, (K, n, p) for K networks, n states, p units: the
values before the non-linearity. `derived_layers` also has the values after it. Beside the layers
lie `<stimuli>/observations` and `<stimuli>/episode_ids`. Attributes of the group hold the digest of
its states (one digest per network for `own`): two recordings are paired if their digests are equal;
`architecture` is that of the networks, and `log_std` (K, a) their spread if it is constant.
The stimuli `common` and `own` have all layers, `expert` and `level` only the heads, which say how
a network acts.

`common.h5` holds the networks that are no clones, all on `common`: the groups `expert`,
`untrained`, and `peers/<name>` for each other expert that is compared. The attribute `algorithm` of
the file and of a peer says how that expert was trained. `bc_<noise>.h5` also holds the heads of the
expert and of untrained networks on the level's states, below `reference`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from brainiarb.activity.stimuli import Stimuli
from brainiarb.actors.architecture import Architecture, architecture_from
from brainiarb.files import refusing_damage

if TYPE_CHECKING:
    # Readers of activations are spared the seconds that importing torch takes.
    from brainiarb.actors.actors import Actors

CHUNK_ROWS = 4096  # rows of an HDF5 chunk: readers take consecutive rows of one network


def open_activations(path: str | Path) -> h5py.File:
    """Open a file of activations for reading; raise Refused if the file is damaged."""
    with refusing_damage(path, "HDF5"):
        return h5py.File(path)


def record_shared(
    file: h5py.File,
    group: str,
    actors: "Actors",
    stimuli: Stimuli,
    layers: Collection[str] | None = None,
) -> None:
    """Write the activations of K networks in the same states: of all layers, or of some."""
    node = _group(file, group, actors, [stimuli.digest], shared=True)
    node.create_dataset("observations", data=stimuli.observations)
    node.create_dataset("episode_ids", data=stimuli.episode_ids)
    if stimuli.sources is not None:
        node.create_dataset("sources", data=stimuli.sources)
    node.attrs["spacing"] = stimuli.spacing
    for k in range(len(actors)):
        for name, values in actors.only(k).respond(stimuli.observations).items():
            if layers is None or name in layers:
                _dataset(node, name, len(actors), values)[k] = values[0]


def record_own(file: h5py.File, group: str, actors: "Actors", own: Sequence[Stimuli]) -> None:
    """Write the activations of each network in states of its own; missing rows are nan."""
    rows = max(len(stimuli.observations) for stimuli in own)
    node = _group(file, group, actors, [stimuli.digest for stimuli in own], shared=False)
    node.attrs["rows"] = [len(stimuli.observations) for stimuli in own]
    ids = np.full((len(own), rows), -1, np.int32)
    for k, stimuli in enumerate(own):
        ids[k, : len(stimuli.episode_ids)] = stimuli.episode_ids
        layers = actors.only(k).respond(stimuli.observations)
        layers["observations"] = stimuli.observations[None]
        for name, values in layers.items():
            padded = np.full((rows, values.shape[2]), np.nan, np.float32)
            padded[: values.shape[1]] = values[0]
            _dataset(node, name, len(own), padded[None])[k] = padded
    node.create_dataset("episode_ids", data=ids)


def link_files(path: Path, files: dict[str, Path], digests: dict[str, str]) -> None:
    """Write a file of external links, one per policy family, with the digest of each target.

    The content of the file changes with its targets because of the digests; links alone would not.
    """
    with h5py.File(path, "w") as file:
        for name, target in sorted(files.items()):
            file[name] = h5py.ExternalLink(target.as_posix(), "/")
            file.attrs[f"sha256_{name}"] = digests[name]


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
        """Return the recorded layers (n, p)."""
        node = self.file[self.group]
        names = [name for name in self.architecture.layers if name in node]
        return {name: node[name][self.network, : self.rows] for name in names}

    def log_std(self, layers: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the log standard deviation (n, a) of the actions, from the recorded layers.

        nan if the network has no spread.
        """
        if self.architecture.spread == "state":
            return self.architecture.read("log_std_linear", layers["log_std_linear"])
        constant = self._attributes.get("log_std")
        return np.broadcast_to(
            np.nan if constant is None else constant[self.network], layers["mean_linear"].shape
        )

    def derived_layers(self) -> dict[str, np.ndarray]:
        """Return the recorded layers (n, p) with those that follow from them."""
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


def networks_in(file: h5py.File, group: str) -> int:
    """Return the number of networks whose activations a group of a file holds."""
    node = file[group]
    names = Activations(file, group).architecture.layers
    return len(next(node[name] for name in names if name in node))


def _group(
    file: h5py.File, name: str, actors: "Actors", digests: list[str], shared: bool
) -> h5py.Group:
    node = file.create_group(name)
    node.attrs["architecture"] = actors.architecture.to_json()
    if actors.architecture.spread == "constant":
        node.attrs["log_std"] = actors.get_parameter("log_std").detach().numpy()
    node.attrs["digests"] = digests
    node.attrs["shared"] = shared
    return node


def _dataset(node: h5py.Group, name: str, networks: int, values: np.ndarray) -> h5py.Dataset:
    """Return the dataset of a layer, made at its first use for `values` (1, n, p) of a network."""
    if name not in node:
        _, rows, units = values.shape
        node.create_dataset(
            name,
            (networks, rows, units),
            np.float32,
            chunks=(1, min(rows, CHUNK_ROWS), units) if rows else None,
        )
        node[name].attrs["units"] = "before the non-linearity"
    return node[name]
