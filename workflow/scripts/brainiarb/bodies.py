"""Bodies: the walking machines of the study, and how to step many copies of one at once.

A body names what an environment cannot tell (which geoms are feet, whose heights are recorded).
Everything else (rates, bounds, weights, ranges) is read from its Gymnasium environment.
"""

from collections.abc import Sequence
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


@dataclass(frozen=True)
class Body:
    """A walking machine that moves in the x-z plane, as Walker2d, Hopper and HalfCheetah do.

    Its first three coordinates are those of the torso: x (m), z (m) and pitch (rad).
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
    velocity_clip: float
    """Bound of the velocities in an observation (m/s, rad/s), infinite where there is none."""


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
    ends_when_unhealthy: bool
    """Whether an unhealthy state ends the episode (a fall)."""
    healthy_low: np.ndarray
    """(nq + nv) lower bounds of the state (qpos, qvel), exclusive; -inf where unbounded."""
    healthy_high: np.ndarray
    """(nq + nv) upper bounds of the state, exclusive; inf where unbounded."""
    action_centre: np.ndarray
    """(a) the middle of the action range."""
    action_half_range: np.ndarray
    """(a) half the width of the action range: the unit of actions in [-1, 1]."""
    skipped_qpos: int
    """How many leading positions an observation leaves out."""
    observations: int
    """Length of an observation."""
    nq: int
    """Number of positions."""
    nv: int
    """Number of velocities."""

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
    # Gymnasium's planar walkers bound z, the pitch, and (Hopper) everything from z on.
    for columns, attribute in (
        (slice(2, None), "_healthy_state_range"),
        (1, "_healthy_z_range"),
        (2, "_healthy_angle_range"),
    ):
        bounds = getattr(env, attribute, (-np.inf, np.inf))
        low[columns] = np.maximum(low[columns], bounds[0])
        high[columns] = np.minimum(high[columns], bounds[1])
    action_low, action_high = (
        bound.astype(np.float64) for bound in (env.action_space.low, env.action_space.high)
    )
    return Facts(
        step_seconds=float(env.dt),
        frame_skip=env.frame_skip,
        reset_noise=env._reset_noise_scale,
        forward_weight=env._forward_reward_weight,
        healthy_reward=getattr(env, "_healthy_reward", 0.0),
        control_weight=env._ctrl_cost_weight,
        ends_when_unhealthy=getattr(env, "_terminate_when_unhealthy", False),
        healthy_low=low,
        healthy_high=high,
        action_centre=(action_high + action_low) / 2,
        action_half_range=(action_high - action_low) / 2,
        skipped_qpos=env.observation_structure["skipped_qpos"],
        observations=env.observation_space.shape[0],
        nq=nq,
        nv=nv,
    )


@dataclass(frozen=True)
class ObservationRow:
    """One number of an observation."""

    index: int
    name: str
    joint: str
    quantity: str
    unit: str
    description: str


def observation_table(body: Body) -> list[ObservationRow]:
    """Describe every number of an observation, in order, from the environment's model.

    Positions come first (the leading `skipped_qpos` are left out), then velocities, which are
    clipped to +-`velocity_clip` in observations only.
    """
    env = bare_env(body)
    model = env.model
    rows: list[ObservationRow] = []
    for velocity, skipped in ((False, env.observation_structure["skipped_qpos"]), (True, 0)):
        for joint in range(skipped, model.njnt):
            name = model.joint(joint).name
            part = _readable(model.body(model.jnt_bodyid[joint]).name)
            if model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_SLIDE:
                axis = "xyz"[int(np.argmax(np.abs(model.jnt_axis[joint])))]
                quantity, unit = ("velocity", "m/s") if velocity else ("position", "m")
                description = f"{axis} {quantity} of the {part}"
            elif model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_HINGE:
                quantity, unit = ("angular velocity", "rad/s") if velocity else ("angle", "rad")
                limb = "" if model.body_parentid[model.jnt_bodyid[joint]] == 0 else " joint"
                description = f"{quantity} of the {part}{limb}"
            else:
                raise ValueError(
                    f"joint {name!r} of {body.env_id} is neither slide nor hinge; only planar "
                    "bodies are supported"
                )
            rows.append(
                ObservationRow(len(rows), f"{name} {quantity}", name, quantity, unit, description)
            )
    return rows


def _readable(part: str) -> str:
    """Turn `thigh_left` into `left thigh`."""
    words = part.split("_")
    return " ".join(words[-1:] + words[:-1] if words[-1] in ("left", "right") else words)


def joint_columns(body: Body, joints: Sequence[str] | None = None) -> list[int]:
    """Return the columns of `qpos` (and of `qvel`) that hold the given joints.

    Without names, the body's actuated joints. Planar bodies have as many positions as velocities,
    so one column number serves both.
    """
    model = plain_model(body)
    return [int(model.joint(name).qposadr[0]) for name in joints or body.joints]


def sensing_model(body: Body) -> mujoco.MjModel:
    """Return the environment's model plus sensors, which step bit for bit like the original.

    Sensor data are the normal force on each foot (N), then the position of each height geom (m).
    """
    spec = mujoco.MjSpec.from_file(bare_env(body).fullpath)
    for foot, geom_name in body.feet:
        geom = spec.geom(geom_name)
        site = geom.parent.add_site(
            name=f"{foot}_foot_zone",
            type=geom.type,
            pos=geom.pos,
            quat=geom.quat,
            size=_ZONE_SCALE * np.asarray(geom.size),
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
    return spec.compile()


@dataclass(frozen=True, eq=False)
class Step:
    """What one environment step gave, one row per stepped walker."""

    rewards: np.ndarray
    """(n) the sum of the three parts."""
    rewards_forward: np.ndarray
    """(n) for speed."""
    rewards_healthy: np.ndarray
    """(n) for not having fallen."""
    rewards_control: np.ndarray
    """(n) minus the cost of the action."""
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
    Results do not depend on `threads`.
    """

    def __init__(self, body: Body, count: int, threads: int = 1) -> None:
        """Make `count` walkers, which have no state before their first reset."""
        self.body = body
        self.facts = environment_facts(body)
        self.batch = Batch(sensing_model(body), count, threads)
        """The simulations; disturb them through `batch.bind("xfrc_applied")` and the like."""
        self.qpos = self.batch.bind("qpos")
        """(count, nq) positions, live: writing them moves the walkers."""
        self.qvel = self.batch.bind("qvel")
        """(count, nv) velocities, live and unclipped."""
        self._ctrl = self.batch.bind("ctrl")
        self._sensors = self.batch.bind("sensordata")
        self._env = bare_env(body)

    def reset(self, walkers: np.ndarray, seeds: Sequence[int]) -> None:
        """Put walkers (n numbers) where `env.reset(seed=...)` would put each."""
        self.batch.reset(walkers, stage=mujoco.mjtStage.mjSTAGE_NONE)
        for walker, seed in zip(walkers, seeds, strict=True):
            self._env.reset(seed=int(seed))
            self.qpos[walker] = self._env.data.qpos
            self.qvel[walker] = self._env.data.qvel
        self.batch.forward(walkers)

    def observations(self) -> np.ndarray:
        """Return a copy of the observations of all walkers, (count, o) float64."""
        clip = self.body.velocity_clip
        return np.hstack((self.qpos[:, self.facts.skipped_qpos :], np.clip(self.qvel, -clip, clip)))

    def step(self, walkers: np.ndarray, actions: np.ndarray) -> Step:
        """Take one environment step with some walkers (n numbers); the others stand still.

        Actions (n, a) are in [-1, 1], in units of the environment's half-range.
        """
        facts = self.facts
        controls = facts.action_centre + facts.action_half_range * actions
        x_before = self.qpos[walkers, 0]
        self._ctrl[walkers] = controls
        self.batch.step(walkers, nstep=1)
        sensors = self._sensors[walkers]
        if facts.frame_skip > 1:
            self.batch.step(walkers, nstep=facts.frame_skip - 1)

        state = np.hstack((self.qpos[walkers], self.qvel[walkers]))
        inside = (facts.healthy_low < state) & (state < facts.healthy_high)
        healthy = np.asarray(inside.all(axis=1), np.bool_)
        forward = facts.forward_weight * ((state[:, 0] - x_before) / facts.step_seconds)
        alive = facts.healthy_reward * healthy
        control = -facts.control_weight * np.square(controls).sum(axis=1)
        feet = len(self.body.feet)
        return Step(
            rewards=forward + alive + control,
            rewards_forward=forward,
            rewards_healthy=alive,
            rewards_control=control,
            terminals=~healthy & facts.ends_when_unhealthy,
            heights=sensors[:, feet + _Z :: 3],
            contact_forces=sensors[:, :feet],
        )
