"""The environment of training: the body's own, whose episodes end by the rule of recordings.

A training that was interrupted brings its environments back where they were.
"""

from typing import Any, SupportsFloat

import gymnasium
import numpy as np
import torch

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts, make_env, task_of
from brainiarb.bodies.task import Task


class RuledByFalls(gymnasium.Wrapper):
    """An environment whose episodes end, and whose healthy steps are rewarded, by our fall rule.

    While the rule is the environment's own, every number is the environment's own to the bit.
    """

    def __init__(self, env: gymnasium.Env, body: Body) -> None:
        super().__init__(env)
        facts = environment_facts(body)
        self._rule, self._healthy_reward = facts.fall, facts.healthy_reward

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Take a step; the walker has fallen if the rule says so of the state that follows."""
        observation, reward, _, truncated, info = self.env.step(action)
        data = self.unwrapped.data  # type: ignore[attr-defined]
        fallen = bool(self._rule.fallen(np.concatenate((data.qpos, data.qvel))[None])[0])
        alive = self._healthy_reward * (not fallen)
        reward = float(reward) + (alive - info.get("reward_survive", 0.0))
        info |= {"reward_survive": alive}
        return observation, reward, fallen and self._rule.ends_episode, truncated, info


def training_env(body: Body) -> gymnasium.Env:
    """Make an environment of the body for training."""
    env, task = make_env(body), task_of(body)
    # Our own environment of a task ends its episodes by the rule already, and where a task is only
    # its environment, that one has the rule.
    ruled = isinstance(task, Task) and task.environment is not None
    return RuledByFalls(env, body) if ruled else env


class Retraced(gymnasium.Wrapper):
    """An environment that remembers how its episode began and the actions in it.

    From them, `retrace` brings another environment of the same kind into exactly this state,
    whatever that state consists of: positions, warm start of the solver, derived quantities, random
    numbers and counts of wrappers.
    """

    def __init__(self, env: gymnasium.Env) -> None:
        super().__init__(env)
        self._start: dict[str, Any] = {}
        self._actions: list[np.ndarray] = []

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        known = seed is not None
        numbers = None if known else self.unwrapped.np_random.bit_generator.state
        self._start, self._actions = {"seed": seed, "random": numbers}, []
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Take a step."""
        self._actions.append(np.array(action))
        return self.env.step(action)

    def trace(self) -> dict[str, Any]:
        """Return how the episode began and its actions (n, a)."""
        actions = np.array(self._actions) if self._actions else np.zeros(0)
        return {**self._start, "actions": torch.from_numpy(actions)}

    def retrace(self, trace: dict[str, Any]) -> Any:
        """Go the way of a trace; return the observation at its end."""
        if trace["random"] is not None:
            self.unwrapped.np_random.bit_generator.state = trace["random"]
        observation, _ = self.reset(seed=trace["seed"])
        for action in trace["actions"].numpy():
            observation, *_ = self.step(action)
        return observation
