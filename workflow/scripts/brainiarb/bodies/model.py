"""The task and the MuJoCo model of a body, and the facts that are read from them.

Gymnasium and MuJoCo are imported when they are first used. Readers of recordings import this module
too, and many of them need neither.
"""

import ctypes
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import place_columns
from brainiarb.bodies.falls import FallRule
from brainiarb.bodies.task import Setting
from brainiarb.errors import Refused

if TYPE_CHECKING:
    import gymnasium
    import mujoco

EPISODE_STEPS = 1000
"""Number of steps of an episode of an environment, unless another limit is given."""

TRUNK = "trunk"
"""The name for all parts that belong to no leg."""


def make_env(body: Body, max_episode_steps: int | None = None) -> "gymnasium.Env":
    """Make the environment of a body; its episodes have 1,000 steps unless another limit is given.

    It is the registered environment that the task equals or, without one, the task itself.
    """
    import gymnasium

    steps = max_episode_steps or EPISODE_STEPS
    make = task_of(body).environment
    if make is not None:
        return make(steps)
    from brainiarb.bodies.environment import TaskEnv

    return gymnasium.wrappers.TimeLimit(TaskEnv(body), steps)


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


@cache
def task_of(body: Body) -> Setting:
    """Return the task of a body."""
    stop_profiling()
    return body.task(body)


def plain_model(body: Body) -> "mujoco.MjModel":
    """Return the model of the task; all callers share it, so read it and never write it."""
    return task_of(body).model


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of a body's task."""

    step_seconds: float
    """Duration of a time step (s)."""
    frame_skip: int
    """Number of simulation steps in a time step."""
    reset_noise: float | None
    """Half-width of the noise on the initial positions (m, rad) and velocities (m/s, rad/s); None
    if episodes do not start around one pose."""
    healthy_reward: float
    """Reward for each step after which the walker has not fallen."""
    parts: tuple[str, ...]
    """The names of the parts of a reward, in order."""
    fall: FallRule
    """The rule that says which states are falls."""
    action_centre: np.ndarray
    """(a) middle of the action range."""
    action_half_range: np.ndarray
    """(a) half the width of the action range, which is the unit of actions in [-1, 1]."""
    observations: int
    """Length of an observation."""
    nq: int
    """Number of positions."""
    nv: int
    """Number of velocities."""

    @property
    def sizes(self) -> tuple[int, int]:
        """The lengths of an observation and of an action."""
        return self.observations, len(self.action_half_range)

    @property
    def sampling_rate(self) -> float:
        """Time steps per second (Hz)."""
        return 1.0 / self.step_seconds


@cache
def environment_facts(body: Body) -> Facts:
    """Return the numbers of the body's task."""
    task = task_of(body)
    model = task.model
    # Actions of environments are float32, and so are the ends of their range.
    ends = model.actuator_ctrlrange if task.action_range is None else task.action_range
    low, high = ends.astype(np.float32).astype(np.float64).T
    last = task.describe()[-1]
    return Facts(
        step_seconds=float(model.opt.timestep * task.substeps),
        frame_skip=task.substeps,
        reset_noise=task.reset_noise,
        healthy_reward=task.healthy_reward,
        parts=task.parts,
        fall=task.fall,
        action_centre=(high + low) / 2,
        action_half_range=(high - low) / 2,
        observations=last.index + last.count,
        nq=model.nq,
        nv=model.nv,
    )


def posture_columns(body: Body) -> list[int]:
    """Return the columns of `qpos` without the place in the plane, which grows without bound."""
    places = place_columns(plain_model(body))
    left_out = {places[axis] for axis in ("x", "y") if axis in places}
    return [column for column in range(plain_model(body).nq) if column not in left_out]


def forward_column(body: Body) -> int:
    """Return the column of `qpos` that holds the place along x (m).

    Raises Refused if the root of the body cannot move along x.
    """
    places = place_columns(plain_model(body))
    if "x" not in places:
        raise Refused(
            f"body {body.name!r}: no joint of its root moves along x, so it has no place along the "
            "way; add a slide joint along x or a free joint to its model"
        )
    return places["x"]


def path_columns(body: Body) -> list[int]:
    """Return the columns of `qpos` that hold the place (m): x, and y of a body that can turn."""
    places = place_columns(plain_model(body))
    turns = "y" in places
    return [forward_column(body), *([places["y"]] if turns else [])]


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
    for foot, geoms in body.soles.items():
        paths[foot] = set()
        for geom in geoms:
            # The path goes from the foot up to the root.
            part = model.geom(geom).bodyid[0]
            while model.body_parentid[part] > 0:
                paths[foot].add(part)
                part = model.body_parentid[part]
    owners = [
        [foot for foot, path in paths.items() if model.geom(geom).bodyid[0] in path]
        for geom in body.height_geoms
    ]
    return tuple(feet[0] if len(feet) == 1 else TRUNK for feet in owners)


def editable_model(body: Body) -> "mujoco.MjSpec":
    """Return a copy of the body's model that can be edited."""
    return task_of(body).spec()


@contextmanager
def without_deprecations() -> Iterator[None]:
    """Hide MuJoCo's warning about deprecated attributes, which Gymnasium's own models use."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "compiler attribute .* is deprecated")
        yield
