"""The observations of a body: every number with its name, joint, quantity and unit."""

from dataclasses import dataclass

import mujoco
import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts, plain_model

_QUATERNION = ("qw", "qx", "qy", "qz")


@dataclass(frozen=True)
class ObservationRow:
    """One number of an observation, or a block of numbers of one kind."""

    index: int
    """Where it begins in the observation."""
    count: int
    """How many numbers it has."""
    name: str
    joint: str
    """Empty for a block, which belongs to no joint."""
    quantity: str
    unit: str
    """Of a block of several quantities, the units of its numbers in order."""
    description: str


_BLOCKS = {
    "cinert": ("inertia", "kg m², kg m, kg", "inertia, first moment and mass of each part"),
    "cvel": ("velocity", "rad/s, m/s", "angular and linear velocity of each part"),
    "qfrc_actuator": ("torque", "N m", "torque of the actuators at each joint"),
    "cfrc_ext": ("force", "N m, N", "external torque and force on each part"),
}
"""Quantity, units and description of the fields that an observation can hold."""


def observation_table(body: Body) -> list[ObservationRow]:
    """Describe every number of an observation, in order, from the environment's model.

    Positions come first (the leading `skipped_qpos` are left out), then velocities, which are
    clipped to +-`velocity_clip` in observations only, then blocks of what MuJoCo derives.
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
        quantity, unit, description = _BLOCKS[field]
        rows.append(ObservationRow(index, size, field, "", quantity, unit, description))
        index += size
    return rows


def _coordinates(body: Body, velocity: bool) -> list[tuple[str, str, str, str, str]]:
    """Return name, joint, quantity, unit and description of every position, or velocity."""
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
            (f"{joint}{which} {quantity}", joint, quantity, unit, f"{what} of the {owner}")
            for which, quantity, unit, what in described
        ]
    return coordinates


def _readable(part: str) -> str:
    """Turn `thigh_left` into `left thigh`."""
    words = part.split("_")
    return " ".join(words[-1:] + words[:-1] if words[-1] in ("left", "right") else words)
