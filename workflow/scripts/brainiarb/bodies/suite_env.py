"""An environment of dm_control's suite, in the form that Gymnasium's MuJoCo environments have."""

import tempfile
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np


class SuiteEnv(gymnasium.Env[np.ndarray, np.ndarray]):
    """A task of the suite, such as `walker-walk`; its episodes have no limit of time.

    An observation is the blocks of dm_control's observation, one after the other. Raises
    ModuleNotFoundError if dm_control is not installed, and ValueError if the suite has no such
    task.
    """

    def __init__(self, task: str) -> None:
        self._names = task.partition("-")[::2]
        self._env = self._loaded(seed=0)
        # MuJoCo writes the model that it read last.
        import mujoco

        self._folder = tempfile.TemporaryDirectory()
        self.fullpath = str(Path(self._folder.name, "model.xml"))
        """The file of the model."""
        mujoco.mj_saveLastXML(self.fullpath, self.model)
        actions = self._env.action_spec()
        self.action_space = gymnasium.spaces.Box(
            actions.minimum.astype(np.float32), actions.maximum.astype(np.float32)
        )
        first = self._env.reset().observation
        self.observation_names = [
            f"{name} {number}" for name, block in first.items() for number in range(np.size(block))
        ]
        """The name of each number of an observation."""
        size = len(self.observation_names)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float64)
        self.frame_skip = round(self._env.control_timestep() / self._env.physics.timestep())

    @property
    def model(self) -> Any:
        """Return MuJoCo's model."""
        return self._env.physics.model.ptr

    @property
    def data(self) -> Any:
        """Return MuJoCo's data."""
        return self._env.physics.data.ptr

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; without a seed, the generator of the environment draws one."""
        super().reset(seed=seed)
        self._env = self._loaded(int(self.np_random.integers(2**32)) if seed is None else seed)
        return _flat(self._env.reset()), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Take a step; the episode has ended where dm_control discounts what follows by 0."""
        taken = self._env.step(action)
        return _flat(taken), float(taken.reward), taken.discount == 0, False, {}

    def _loaded(self, seed: int) -> Any:
        from dm_control import suite

        return suite.load(*self._names, task_kwargs={"random": seed, "time_limit": np.inf})


def _flat(step: Any) -> np.ndarray:
    return np.concatenate([np.ravel(block) for block in step.observation.values()])
