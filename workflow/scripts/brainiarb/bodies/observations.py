"""The observations of a body: each number with its name, joint, quantity and unit."""

from dataclasses import dataclass

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts, plain_model
from brainiarb.errors import Refused

_QUATERNION = ("qw", "qx", "qy", "qz")


@dataclass(frozen=True)
class ObservationRow:
    """The description of one number of an observation, or of a block of numbers of one kind."""

    index: int
    """Position of the first number in the observation."""
    count: int
    """How many numbers there are."""
    name: str
    joint: str
    """The joint that the number describes; empty for a block."""
    quantity: str
    unit: str
    """The unit; a block of several quantities lists the units of its numbers in order."""
    description: str


BLOCKS = {
    "cinert": ("inertia", "kg m², kg m, kg", "inertia, first moment and mass of each part"),
    "cvel": ("velocity", "rad/s, m/s", "angular and linear velocity of each part"),
    "qfrc_actuator": ("torque", "N m", "torque of the actuators at each joint"),
    "cfrc_ext": ("force", "N m, N", "external torque and force on each part"),
}
"""Quantity, units and description of each field of MuJoCo's data that an observation can hold."""


def observation_table(body: Body) -> list[ObservationRow]:
    """Describe every number of an observation, in order, from the environment's model.

    The positions come first, without the leading `skipped_qpos`. The velocities follow, which only
    observations clip to +-`velocity_clip`. Blocks of quantities that MuJoCo derives come last.
    Raises Refused if the observation holds a field that `BLOCKS` does not describe.

    Examples
    --------
    >>> from brainiarb.bodies.registry import get_body
    >>> table = observation_table(get_body("walker2d"))
    >>> len(table)
    17
    >>> table[5].description, table[5].unit
    ('angle of the left thigh joint', 'rad')
    """
    facts = environment_facts(body)
    rows: list[ObservationRow] = []
    for name, joint, quantity, unit, description in (
        *_coordinates(body, velocity=False)[facts.skipped_qpos :],
        *_coordinates(body, velocity=True),
    ):
        rows.append(ObservationRow(len(rows), 1, name, joint, quantity, unit, description))
    index = len(rows)
    for field, size in facts.observed_fields.items():
        if field not in BLOCKS:
            raise Refused(
                f"an observation of {body.name} holds the field {field!r}, whose quantity and unit "
                "are not known; add it to BLOCKS in brainiarb/bodies/observations.py"
            )
        quantity, unit, description = BLOCKS[field]
        rows.append(ObservationRow(index, size, field, "", quantity, unit, description))
        index += size
    return rows


def _coordinates(body: Body, velocity: bool) -> list[tuple[str, str, str, str, str]]:
    """Return name, joint, quantity, unit and description of every position, or every velocity."""
    import mujoco

    model = plain_model(body)
    along, length = ("velocity", "m/s") if velocity else ("position", "m")
    around, angle = ("angular velocity", "rad/s") if velocity else ("angle", "rad")
    coordinates = []
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
        coordinates += [
            (f"{joint}{suffix} {quantity}", joint, quantity, unit, f"{phrase} of the {owner}")
            for suffix, quantity, unit, phrase in described
        ]
    return coordinates


def _readable(part: str) -> str:
    """Turn `thigh_left` into `left thigh`."""
    words = part.split("_")
    return " ".join(words[-1:] + words[:-1] if words[-1] in ("left", "right") else words)
