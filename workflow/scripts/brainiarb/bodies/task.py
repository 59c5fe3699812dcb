"""Task: what a body observes, what it is rewarded for, how it starts and when it has fallen.

A `Task` is made of pure functions on arrays with one row for each walker, so many walkers are
observed and rewarded at once; `Walkers` steps them. A task that only an environment knows is an
`OwnEnvironment`; `Looped` steps one environment for each walker.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from brainiarb.bodies.falls import FallRule

if TYPE_CHECKING:
    import gymnasium
    import mujoco

Fields = Mapping[str, np.ndarray]
"""Fields of MuJoCo's data by their names there, each with one row for each walker (n, ...)."""

Parts = Mapping[str, np.ndarray]
"""The parts of a reward by their names, each (n)."""

BEHIND, VELOCITY, ACCELERATION = "behind", "velocity", "acceleration"
"""What the fields that MuJoCo derives describe after a step: the state before its last simulation
step, as in Gymnasium; the new state, as in dm_control's suite, where sensors of forces and
accelerations are still behind; the new state with these sensors, as in dm_control's composer."""


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


def total(parts: Parts) -> np.ndarray:
    """Return the sum (n) of the parts of a reward, added in their order."""
    return reduce(np.add, parts.values())


@dataclass(frozen=True, eq=False, kw_only=True)
class Setting:
    """What is known of a task without its functions."""

    model: "mujoco.MjModel"
    """The model; all callers share it, so read it and never write it."""
    spec: Callable[[], "mujoco.MjSpec"]
    """Returns the model in a form that can be edited."""
    substeps: int
    """Number of simulation steps in a time step."""
    describe: Callable[[], list[ObservationRow]]
    """Describes every number of an observation, in order."""
    parts: tuple[str, ...]
    """The names of the parts of a reward, in order; each is a word."""
    fall: FallRule
    """The rule that says which states are falls."""
    healthy_reward: float = 0.0
    """Reward for each step after which the walker has not fallen."""
    reset_noise: float | None = None
    """Half-width of the noise on the initial positions (m, rad) and velocities (m/s, rad/s) around
    a pose; None if a task starts otherwise."""
    action_range: np.ndarray | None = None
    """(a, 2) lowest and highest actions; None if they are those of the actuators."""
    environment: Callable[[int], "gymnasium.Env"] | None = None
    """Makes the registered environment that the task equals, with a limit of steps; None if there
    is none."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Task(Setting):
    """What a body is asked to do, as functions of MuJoCo's data on many walkers.

    The functions read `qpos`, `qvel`, `ctrl` and the fields that `fields` names.
    """

    observe: Callable[[Fields], np.ndarray]
    """Returns the observations (n, o) float64."""
    reward: Callable[[Fields, Fields, np.ndarray], Parts]
    """Returns the parts of the rewards of a step from the fields of `compared` before it, all
    fields after it, and which walkers have fallen (n) bool. Where a simulation was unstable, the
    fields before are those after, so that nobody earns a leap."""
    start: Callable[["mujoco.MjModel", "mujoco.MjData", int], None]
    """Puts data of the model in the first state of the episode of a seed."""
    combine: Callable[[Parts], np.ndarray] = total
    """Returns the rewards (n) of their parts; the default adds them."""
    fields: tuple[str, ...] = ()
    """Fields of MuJoCo's data that the functions read, besides positions, velocities and controls.
    `cfrc_ext`, the external forces and torques on each part, is computed where it is named."""
    compared: tuple[str, ...] = ()
    """Fields of the state before a step that `reward` reads."""
    stage: str = BEHIND
    """What derived fields describe: `BEHIND`, `VELOCITY` or `ACCELERATION`."""

    @property
    def feels_contacts(self) -> bool:
        """Whether rewards or observations depend on the external forces."""
        return "cfrc_ext" in self.fields


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnEnvironment(Setting):
    """A task that only its own environment can compute, so each walker is one environment."""

    bare: Callable[[], "gymnasium.Env"]
    """Makes the environment without a limit of steps."""
