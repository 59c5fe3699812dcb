"""The environment of training: the body's own, whose episodes end by the rule of recordings."""

from typing import Any, SupportsFloat

import gymnasium
import numpy as np

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
