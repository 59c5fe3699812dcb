"""The coordinates of a model: each position and velocity with its name, joint and unit.

The root of a body is the part that hangs from the world. Its joints move the whole body, and which
of them moves it along x, y and z follows from their axes.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from brainiarb.bodies.task import ObservationRow

if TYPE_CHECKING:
    import mujoco

_QUATERNION = ("qw", "qx", "qy", "qz")


def place_columns(model: "mujoco.MjModel") -> dict[str, int]:
    """Return the columns of `qpos` that hold the place of the root along `x`, `y` and `z` (m).

    An axis along which the root cannot move has no column.

    Examples
    --------
    >>> from brainiarb.bodies.model import plain_model
    >>> from brainiarb.bodies.registry import get_body
    >>> place_columns(plain_model(get_body("walker2d")))
    {'x': 0, 'z': 1}
    """
    import mujoco

    columns: dict[str, int] = {}
    for number in range(model.njnt):
        if model.body_parentid[model.jnt_bodyid[number]] != 0:
            continue
        address, kind = int(model.jnt_qposadr[number]), int(model.jnt_type[number])
        if kind == mujoco.mjtJoint.mjJNT_FREE:
            columns |= {axis: address + place for place, axis in enumerate("xyz")}
        elif kind == mujoco.mjtJoint.mjJNT_SLIDE:
            columns["xyz"[int(np.argmax(np.abs(model.jnt_axis[number])))]] = address
    return columns


def numbered(rows: list[ObservationRow]) -> list[ObservationRow]:
    """Return descriptions with the positions that they have if they follow one another."""
    ends = np.cumsum([0, *(row.count for row in rows)])
    return [replace(row, index=int(start)) for row, start in zip(rows, ends, strict=False)]


def coordinate_rows(model: "mujoco.MjModel", velocity: bool) -> list[ObservationRow]:
    """Describe every position, or every velocity, in the order of the model."""
    import mujoco

    along, length = ("velocity", "m/s") if velocity else ("position", "m")
    around, angle = ("angular velocity", "rad/s") if velocity else ("angle", "rad")
    rows = []
    for number in range(model.njnt):
        joint = model.joint(number).name
        root = model.body_parentid[model.jnt_bodyid[number]] == 0
        part = model.body(model.jnt_bodyid[number]).name if root else joint.removesuffix("_joint")
        owner = _readable(part) if root else f"{_readable(part)} joint"
        kind = model.jnt_type[number]
        if kind == mujoco.mjtJoint.mjJNT_SLIDE:
            axis = "xyz"[int(np.argmax(np.abs(model.jnt_axis[number])))]
            described = [("", along, length, f"{axis} {along}")]
        elif kind == mujoco.mjtJoint.mjJNT_HINGE:
            described = [("", around, angle, around)]
        else:
            described = [(f" {axis}", along, length, f"{axis} {along}") for axis in "xyz"]
            described += (
                [(f" {axis}", around, angle, f"{around} about {axis}") for axis in "xyz"]
                if velocity
                else [(f" {c}", "orientation", "1", f"{c} of the orientation") for c in _QUATERNION]
            )
        rows += [
            ObservationRow(
                index=0,
                count=1,
                name=f"{joint}{suffix} {quantity}",
                joint=joint,
                quantity=quantity,
                unit=unit,
                description=f"{phrase} of the {owner}",
            )
            for suffix, quantity, unit, phrase in described
        ]
    return numbered(rows)


def _readable(part: str) -> str:
    """Turn `thigh_left` and `left_thigh` into `left thigh`."""
    words = part.split("_")
    return " ".join(words[-1:] + words[:-1] if words[-1] in ("left", "right") else words)
