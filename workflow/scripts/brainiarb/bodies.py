"""Bodies: the walking machines of the study, and how to step many copies of one at once.

A body names what an environment cannot tell (which geoms are feet, whose heights are recorded).
Everything else (rates, bounds, weights, ranges) is read from its Gymnasium environment.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import gymnasium
import mujoco
import numpy as np
from mujoco.batch import Batch

# A touch sensor counts the contacts inside its zone, so the zone is drawn around the whole foot.
_ZONE_SCALE = 1.1
# Sensors report z as the third coordinate of a position.
_Z = 2
_QUATERNION = ("qw", "qx", "qy", "qz")

TRUNK = "trunk"
"""What belongs to no leg."""


@dataclass(frozen=True)
class Body:
    """A walking machine that walks along x.

    Its first coordinates are those of the torso: in the x-z plane x (m), z (m) and pitch (rad), of
    a body free in space x, y, z (m) and a unit quaternion.
    """

    name: str
    """The name in the config and in folders."""
    env_id: str
    """The id under which Gymnasium registers the environment, version included."""
    feet: tuple[tuple[str, str], ...]
    """(name of the foot, name of its geom), in the order of the columns of `contacts`."""
    height_geoms: tuple[str, ...]
    """The geoms whose z is recorded, in the order of the columns of `heights`."""
    joints: tuple[str, ...]
    """The actuated joints, in the order of the columns of `actions`."""
    velocity_clip: float = np.inf
    """Bound of the velocities in an observation (m/s, rad/s), infinite where there is none."""
    forward: str = "root"
    """Whose speed is rewarded: the first coordinate (`root`), the `torso` or the `centre of mass`.
    MuJoCo leaves the latter two where they were a fraction of a simulation step before."""


BODIES: dict[str, Body] = {
    body.name: body
    for body in (
        Body(
            name="walker2d",
            env_id="Walker2d-v5",
            feet=(("right", "foot_geom"), ("left", "foot_left_geom")),
            height_geoms=(
                "torso_geom",
                "thigh_geom",
                "leg_geom",
                "foot_geom",
                "thigh_left_geom",
                "leg_left_geom",
                "foot_left_geom",
            ),
            joints=(
                "thigh_joint",
                "leg_joint",
                "foot_joint",
                "thigh_left_joint",
                "leg_left_joint",
                "foot_left_joint",
            ),
            velocity_clip=10.0,
        ),
        Body(
            name="hopper",
            env_id="Hopper-v5",
            feet=(("only", "foot_geom"),),
            height_geoms=("torso_geom", "thigh_geom", "leg_geom", "foot_geom"),
            joints=("thigh_joint", "leg_joint", "foot_joint"),
            velocity_clip=10.0,
        ),
        Body(
            name="halfcheetah",
            env_id="HalfCheetah-v5",
            feet=(("back", "bfoot"), ("front", "ffoot")),
            height_geoms=(
                "torso",
                "head",
                "bthigh",
                "bshin",
                "bfoot",
                "fthigh",
                "fshin",
                "ffoot",
            ),
            joints=("bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot"),
        ),
        Body(
            name="ant",
            env_id="Ant-v5",
            feet=(
                ("front left", "left_ankle_geom"),
                ("front right", "right_ankle_geom"),
                ("back left", "third_ankle_geom"),
                ("back right", "fourth_ankle_geom"),
            ),
            height_geoms=(
                "torso_geom",
                "aux_1_geom",
                "left_leg_geom",
                "left_ankle_geom",
                "aux_2_geom",
                "right_leg_geom",
                "right_ankle_geom",
                "aux_3_geom",
                "back_leg_geom",
                "third_ankle_geom",
                "aux_4_geom",
                "rightback_leg_geom",
                "fourth_ankle_geom",
            ),
            joints=(
                "hip_4",
                "ankle_4",
                "hip_1",
                "ankle_1",
                "hip_2",
                "ankle_2",
                "hip_3",
                "ankle_3",
            ),
            forward="torso",
        ),
        Body(
            name="humanoid",
            env_id="Humanoid-v5",
            feet=(("right", "right_foot"), ("left", "left_foot")),
            height_geoms=(
                "torso1",
                "head",
                "uwaist",
                "lwaist",
                "butt",
                "right_thigh1",
                "right_shin1",
                "right_foot",
                "left_thigh1",
                "left_shin1",
                "left_foot",
                "right_uarm1",
                "right_larm",
                "right_hand",
                "left_uarm1",
                "left_larm",
                "left_hand",
            ),
            joints=(
                "abdomen_y",
                "abdomen_z",
                "abdomen_x",
                "right_hip_x",
                "right_hip_z",
                "right_hip_y",
                "right_knee",
                "left_hip_x",
                "left_hip_z",
                "left_hip_y",
                "left_knee",
                "right_shoulder1",
                "right_shoulder2",
                "right_elbow",
                "left_shoulder1",
                "left_shoulder2",
                "left_elbow",
            ),
            forward="centre of mass",
        ),
    )
}


def get_body(name: str) -> Body:
    """Return the body of that name; raise ValueError that lists the known ones."""
    if name not in BODIES:
        raise ValueError(
            f"body {name!r} is not known; set `body` in the config to one of: "
            f"{', '.join(sorted(BODIES))}"
        )
    return BODIES[name]


def make_env(body: Body, max_episode_steps: int | None = None) -> gymnasium.Env:
    """Make the body's own environment; without a limit, an episode has Gymnasium's 1,000 steps."""
    if max_episode_steps is None:
        return gymnasium.make(body.env_id)
    return gymnasium.make(body.env_id, max_episode_steps=max_episode_steps)


def bare_env(body: Body) -> Any:
    """Return the bare environment, which has the model, the weights and the ranges."""
    return make_env(body).unwrapped


@cache
def plain_model(body: Body) -> mujoco.MjModel:
    """Return the environment's model, shared by all callers: read it, never write it."""
    return bare_env(body).model


@dataclass(frozen=True, eq=False)
class Facts:
    """What the environment of a body says about it."""

    step_seconds: float
    """Duration of an environment step (s)."""
    frame_skip: int
    """Simulation steps per environment step."""
    reset_noise: float
    """Half-width of the noise on the initial positions (m, rad) and velocities (m/s, rad/s)."""
    forward_weight: float
    """Reward per m/s of forward speed."""
    healthy_reward: float
    """Reward of a step that ends healthy."""
    control_weight: float
    """Cost per squared unit of action."""
    contact_weight: float
    """Cost per squared unit of the external forces (N) and torques (N m); 0 where there is none."""
    contact_range: tuple[float, float]
    """Bounds to which each external force and torque is clipped."""
    contact_cost_range: tuple[float, float]
    """Bounds to which the cost of a step's contacts is clipped."""
    ends_when_unhealthy: bool
    """Whether an unhealthy state ends the episode (a fall)."""
    healthy_low: np.ndarray
    """(nq + nv) lower bounds of the state (qpos, qvel), exclusive; -inf where unbounded.
    Ant's own test includes its bounds, which no state meets but by chance."""
    healthy_high: np.ndarray
    """(nq + nv) upper bounds of the state, exclusive; inf where unbounded."""
    action_centre: np.ndarray
    """(a) the middle of the action range."""
    action_half_range: np.ndarray
    """(a) half the width of the action range: the unit of actions in [-1, 1]."""
    skipped_qpos: int
    """How many leading positions an observation leaves out."""
    observed_fields: dict[str, int]
    """Fields of MuJoCo's data that an observation holds behind positions and velocities, in order,
    and how many numbers of each: its last ones."""
    observations: int
    """Length of an observation."""
    nq: int
    """Number of positions."""
    nv: int
    """Number of velocities."""

    @property
    def feels_contacts(self) -> bool:
        """Whether rewards or observations depend on the external forces."""
        return self.contact_weight > 0 or "cfrc_ext" in self.observed_fields

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers in an observation and in an action."""
        return self.observations, len(self.action_half_range)

    @property
    def sampling_rate(self) -> float:
        """Environment steps per second (Hz)."""
        return 1.0 / self.step_seconds


@cache
def environment_facts(body: Body) -> Facts:
    """Read from the environment of a body what it knows."""
    env = bare_env(body)
    nq, nv = env.model.nq, env.model.nv
    low, high = np.full(nq + nv, -np.inf), np.full(nq + nv, np.inf)
    free = env.model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
    # All bound z; planar walkers the pitch, and Hopper everything from there on.
    for columns, attribute in (
        (slice(2, None), "_healthy_state_range"),
        (2 if free else 1, "_healthy_z_range"),
        (2, "_healthy_angle_range"),
    ):
        bounds = getattr(env, attribute, (-np.inf, np.inf))
        low[columns] = np.maximum(low[columns], bounds[0])
        high[columns] = np.minimum(high[columns], bounds[1])
    action_low, action_high = (
        bound.astype(np.float64) for bound in (env.action_space.low, env.action_space.high)
    )
    structure = env.observation_structure
    return Facts(
        step_seconds=float(env.dt),
        frame_skip=env.frame_skip,
        reset_noise=env._reset_noise_scale,
        forward_weight=env._forward_reward_weight,
        healthy_reward=getattr(env, "_healthy_reward", 0.0),
        control_weight=env._ctrl_cost_weight,
        contact_weight=getattr(env, "_contact_cost_weight", 0.0),
        contact_range=getattr(env, "_contact_force_range", (-np.inf, np.inf)),
        contact_cost_range=getattr(env, "_contact_cost_range", (-np.inf, np.inf)),
        ends_when_unhealthy=getattr(env, "_terminate_when_unhealthy", False),
        healthy_low=low,
        healthy_high=high,
        action_centre=(action_high + action_low) / 2,
        action_half_range=(action_high - action_low) / 2,
        skipped_qpos=structure["skipped_qpos"],
        observed_fields={
            field: size
            for field, size in structure.items()
            if size and field not in ("skipped_qpos", "qpos", "qvel")
        },
        observations=env.observation_space.shape[0],
        nq=nq,
        nv=nv,
    )


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


def joint_columns(body: Body, joints: Sequence[str] | None = None) -> list[int]:
    """Return the columns of `qpos` that hold the given joints; without names, the actuated ones.

    Those of `qvel` are the same for planar bodies, which have as many positions as velocities.
    """
    model = plain_model(body)
    return [int(model.joint(name).qposadr[0]) for name in joints or body.joints]


def legs(body: Body) -> tuple[str, ...]:
    """Return for each height geom the foot at the end of its leg, or `TRUNK`.

    The trunk is the root and what several feet hang from, or none.
    """
    model = plain_model(body)
    paths: dict[str, set[int]] = {}
    for foot, geom in body.feet:
        part, paths[foot] = model.geom(geom).bodyid[0], set()
        while model.body_parentid[part] > 0:
            paths[foot].add(part)
            part = model.body_parentid[part]
    owners = [
        [foot for foot, path in paths.items() if model.geom(geom).bodyid[0] in path]
        for geom in body.height_geoms
    ]
    return tuple(feet[0] if len(feet) == 1 else TRUNK for feet in owners)


def editable_model(body: Body) -> mujoco.MjSpec:
    """Return the environment's model for editing."""
    return mujoco.MjSpec.from_file(bare_env(body).fullpath)


@contextmanager
def without_deprecations() -> Iterator[None]:
    """Keep quiet that MuJoCo is about to drop attributes which Gymnasium's own models use."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "compiler attribute .* is deprecated")
        yield


def sensing_model(body: Body) -> mujoco.MjModel:
    """Return the environment's model plus sensors, which step bit for bit like the original.

    Sensor data are the normal force on each foot (N), then the position of each height geom (m).
    """
    spec = editable_model(body)
    for foot, geom_name in body.feet:
        # The compiled geom has its size and place also where the file gives its two ends.
        geom = plain_model(body).geom(geom_name)
        site = spec.geom(geom_name).parent.add_site(
            name=f"{foot}_foot_zone",
            type=geom.type[0],
            pos=geom.pos,
            quat=geom.quat,
            size=_ZONE_SCALE * geom.size,
        )
        spec.add_sensor(
            name=f"{foot}_foot_force",
            type=mujoco.mjtSensor.mjSENS_TOUCH,
            objtype=mujoco.mjtObj.mjOBJ_SITE,
            objname=site.name,
        )
    for geom_name in body.height_geoms:
        spec.add_sensor(
            name=f"{geom_name}_position",
            type=mujoco.mjtSensor.mjSENS_FRAMEPOS,
            objtype=mujoco.mjtObj.mjOBJ_GEOM,
            objname=geom_name,
        )
    with without_deprecations():
        return spec.compile()


@dataclass(frozen=True, eq=False)
class Step:
    """What one environment step gave, one row per stepped walker."""

    rewards: np.ndarray
    """(n) the sum of the four parts."""
    rewards_forward: np.ndarray
    """(n) for speed."""
    rewards_healthy: np.ndarray
    """(n) for not having fallen."""
    rewards_control: np.ndarray
    """(n) minus the cost of the action."""
    rewards_contact: np.ndarray
    """(n) minus the cost of contacts, 0 for a body without one."""
    terminals: np.ndarray
    """(n) bool: the walker fell in this step, which ends its episode."""
    heights: np.ndarray
    """(n, g) z of the height geoms (m), at the instant the step begins."""
    contact_forces: np.ndarray
    """(n, f) normal force on each foot (N), at the instant the step begins, under its action."""


class Walkers:
    """Copies of one body, stepped together, each the equal of a Gymnasium environment of its own.

    Sensors are read in the first simulation step of an environment step: they describe the state
    in which the action is taken, and the forces that this action meets there. Nothing is computed
    a second time for them, so the solver's warm start is the environment's own.
    What MuJoCo derives (centres of mass, inertia, external forces) is what it left behind when the
    environment step ended, as in Gymnasium.
    Results do not depend on `threads`.
    """

    def __init__(self, body: Body, count: int, threads: int = 1) -> None:
        """Make `count` walkers, which have no state before their first reset."""
        self.body = body
        self.facts = environment_facts(body)
        self._model = sensing_model(body)
        # External forces come from contacts, which only a simulation's own data keep.
        self.batch = Batch(self._model, count, threads, persistent=self.facts.feels_contacts)
        """The simulations; disturb them through `batch.bind("xfrc_applied")` and the like."""
        self.qpos = self.batch.bind("qpos")
        """(count, nq) positions, live: writing them moves the walkers."""
        self.qvel = self.batch.bind("qvel")
        """(count, nv) velocities, live and unclipped."""
        self._ctrl = self.batch.bind("ctrl")
        self._sensors = self.batch.bind("sensordata")
        self._places = self.batch.bind("xipos")
        self._external = np.zeros((count, self._model.nbody, 6))
        self._observed = [
            (self._external if field == "cfrc_ext" else self.batch.bind(field), size)
            for field, size in self.facts.observed_fields.items()
        ]
        self._env = bare_env(body)
        self._data = mujoco.MjData(self._model)

    def reset(self, walkers: np.ndarray, seeds: Sequence[int]) -> None:
        """Put walkers (n numbers) where `env.reset(seed=...)` would put each."""
        self.batch.reset(walkers, stage=mujoco.mjtStage.mjSTAGE_NONE)
        for walker, seed in zip(walkers, seeds, strict=True):
            self._env.reset(seed=int(seed))
            self.qpos[walker] = self._env.data.qpos
            self.qvel[walker] = self._env.data.qvel
        self._external[walkers] = 0.0
        self.batch.forward(walkers)

    def observations(self) -> np.ndarray:
        """Return a copy of the observations of all walkers, (count, o) float64."""
        clip = self.body.velocity_clip
        return np.hstack(
            (
                self.qpos[:, self.facts.skipped_qpos :],
                np.clip(self.qvel, -clip, clip),
                *(field.reshape(len(field), -1)[:, -size:] for field, size in self._observed),
            )
        )

    def step(self, walkers: np.ndarray, actions: np.ndarray) -> Step:
        """Take one environment step with some walkers (n numbers); the others stand still.

        Actions (n, a) are in [-1, 1], in units of the environment's half-range.
        """
        facts = self.facts
        controls = facts.action_centre + facts.action_half_range * actions
        x_before = self._x(walkers)
        self._ctrl[walkers] = controls
        self.batch.step(walkers, nstep=1)
        sensors = self._sensors[walkers]
        if facts.frame_skip > 1:
            self.batch.step(walkers, nstep=facts.frame_skip - 1)
        if facts.feels_contacts:
            self._feel(walkers)

        state = np.hstack((self.qpos[walkers], self.qvel[walkers]))
        inside = (facts.healthy_low < state) & (state < facts.healthy_high)
        healthy = np.asarray(inside.all(axis=1), np.bool_)
        forward = facts.forward_weight * ((self._x(walkers) - x_before) / facts.step_seconds)
        alive = facts.healthy_reward * healthy
        control = -facts.control_weight * np.square(controls).sum(axis=1)
        met = facts.contact_weight * np.square(self._external[walkers]).sum(axis=(1, 2))
        contact = 0.0 - np.clip(met, *facts.contact_cost_range)  # 0, not -0, where there is none
        feet = len(self.body.feet)
        return Step(
            rewards=forward + alive + control + contact,
            rewards_forward=forward,
            rewards_healthy=alive,
            rewards_control=control,
            rewards_contact=contact,
            terminals=~healthy & facts.ends_when_unhealthy,
            heights=sensors[:, feet + _Z :: 3],
            contact_forces=sensors[:, :feet],
        )

    def _x(self, walkers: np.ndarray) -> np.ndarray:
        """Return how far walkers have come (n) in m, as the environment measures it."""
        if self.body.forward == "centre of mass":
            mass = self._model.body_mass
            return np.einsum("nb,b->n", self._places[walkers, :, 0], mass / mass.sum())
        if self.body.forward == "torso":
            return self._places[walkers, 1, 0]
        return self.qpos[walkers, 0]

    def _feel(self, walkers: np.ndarray) -> None:
        """Hold the external forces on walkers, which MuJoCo computes only where asked to."""
        for walker in walkers:
            self.batch.get_data(int(walker), self._data)
            mujoco.mj_rnePostConstraint(self._model, self._data)
            self._external[walker] = np.clip(self._data.cfrc_ext, *self.facts.contact_range)
