"""A task as an environment of Gymnasium, in which other libraries can train."""

from typing import Any

import gymnasium
import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.walkers import Walkers

_ONLY = np.array([0])


class TaskEnv(gymnasium.Env[np.ndarray, np.ndarray]):
    """One walker in the task of a body; the info of a step holds the parts of its reward.

    Actions have the range of the model's actuators. Episodes end by the fall rule of the task and
    when a simulation is unstable; wrap it in `TimeLimit` to cut them.
    """

    def __init__(self, body: Body) -> None:
        facts = environment_facts(body)
        self._centre, self._half_range = facts.action_centre, facts.action_half_range
        low, high = (
            (self._centre + sign * self._half_range).astype(np.float32) for sign in (-1, 1)
        )
        self.action_space = gymnasium.spaces.Box(low, high, dtype=np.float32)
        self.observation_space = gymnasium.spaces.Box(
            -np.inf, np.inf, (facts.observations,), np.float64
        )
        self._walkers = Walkers(body, 1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; without a seed, the generator of the environment draws one."""
        super().reset(seed=seed)
        start = int(self.np_random.integers(2**32)) if seed is None else seed
        self._walkers.reset(_ONLY, [start])
        return self._walkers.observations()[0], {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Take a step; what lies outside of the action range is cut off."""
        wanted = (np.asarray(action, np.float64) - self._centre) / self._half_range
        step = self._walkers.step(_ONLY, np.clip(wanted, -1, 1)[None])
        parts = {f"reward_{name}": float(values[0]) for name, values in step.parts.items()}
        observation = self._walkers.observations()[0]
        return observation, float(step.rewards[0]), bool(step.terminals[0]), False, parts
