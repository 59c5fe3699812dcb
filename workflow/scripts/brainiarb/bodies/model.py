"""A body's environment and MuJoCo model, and the facts that are read from them."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import gymnasium
import mujoco
import numpy as np

from brainiarb.bodies.body import Body

TRUNK = "trunk"
"""What belongs to no leg."""


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
