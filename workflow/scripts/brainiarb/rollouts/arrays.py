"""Rollouts on disk: the arrays of a recording, and the checks that every reader makes.

A recording is a dict of arrays that is stored as an .npz file. Row t holds the state in which the
walker takes the action of row t. The state in which an episode ends has no row; what is observed in
it stands in `final_observations`. Rows are sorted by clone, then by episode, then by time.
`brainiarb.rollouts.transitions` gives each row with the state that follows.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from brainiarb.files import StoredArray, open_npz, read_npz, write_npz
from brainiarb.rollouts.episodes import Sliceable, episode_starts

DTYPES: dict[str, type[np.generic]] = {
    "observations": np.float32,
    "actions": np.float32,
    "actions_clean": np.float32,
    "rewards": np.float64,
    "terminals": np.bool_,
    "timeouts": np.bool_,
    "episode_ids": np.int32,
    "clone_ids": np.int16,
    "qpos": np.float64,
    "qvel": np.float64,
    "heights": np.float32,
    "contacts": np.bool_,
    "contact_forces": np.float32,
}
"""The arrays of every recording, with one row for each time step; `dtypes` adds those of a body.

`terminals` marks the step in which the walker fell, `timeouts` the last step of an episode that was
cut. What counts as a fall stands in `brainiarb.bodies.falls`. `contact_forces` are means over the
simulation steps of a time step, and `contacts` marks the feet that touch the ground in any of them.
"""

EPISODE_DTYPES: dict[str, type[np.generic]] = {"final_observations": np.float32}
"""Further arrays of every recording, with one row for each episode, in order of the episodes.

`final_observations` is what the walker observes after the last step.
"""

PART = "rewards_"
"""How the names of the arrays begin that hold the parts of the rewards."""

LEARNING_DTYPES: dict[str, type[np.generic]] = {"inputs": np.float32, "labels": np.float32}
"""Further arrays of demonstrations: the inputs and the actions that a clone learns."""

DEMONSTRATED = (
    "observations", "actions", "actions_clean", "rewards", "terminals", "timeouts", "episode_ids",
    "clone_ids",
)  # fmt: skip
"""The arrays of demonstrations on disk that have one row for each time step.

They make whole transitions. Nothing learns from the rest of the body's state, which would take
twice as much space.
"""

LEARNT = {"inputs": "observations", "labels": "actions"}
"""What a clone learns, unless a file of demonstrations holds other arrays of these names."""

METADATA = ("body", "environment", "mode", "versions", "sampling_rate")
"""0-d arrays: strings (`versions` is JSON), and the sampling rate in Hz."""

Rollouts = dict[str, np.ndarray]

_AGAIN = "delete it and record it again"


def dtypes(body: Body) -> dict[str, type[np.generic]]:
    """Return the type of each array of a recording, in the order in which they are stored.

    Behind `rewards` come its parts, as `rewards_<part>`.
    """
    parts = {f"{PART}{part}": np.float64 for part in environment_facts(body).parts}
    ordered: dict[str, type[np.generic]] = {}
    for name, dtype in DTYPES.items():
        ordered |= {name: dtype} | (parts if name == "rewards" else {})
    return ordered


def row_widths(body: Body) -> dict[str, tuple[int, ...]]:
    """Return the shape of one row of every array; it is () if a row is a number."""
    facts = environment_facts(body)
    widths: dict[str, tuple[int, ...]] = dict.fromkeys(dtypes(body), ())
    for name in ("observations", "inputs", "final_observations"):
        widths[name] = (facts.observations,)
    for name in ("actions", "actions_clean", "labels"):
        widths[name] = (len(body.joints),)
    for name in ("contacts", "contact_forces"):
        widths[name] = (len(body.feet),)
    return widths | {
        "qpos": (facts.nq,),
        "qvel": (facts.nv,),
        "heights": (len(body.height_geoms),),
    }


def metadata(body: Body, mode: str) -> Rollouts:
    """Return the arrays of `METADATA` of a recording that is made now."""
    import gymnasium
    import mujoco

    versions = {module.__name__: module.__version__ for module in (gymnasium, mujoco, np)}
    return {
        "body": np.array(body.stored),
        "environment": np.array(body.env_id),
        "mode": np.array(mode),
        "versions": np.array(json.dumps(versions)),
        "sampling_rate": np.array(environment_facts(body).sampling_rate),
    }


def read_rollouts(path: str | Path) -> Rollouts:
    """Read a recording; raise Refused, in one sentence that names the file, if it is damaged.

    Examples
    --------
    >>> from brainiarb.files import write_npz
    >>> body = get_body("walker2d")
    >>> widths = row_widths(body)
    >>> steps = {name: np.zeros((3, *widths[name]), dtype) for name, dtype in dtypes(body).items()}
    >>> ends = {"final_observations": np.zeros((1, *widths["final_observations"]), np.float32)}
    >>> names = {"body": "walker2d", "environment": "Walker2d-v5", "mode": "mean"}
    >>> names |= {"versions": "{}", "sampling_rate": 125.0}
    >>> write_npz("rollouts.npz", {**steps, **ends, **names})
    >>> read_rollouts("rollouts.npz")["qpos"].shape
    (3, 9)
    """
    arrays = read_npz(path)
    check_rollouts(arrays, str(path))
    return arrays


def write_demonstrations(path: str | Path, recording: Rollouts) -> None:
    """Write the transitions of demonstrations, and what clones learn where it is none of these."""
    names = [*METADATA, *DEMONSTRATED, *EPISODE_DTYPES]
    names += [name for name, of in LEARNT.items() if (recording[name] != recording[of]).any()]
    write_npz(path, {name: recording[name] for name in names})


def read_demonstrations(path: str | Path) -> Rollouts:
    """Read demonstrations with the `inputs` and `labels` that a clone learns.

    Raises Refused, in one sentence that names the file, if they are damaged.
    """
    arrays = read_npz(path)
    check_rollouts(arrays, str(path), DEMONSTRATED)
    return {**{name: arrays[of] for name, of in LEARNT.items()}, **arrays}


def open_rollouts(path: str | Path) -> dict[str, Sliceable]:
    """Return the arrays of a recording; their rows are read when they are asked for.

    Raises Refused, in one sentence that names the file, if the recording is damaged. Names, shapes,
    types and the order of rows are checked at once, the numbers of an array when they are read.
    """
    stored = open_npz(path)
    body = _check_form(stored, str(path))
    _check_episodes(body, stored, str(path))
    names = (*dtypes(body), *EPISODE_DTYPES)
    return {name: _Finite(stored[name], name, str(path)) for name in names}


def check_rollouts(
    arrays: Mapping[str, Any], where: str, names: Collection[str] | None = None
) -> None:
    """Raise Refused, in one sentence that names `where`, unless the arrays are a recording.

    `names` are the arrays that it must have for each time step: all of `dtypes` unless given.
    """
    body = _check_form(arrays, where, names)
    for name in dtypes(body) | EPISODE_DTYPES | LEARNING_DTYPES:
        if name in arrays:
            _check_finite(arrays[name], range(len(arrays[name])), name, where)
    _check_episodes(body, arrays, where)


@dataclass(frozen=True)
class _Finite:
    """An array of a stored recording; rows that are not finite are refused when they are read."""

    stored: StoredArray
    name: str
    where: str

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, rows: slice) -> np.ndarray:
        values = self.stored[rows]
        _check_finite(values, range(*rows.indices(len(self))), self.name, self.where)
        return values


def _check_form(
    arrays: Mapping[str, Any], where: str, names: Collection[str] | None = None
) -> Body:
    """Refuse arrays, in memory or stored, whose names, shapes or types are no recording's.

    Returns the recorded body.
    """
    _check_names(arrays, (*METADATA, *(names or DTYPES), *EPISODE_DTYPES), where)
    stored = arrays["body"]
    name = str(stored.read() if isinstance(stored, StoredArray) else stored)
    try:
        body = get_body(name)
    except Refused as error:
        raise Refused(f"{where}: the recorded body {name!r} is not known; {_AGAIN}") from error
    _check_names(arrays, names or dtypes(body), where)
    rate = arrays["sampling_rate"]
    rate = rate.read() if isinstance(rate, StoredArray) else np.asarray(rate)
    if rate.shape or rate.dtype.kind not in "fiu" or not 0 < rate < np.inf:
        raise Refused(f"{where}: the sampling rate is {rate!s:.20} where Hz are expected; {_AGAIN}")
    rows = (*arrays["rewards"].shape, 0)[0]
    if not rows:
        raise Refused(f"{where}: the recording has no rows; {_AGAIN}")
    widths = row_widths(body)
    for name, dtype in (dtypes(body) | LEARNING_DTYPES).items():
        if name not in arrays:
            continue
        expected = f"{body.name} and {rows} rows of rewards ask for"
        _check_array(arrays[name], name, (rows, *widths[name]), dtype, where, expected)
    return body


def _check_array(
    values: Any, name: str, shape: tuple[int, ...], dtype: type[np.generic], where: str, why: str
) -> None:
    """Refuse an array of another shape or type."""
    if values.shape != shape:
        raise Refused(f"{where}: {name!r} has shape {values.shape} where {why} {shape}; {_AGAIN}")
    if values.dtype != dtype:
        raise Refused(
            f"{where}: {name!r} holds {values.dtype} instead of {np.dtype(dtype)}; {_AGAIN}"
        )


def _check_names(arrays: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    """Refuse arrays that lack one of the names."""
    for name in names:
        if name not in arrays:
            raise Refused(f"{where}: the array {name!r} is missing; {_AGAIN}")


def _check_finite(values: np.ndarray, rows: range, name: str, where: str) -> None:
    """Refuse values that are not finite; `rows` are their numbers in the recording."""
    finite = np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
    if not finite.all():
        raise Refused(
            f"{where}: {name!r} is not finite in row {rows[int(np.argmin(finite))]}; {_AGAIN}"
        )


def _check_episodes(body: Body, arrays: Mapping[str, Any], where: str) -> None:
    """Refuse rows that are not sorted by clone and by episode, and ends that are not one each."""
    clones, ids = (arrays[name][:] for name in ("clone_ids", "episode_ids"))
    if (np.diff(ids) < 0).any():
        raise Refused(f"{where}: the episodes are not in ascending order; {_AGAIN}")
    if (np.diff(clones) < 0).any():
        raise Refused(f"{where}: the clones are not in ascending order; {_AGAIN}")
    if ((np.diff(ids) == 0) & (np.diff(clones) != 0)).any():
        raise Refused(f"{where}: an episode belongs to two clones; {_AGAIN}")
    episodes, widths = len(episode_starts(ids)), row_widths(body)
    for name, dtype in EPISODE_DTYPES.items():
        shape = (episodes, *widths[name])
        _check_array(arrays[name], name, shape, dtype, where, f"{episodes} episodes ask for")
