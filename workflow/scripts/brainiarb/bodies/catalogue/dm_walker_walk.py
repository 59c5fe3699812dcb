"""The planar walker of dm_control's suite in its task `walk`: seven parts and six joints.

The project builds the model itself from its published measures (Tassa et al. 2018, DeepMind Control
Suite, arXiv:1801.00690; dm_control 1.0.50), so that dm_control need not be installed. Episodes
start in a random pose in the air and last 1,000 steps whatever happens: the walker falls, gets up
and walks.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import coordinate_rows, numbered
from brainiarb.bodies.falls import FallRule
from brainiarb.bodies.suite import above, above_linear, random_pose
from brainiarb.bodies.task import VELOCITY, Fields, ObservationRow, Parts, Task

if TYPE_CHECKING:
    import mujoco

ENVIRONMENT = "dm_control/walker-walk"
"""The library and its task."""

FEET = (("right", "right_foot"), ("left", "left_foot"))
"""Both feet."""

PARTS = ("torso", *(f"{side}_{part}" for side, _ in FEET for part in ("thigh", "leg", "foot")))
"""The torso, then the right leg and the left leg from hip to foot: bodies and geoms."""

JOINTS = tuple(f"{side}_{joint}" for side, _ in FEET for joint in ("hip", "knee", "ankle"))
"""Hip, knee and ankle of the right leg, then of the left leg."""

GEARS = (100, 50, 20)
"""Torque (N m) of the motors of hip, knee and ankle at full action."""

RATES = (0.625, 5.0)
"""Hz: a gait cycle of 0.2 to 1.6 s."""

TORSO_HEIGHT = 1.3
"""Height (m) of the torso where `rootz` is 0."""

STANDING, SPEED = 1.2, 1.0
"""The least height (m) of a standing torso, and the speed (m/s) above which no more is earned."""

LYING, GRACE = 0.7, 2.5
"""A torso below this height (m) has fallen. No fall counts in the first seconds, because a trained
walker gets up in two seconds."""

SUBSTEPS = 10
"""Simulation steps of 2.5 ms in a time step of 25 ms."""

TORSO = 1
"""The number of the torso in the model; part 0 is the world."""


def walker_spec() -> "mujoco.MjSpec":
    """Return the model in a form that can be edited."""
    import mujoco

    spec = mujoco.MjSpec()
    spec.modelname = "planar walker"
    spec.option.timestep = 0.0025
    spec.stat.extent, spec.stat.center = 2, (0, 0, 1)
    headlight = spec.visual.headlight
    headlight.ambient, headlight.diffuse = (0.4, 0.4, 0.4), (0.8, 0.8, 0.8)
    geom, joint = spec.default.geom, spec.default.joint
    geom.conaffinity, geom.friction = 0, (0.7, 0.1, 0.1)
    joint.damping[0], joint.armature = 0.1, 0.01
    joint.solimp_limit[:3] = 0, 0.99, 0.01
    spec.worldbody.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        conaffinity=1,
        pos=(248, 0, 0),
        size=(250, 0.8, 0.2),
    )
    torso = spec.worldbody.add_body(name="torso", pos=(0, 0, TORSO_HEIGHT))
    torso.add_light(name="light", pos=(0, 0, 2), mode=mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM)
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    for name, kind, axis in (
        ("rootz", slide, (0, 0, 1)),
        ("rootx", slide, (1, 0, 0)),
        ("rooty", hinge, (0, 1, 0)),
    ):
        root = torso.add_joint(name=name, type=kind, axis=axis, armature=0)
        root.damping[0] = 0
    _add_capsule(torso, 0.07, 0.3)
    for side, y in (("right", -0.05), ("left", 0.05)):
        thigh = torso.add_body(name=f"{side}_thigh", pos=(0, y, -0.3))
        _add_hinge(thigh, f"{side}_hip", (-20, 100))
        _add_capsule(thigh, 0.05, 0.225, pos=(0, 0, -0.225))
        leg = thigh.add_body(name=f"{side}_leg", pos=(0, 0, -0.7))
        _add_hinge(leg, f"{side}_knee", (-150, 0), pos=(0, 0, 0.25))
        _add_capsule(leg, 0.04, 0.25)
        foot = leg.add_body(name=f"{side}_foot", pos=(0.06, 0, -0.25))
        _add_hinge(foot, f"{side}_ankle", (-45, 45), pos=(-0.06, 0, 0))
        _add_capsule(foot, 0.05, 0.1, axis=(1, 0, 0))
    for name, gear in zip(JOINTS, GEARS * len(FEET), strict=True):
        motor = spec.add_actuator(
            name=name,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            target=name,
            ctrlrange=(-1, 1),
            ctrllimited=mujoco.mjtLimited.mjLIMITED_TRUE,
        )
        motor.gear[0] = gear
    spec.add_sensor(
        name="torso_subtreelinvel",
        type=mujoco.mjtSensor.mjSENS_SUBTREELINVEL,
        objtype=mujoco.mjtObj.mjOBJ_BODY,
        objname="torso",
    )
    return spec


def _add_capsule(
    part: "mujoco.MjsBody",
    radius: float,
    half_length: float,
    pos: Sequence[float] = (0, 0, 0),
    axis: Sequence[float] = (0, 0, 1),
) -> None:
    """Add the one geom of a part, which has its name and points along an axis."""
    import mujoco

    geom = part.add_geom(
        name=part.name,
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        size=(radius, half_length, 0),
        pos=pos,
        rgba=(0.7, 0.5, 0.3, 1),
    )
    geom.alt.type, geom.alt.zaxis = mujoco.mjtOrientation.mjORIENTATION_ZAXIS, axis


def _add_hinge(
    part: "mujoco.MjsBody",
    name: str,
    degrees: tuple[float, float],
    pos: Sequence[float] = (0, 0, 0),
) -> None:
    """Add a hinge with its range."""
    import mujoco

    part.add_joint(
        name=name,
        type=mujoco.mjtJoint.mjJNT_HINGE,
        axis=(0, -1, 0),
        pos=pos,
        range=degrees,
        limited=mujoco.mjtLimited.mjLIMITED_TRUE,
    )


def orientations(fields: Fields) -> np.ndarray:
    """Return (n, 14) the cosine and the sine of the pitch of every part."""
    return fields["xmat"][:, TORSO:, [0, 2]].reshape(len(fields["xmat"]), -1)


def height(fields: Fields) -> np.ndarray:
    """Return (n, 1) the height of the torso (m)."""
    return fields["xpos"][:, TORSO, 2:]


def velocity(fields: Fields) -> np.ndarray:
    """Return (n, 9) the velocities (m/s, rad/s)."""
    return fields["qvel"]


def orientation_rows(model: "mujoco.MjModel") -> list[ObservationRow]:
    """Describe the cosine and the sine of the pitch of every part."""
    return [
        ObservationRow(
            0, 1, f"{part} {short}", "", "orientation", "1",
            f"{function} of the pitch of the {' '.join(part.split('_'))}",
        )
        for part in PARTS
        for short, function in (("xx", "cosine"), ("xz", "sine"))
    ]  # fmt: skip


def height_rows(model: "mujoco.MjModel") -> list[ObservationRow]:
    """Describe the height of the torso."""
    return [ObservationRow(0, 1, "height", "", "position", "m", "height of the torso")]


Block = tuple[Callable[[Fields], np.ndarray], Callable[["mujoco.MjModel"], list[ObservationRow]]]
"""A block of an observation: how it is computed, and how it is described."""

OBSERVED: dict[str, Block] = {
    "orientations": (orientations, orientation_rows),
    "height": (height, height_rows),
    "velocity": (velocity, partial(coordinate_rows, velocity=True)),
}
"""The blocks of an observation in the order of dm_control."""


def reward_parts(before: Fields, after: Fields, fallen: np.ndarray) -> Parts:
    """Return how well each walker stands and how well it moves (n), both from 0 to 1."""
    upright = (1 + after["xmat"][:, TORSO, 8]) / 2
    tall = above(after["xpos"][:, TORSO, 2], STANDING, STANDING / 2)
    speed = after["sensordata"][:, 0]
    return {"stand": (3 * tall + upright) / 4, "move": above_linear(speed, SPEED, SPEED / 2)}


def reward(parts: Parts) -> np.ndarray:
    """Return the reward (n), a product: who does not stand earns nothing for moving."""
    return parts["stand"] * (5 * parts["move"] + 1) / 6


def walker_walk(body: Body, order: Sequence[str] = tuple(OBSERVED)) -> Task:
    """Return the task, whose observation holds the blocks of `OBSERVED` in an order."""
    model = walker_spec().compile()
    low = np.full(model.nq + model.nv, -np.inf)
    low[model.joint("rootz").qposadr] = LYING - TORSO_HEIGHT
    return Task(
        model=model,
        spec=walker_spec,
        substeps=SUBSTEPS,
        observe=lambda fields: np.hstack([OBSERVED[name][0](fields) for name in order]),
        describe=lambda: numbered([row for name in order for row in OBSERVED[name][1](model)]),
        parts=("stand", "move"),
        reward=reward_parts,
        combine=reward,
        start=random_pose,
        fall=FallRule(low, np.full_like(low, np.inf), ends_episode=False, grace=GRACE),
        fields=("xmat", "xpos", "sensordata"),
        stage=VELOCITY,
    )


BODY = Body(
    name="dm_walker_walk",
    env_id=ENVIRONMENT,
    feet=FEET,
    height_geoms=PARTS,
    joints=JOINTS,
    task=walker_walk,
    rates=RATES,
)
