"""The environment and the MuJoCo model of a body, and the facts that are read from them.

Gymnasium and MuJoCo are imported when they are first used. Readers of recordings import this module
too, and many of them need neither.
"""

import ctypes
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.falls import FallRule, fall_rule

if TYPE_CHECKING:
    import gymnasium
    import mujoco

TRUNK = "trunk"
"""The name for all parts that belong to no leg."""


def make_env(body: Body, max_episode_steps: int | None = None) -> "gymnasium.Env":
    """Make the environment of a body.

    Without `max_episode_steps` the limit of the environment itself holds, which is 1,000 steps for
    every body of the catalogue.
    """
    import gymnasium

    stop_profiling()
    if max_episode_steps is None:
        return gymnasium.make(body.env_id)
    return gymnasium.make(body.env_id, max_episode_steps=max_episode_steps)


@cache
def stop_profiling() -> None:
    """Stop MuJoCo's profiler, which reads the clock dozens of times in every simulation step.

    Nothing reads its times, and it takes an eighth of the time of a step. `set_mjcb_time(None)` of
    MuJoCo's Python package would not stop it: it starts the package's own clock. Where a build of
    MuJoCo hides the clock, the profiler goes on and costs only time.
    """
    import mujoco

    with suppress(OSError, ValueError):
        package = ctypes.CDLL(mujoco._structs.__file__)
        ctypes.c_void_p.in_dll(package, "mjcb_time").value = None


def bare_env(body: Body) -> Any:
    """Return the environment without wrappers, which has the model, the weights and the ranges."""
    return make_env(body).unwrapped


@cache
def plain_model(body: Body) -> "mujoco.MjModel":
    """Return the model of the environment; all callers share it, so read it and never write it."""
    return bare_env(body).model


@dataclass(frozen=True, eq=False)
class Facts:
    """The facts about a body that its environment holds."""

    step_seconds: float
    """Duration of an environment step (s)."""
    frame_skip: int
    """Number of simulation steps in an environment step."""
    reset_noise: float
    """Half-width of the noise on the initial positions (m, rad) and velocities (m/s, rad/s)."""
    forward_weight: float
    """Reward for each m/s of forward speed."""
    healthy_reward: float
    """Reward for each step after which the walker has not fallen."""
    control_weight: float
    """Cost of each squared unit of action."""
    contact_weight: float
    """Cost of each squared unit of external force (N) and torque (N m); 0 if there is no cost."""
    contact_range: tuple[float, float]
    """Bounds to which each external force and torque is clipped."""
    contact_cost_range: tuple[float, float]
    """Bounds to which the cost of the contacts of a step is clipped."""
    fall: FallRule
    """The rule that says which states are falls."""
    action_centre: np.ndarray
    """(a) middle of the action range."""
    action_half_range: np.ndarray
    """(a) half the width of the action range, which is the unit of actions in [-1, 1]."""
    skipped_qpos: int
    """Number of leading positions that an observation leaves out."""
    observed_fields: dict[str, int]
    """Fields of MuJoCo's data that an observation holds behind positions and velocities, in order.
    The value is how many numbers of the field it holds; they are the last numbers of the field."""
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
        """The lengths of an observation and of an action."""
        return self.observations, len(self.action_half_range)

    @property
    def sampling_rate(self) -> float:
        """Environment steps per second (Hz)."""
        return 1.0 / self.step_seconds


@cache
def environment_facts(body: Body) -> Facts:
    """Read the facts about a body from its environment."""
    import mujoco

    env = bare_env(body)
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
        fall=fall_rule(env, free=env.model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE),
        action_centre=(action_high + action_low) / 2,
        action_half_range=(action_high - action_low) / 2,
        skipped_qpos=structure["skipped_qpos"],
        observed_fields={
            field: size
            for field, size in structure.items()
            if size and field not in ("skipped_qpos", "qpos", "qvel")
        },
        observations=env.observation_space.shape[0],
        nq=env.model.nq,
        nv=env.model.nv,
    )


def joint_columns(body: Body, joints: Sequence[str] | None = None) -> list[int]:
    """Return the columns of `qpos` that hold the given joints; the default is the actuated joints.

    The columns of `qvel` are the same if the body moves in a plane, because such a body has as many
    positions as velocities.
    """
    model = plain_model(body)
    return [int(model.joint(name).qposadr[0]) for name in joints or body.joints]


def legs(body: Body) -> tuple[str, ...]:
    """Return for each height geom the foot at the end of its leg, or `TRUNK`.

    A geom belongs to the trunk if no foot hangs from it or if several feet hang from it.
    """
    model = plain_model(body)
    paths: dict[str, set[int]] = {}
    for foot, geom in body.feet:
        # The path goes from the foot up to the root.
        part, paths[foot] = model.geom(geom).bodyid[0], set()
        while model.body_parentid[part] > 0:
            paths[foot].add(part)
            part = model.body_parentid[part]
    owners = [
        [foot for foot, path in paths.items() if model.geom(geom).bodyid[0] in path]
        for geom in body.height_geoms
    ]
    return tuple(feet[0] if len(feet) == 1 else TRUNK for feet in owners)


def editable_model(body: Body) -> "mujoco.MjSpec":
    """Return a copy of the environment's model that can be edited."""
    import mujoco

    return mujoco.MjSpec.from_file(bare_env(body).fullpath)


@contextmanager
def without_deprecations() -> Iterator[None]:
    """Hide MuJoCo's warning about deprecated attributes, which Gymnasium's own models use."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "compiler attribute .* is deprecated")
        yield
