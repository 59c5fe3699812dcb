"""Data sets from elsewhere: a folder of Minari, or a file with the arrays of D4RL.

A file of D4RL is an HDF5 or an .npz with `observations`, `actions`, `rewards`, `terminals` and
`timeouts`, one row for each time step. `next_observations`, `infos/qpos` and `infos/qvel` are read
if they are there. What an array declares is checked before it is read, and only a file itself is
read: links to other files, and numbers that lie in them, are refused.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import h5py
import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bounded import open_zip, parsed_json, read_object
from brainiarb.datasets.minari import EPISODES, METADATA
from brainiarb.datasets.trajectories import Trajectories, joined, trajectories
from brainiarb.errors import Refused
from brainiarb.files import read_npy_header, refusing_damage
from brainiarb.rollouts.arrays import row_widths

MOST_STEPS = 5_000_000
"""The most time steps that are read; a data set of D4RL has at most two million."""
LARGEST_CHUNK = 2**28
"""The most bytes of a piece that HDF5 unpacks at once."""

HDF5 = (".hdf5", ".h5")
NPZ = ".npz"
"""How the names of files of D4RL end."""

ADVICE = "give a data set of this body"


@dataclass(frozen=True)
class Declared:
    """An array that is not read yet."""

    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[], np.ndarray]
    """Returns the array."""

    @property
    def rows(self) -> int:
        """The number of rows; 0 of a single number."""
        return (*self.shape, 0)[0]


Find = Callable[[str], Declared | None]
"""Finds an array by its name, if there is one."""


def read_dataset(path: str | Path, body: Body) -> Trajectories:
    """Read a data set of a body.

    The path is that of a Minari data set, of a folder below which there is one, or of a file of
    D4RL. Raises Refused, in one sentence that names it, if it is damaged or too large, is of
    another body, holds numbers that are not finite, or no step of it ends an episode.
    """
    path = Path(path)
    with refusing_damage(path, "data set file", ADVICE):
        if path.is_dir():
            return _read_minari(_minari_folder(path), body)
        if path.suffix.lower() in HDF5:
            with h5py.File(path) as file:
                return _of_d4rl(partial(_in_hdf5, file), body)
        if path.suffix.lower() == NPZ:
            with open_zip(path) as file:
                return _of_d4rl(partial(_in_npz, file), body)
        raise Refused(f"its name ends in none of {', '.join((*HDF5, NPZ))}, and it is no folder")


def _of_d4rl(find: Find, body: Body) -> Trajectories:
    """Return the data set whose arrays `find` finds by their names in D4RL."""
    widths = _widths(body)
    names = ("observations", "actions", "rewards", "terminals")
    needed = {name: _needed(find, name) for name in names}
    further = {name: find(name) for name in ("timeouts", "next_observations")}
    further |= {name: find(f"infos/{name}") or find(name) for name in ("qpos", "qvel")}
    arrays = {name: array for name, array in {**needed, **further}.items() if array is not None}
    rows = needed["rewards"].rows
    _check_rows(rows)
    read = {name: _read(array, name, (rows, *widths[name])) for name, array in arrays.items()}
    return trajectories(body, read)


def _read_minari(folder: Path, body: Body) -> Trajectories:
    """Return the data set of a folder with the files of Minari."""
    _check_environment(folder / METADATA, body)
    widths = _widths(body)
    with h5py.File(folder / EPISODES) as file:
        names = sorted(
            (name for name in file if re.fullmatch(r"episode_\d{1,9}", name)),
            key=lambda name: int(name.removeprefix("episode_")),
        )
        find = partial(_in_hdf5, file)
        lengths = [_needed(find, f"{name}/rewards").rows for name in names]
        _check_rows(sum(lengths))
        return joined(
            body,
            (
                _minari_episode(find, name, length, widths)
                for name, length in zip(names, lengths, strict=True)
            ),
        )


def _minari_episode(
    find: Find, group: str, length: int, widths: Mapping[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """Return the arrays of an episode by D4RL's names."""
    observed = _needed(find, f"{group}/observations")
    observations = _read(observed, f"{group}/observations", (length + 1, *widths["observations"]))
    episode = {"observations": observations[:-1], "next_observations": observations[1:]}
    for name, minari in (
        ("actions", "actions"),
        ("rewards", "rewards"),
        ("terminals", "terminations"),
        ("timeouts", "truncations"),
    ):
        array = _needed(find, f"{group}/{minari}")
        episode[name] = _read(array, f"{group}/{minari}", (length, *widths[name]))
    for name in ("qpos", "qvel"):
        state = find(f"{group}/infos/{name}")
        if state is not None:
            if state.rows not in (length, length + 1):
                raise Refused(f"{group}/infos/{name} has {state.rows} rows for {length} steps")
            whole = _read(state, f"{group}/infos/{name}", (state.rows, *widths[name]))
            episode[name] = whole[:length]
    return episode


def _minari_folder(path: Path) -> Path:
    """Return the folder with the files of the one Minari data set at or below a path."""
    found = sorted(file.parent for file in path.glob("**/" + METADATA))
    if len(found) != 1:
        raise Refused(
            f"it holds {len(found)} files {METADATA} where the one of a Minari data set is needed"
        )
    return found[0]


def _check_environment(metadata: Path, body: Body) -> None:
    """Refuse a Minari data set of another environment, whatever the version of that."""
    spec = read_object(metadata).get("env_spec")
    identity = parsed_json(spec).get("id", "") if isinstance(spec, str) else ""
    versionless = (re.sub(r"-v\d+$", "", name) for name in (str(identity), body.env_id))
    if identity and len(set(versionless)) > 1:
        raise Refused(f"it is of {identity}, and the body is that of {body.env_id}")


def _widths(body: Body) -> dict[str, tuple[int, ...]]:
    """Return the shape of a row of each array."""
    widths = row_widths(body)
    return {**widths, "next_observations": widths["observations"]}


def _check_rows(rows: int) -> None:
    if not 0 < rows <= MOST_STEPS:
        raise Refused(f"it has {rows:,} time steps where 1 to {MOST_STEPS:,} are read")


def _read(array: Declared, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Read an array of the expected shape; raise Refused for another one and for no numbers."""
    if array.shape != shape:
        raise Refused(f"{name!r} has the shape {array.shape} where the body needs {shape}")
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise Refused(f"{name!r} holds {array.dtype} where numbers are needed")
    values = array.read()
    if not np.isfinite(values).all():
        wrong = np.argwhere(~np.isfinite(values))[0]
        raise Refused(f"{name!r} is not finite in row {wrong[0]}")
    return values


def _needed(find: Find, name: str) -> Declared:
    array = find(name)
    if array is None:
        raise Refused(f"it has no array {name!r}")
    return array


def _in_hdf5(file: h5py.File, name: str) -> Declared | None:
    """Return an array of an HDF5 file, None without one; refuse one that lies in another file."""
    node: Any = file
    for part in name.split("/"):
        link = node.get(part, getlink=True) if isinstance(node, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise Refused(f"{name!r} is a link and no array")
        node = node[part]
    if not isinstance(node, h5py.Dataset):
        raise Refused(f"{name!r} is no array")
    if node.external or node.is_virtual:
        raise Refused(f"{name!r} lies in other files")
    if math.prod(node.chunks or ()) * node.dtype.itemsize > LARGEST_CHUNK:
        raise Refused(f"{name!r} comes in pieces of more than {LARGEST_CHUNK:,} bytes")
    return Declared(node.shape or (), node.dtype, lambda: node[()])


def _in_npz(file: ZipFile, name: str) -> Declared | None:
    """Return an array of an .npz, None without one."""
    member = f"{name}.npy"
    if member not in file.namelist():
        return None
    with file.open(member) as content:
        shape, _, dtype = read_npy_header(content)
    return Declared(shape, dtype, partial(_npy, file, member))


def _npy(file: ZipFile, member: str) -> np.ndarray:
    with file.open(member) as content:
        return np.lib.format.read_array(content, allow_pickle=False)
