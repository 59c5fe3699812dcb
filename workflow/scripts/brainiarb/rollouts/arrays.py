"""Rollouts on disk: the arrays of a recording, and the checks that every reader makes.

A recording is a dict of arrays, ready for an .npz file. Row t holds the state in which the action
of row t is taken; the state in which an episode ends has no row. Rows are sorted by clone, then by
episode, then by time.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from brainiarb.files import open_npz, read_npz
from brainiarb.rollouts.episodes import Sliceable

DTYPES: dict[str, type[np.generic]] = {
    "observations": np.float32,
    "actions": np.float32,
    "actions_clean": np.float32,
    "rewards": np.float64,
    "rewards_forward": np.float64,
    "rewards_healthy": np.float64,
    "rewards_control": np.float64,
    "rewards_contact": np.float64,
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
"""Arrays of every recording, one row per time step."""

LEARNING_DTYPES: dict[str, type[np.generic]] = {"inputs": np.float32, "labels": np.float32}
"""Arrays that demonstrations have besides: what a clone sees and what it should answer."""

METADATA = ("body", "environment", "mode", "versions", "sampling_rate")
"""0-d arrays: strings (`versions` is JSON), and the sampling rate in Hz."""

Rollouts = dict[str, np.ndarray]


def row_widths(body: Body) -> dict[str, tuple[int, ...]]:
    """Return the shape of one row of every array: () where a row is a number."""
    facts = environment_facts(body)
    widths: dict[str, tuple[int, ...]] = dict.fromkeys(DTYPES, ())
    for name in ("observations", "inputs"):
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


def read_rollouts(path: str | Path) -> Rollouts:
    """Read a recording; raise Refused, in one sentence that names the file, unless it is one.

    Examples
    --------
    >>> from brainiarb.files import write_npz
    >>> widths = row_widths(get_body("walker2d"))
    >>> steps = {name: np.zeros((3, *widths[name]), dtype) for name, dtype in DTYPES.items()}
    >>> names = {"body": "walker2d", "environment": "Walker2d-v5", "mode": "mean"}
    >>> write_npz("rollouts.npz", {**steps, **names, "versions": "{}", "sampling_rate": 125.0})
    >>> read_rollouts("rollouts.npz")["qpos"].shape
    (3, 9)
    """
    arrays = read_npz(path)
    check_rollouts(arrays, str(path))
    return arrays


def open_rollouts(path: str | Path) -> dict[str, Sliceable]:
    """Return the arrays of a recording, whose rows are read only when they are asked for."""
    arrays = open_npz(path)
    for name in DTYPES:
        if name not in arrays:
            raise Refused(f"{path}: the array {name!r} is missing; delete it and record it again")
    return {name: arrays[name] for name in DTYPES}


def check_rollouts(arrays: Mapping[str, Any], where: str) -> None:
    """Raise ValueError, in one sentence that names `where`, unless the arrays are a recording."""
    again = "delete it and record it again"
    for name in (*METADATA, *DTYPES):
        if name not in arrays:
            raise Refused(f"{where}: the array {name!r} is missing; {again}")
    body = get_body(str(arrays["body"]))
    rows = len(arrays["rewards"]) if np.ndim(arrays["rewards"]) else 0
    if not rows:
        raise Refused(f"{where}: the recording has no rows; {again}")
    widths = row_widths(body)
    for name, dtype in (DTYPES | LEARNING_DTYPES).items():
        if name in LEARNING_DTYPES and name not in arrays:
            continue
        values = arrays[name]
        if values.shape != (rows, *widths[name]):
            raise Refused(
                f"{where}: {name!r} has shape {values.shape} where {body.name} and {rows} rows of "
                f"rewards ask for {(rows, *widths[name])}; {again}"
            )
        if values.dtype != dtype:
            raise Refused(
                f"{where}: {name!r} holds {values.dtype} instead of {np.dtype(dtype)}; {again}"
            )
        finite = np.isfinite(values.reshape(rows, -1)).all(axis=1)
        if not finite.all():
            raise Refused(
                f"{where}: {name!r} is not finite in row {int(np.argmin(finite))}; {again}"
            )
    if (np.diff(arrays["episode_ids"]) < 0).any():
        raise Refused(f"{where}: the episodes are not in ascending order; {again}")
