"""Activations: what every layer of a policy family computes, in HDF5.

A file holds groups `<stimuli>/<layer>`, float32, (K, n, p) for K networks, n states, p units: the
values before the non-linearity, from which the reader derives ReLU, clamp and action. Beside them
lie `<stimuli>/observations` and `<stimuli>/episode_ids`, and as attributes of the group the digest
of its states (one per network for `own`), which tells whether two recordings are paired.
`bc_<noise>.h5` also holds, below `reference/expert`, `reference/untrained` and `reference/peers`,
what those networks compute from the level's states. `peers.h5` holds a group for each other expert
that is compared, whose attribute `algorithm` says by what it was trained. The group `half` holds no
values but names the two groups whose every second row it is: `read_layers` puts them together.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from brainiarb.activity.stimuli import Stimuli
from brainiarb.actors.layers import LAYERS, LOG_STD_MAX, LOG_STD_MIN

if TYPE_CHECKING:
    # Readers of activations are spared the seconds that importing torch takes.
    from brainiarb.actors.actors import Actors

CHUNK_ROWS = 4096  # rows of a chunk: readers take consecutive rows of one network


def record_shared(file: h5py.File, group: str, actors: "Actors", stimuli: Stimuli) -> None:
    """Write what K networks compute from the same states."""
    node = _group(file, group, [stimuli.digest], shared=True)
    node.create_dataset("observations", data=stimuli.observations)
    node.create_dataset("episode_ids", data=stimuli.episode_ids)
    node.attrs["spacing"] = stimuli.spacing
    for k in range(len(actors)):
        for name, values in actors.only(k).respond(stimuli.observations).items():
            _rows(node, name, len(actors), values)[k] = values[0]


def record_own(file: h5py.File, group: str, actors: "Actors", own: Sequence[Stimuli]) -> None:
    """Write what each network computes from states of its own; missing rows are nan.

    With one network and several recordings the first axis counts the recordings.
    """
    rows = max(len(stimuli.observations) for stimuli in own)
    node = _group(file, group, [stimuli.digest for stimuli in own], shared=False)
    node.attrs["rows"] = [len(stimuli.observations) for stimuli in own]
    node.attrs["episodes"] = [len(np.unique(stimuli.episode_ids)) for stimuli in own]
    for k, stimuli in enumerate(own):
        layers = actors.only(k if len(actors) > 1 else 0).respond(stimuli.observations)
        layers["observations"] = stimuli.observations[None]
        for name, values in layers.items():
            padded = np.full((rows, values.shape[2]), np.nan, np.float32)
            padded[: values.shape[1]] = values[0]
            _rows(node, name, len(own), padded[None])[k] = padded


def describe_half(file: h5py.File, first: str, second: str, stimuli: Stimuli) -> None:
    """Add the group `half`, which holds no values: they are every second row of two groups."""
    node = _group(file, "half", [stimuli.digest], shared=True)
    node.attrs["every_second_row_of"] = [first, second]
    node.attrs["spacing"] = stimuli.spacing


def link_files(path: Path, files: dict[str, Path], digests: dict[str, str]) -> None:
    """Write a file of external links, one per policy family, with the digest of each target.

    The digests make the file's content change with its targets', which a link alone does not.
    """
    with h5py.File(path, "w") as file:
        for name, target in sorted(files.items()):
            file[name] = h5py.ExternalLink(target.as_posix(), "/")
            file.attrs[f"sha256_{name}"] = digests[name]


def read_layers(file: h5py.File, group: str, network: int) -> dict[str, np.ndarray]:
    """Return the layers (n, p) of one network of a group."""
    node = file[group]
    if "every_second_row_of" in node.attrs:
        parts = [read_layers(file, part, network) for part in node.attrs["every_second_row_of"]]
        return every_second(*parts)
    count = own_length(file, group, network)
    return {name: node[name][network, :count] for name in LAYERS}


def every_second(
    first: dict[str, np.ndarray], second: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return what a network computes on `half`, from what it computes on the two parts."""
    return {name: np.concatenate([first[name][::2], second[name][::2]]) for name in LAYERS}


def with_derived(layers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the layers of a network with what follows from them: ReLU, clamp and mean action."""
    return {
        **layers,
        "linear1_relu": np.maximum(layers["linear1"], 0),
        "linear2_relu": np.maximum(layers["linear2"], 0),
        "log_std_clamped": np.clip(layers["log_std_linear"], LOG_STD_MIN, LOG_STD_MAX),
        "actions": np.tanh(layers["mean_linear"]),
    }


def read_observations(file: h5py.File, group: str, network: int) -> np.ndarray:
    """Return the states (n, o) that one network of a group has seen."""
    node = file[group]
    if node.attrs["shared"]:
        return node["observations"][:]
    return node["observations"][network, : own_length(file, group, network)]


def digest_of(file: h5py.File, group: str, network: int) -> str:
    """Return the digest of the states that one network of a group has seen."""
    node = file[group]
    return str(node.attrs["digests"][0 if node.attrs["shared"] else network])


def own_length(file: h5py.File, group: str, network: int) -> int:
    """Return how many states one network of a group has seen."""
    node = file[group]
    if node.attrs["shared"]:
        return int(node[LAYERS[0]].shape[1])
    return int(node.attrs["rows"][network])


def episode_count(file: h5py.File, group: str, network: int) -> int:
    """Return from how many episodes the states of one network of a group are."""
    node = file[group]
    if "every_second_row_of" in node.attrs:
        parts = [file[part]["episode_ids"][::2] for part in node.attrs["every_second_row_of"]]
        return sum(len(np.unique(part)) for part in parts)
    if node.attrs["shared"]:
        return len(np.unique(node["episode_ids"][:]))
    return int(node.attrs["episodes"][network])


def _group(file: h5py.File, name: str, digests: list[str], shared: bool) -> h5py.Group:
    node = file.create_group(name)
    node.attrs["digests"] = digests
    node.attrs["shared"] = shared
    return node


def _rows(node: h5py.Group, name: str, networks: int, values: np.ndarray) -> h5py.Dataset:
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
