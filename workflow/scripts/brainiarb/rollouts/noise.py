"""The noise of demonstrations: its level, and its meaning, which says where the noise is added.

| meaning       | noise is added to                    | the walk is | a clone learns            |
|---------------|--------------------------------------|-------------|---------------------------|
| `executed`    | the action                           | disturbed   | the noisy action          |
| `clean_label` | the action                           | disturbed   | the clean action          |
| `label`       | the action that the clone learns     | undisturbed | the noisy action          |
| `observation` | the observation that the clone sees  | undisturbed | from the noisy observation|

`executed` is the meaning in the study. `clean_label` is DART (Laskey et al. 2017, CoRL).
Noise on actions is uniform on +-level/100 of the half-range, and noisy actions are clipped.
Noise on observations is normal; in each dimension its standard deviation is level/100 of that of
the observations.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import LEARNING_DTYPES, Rollouts


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise of a level in percent, with its meaning."""

    level: float = 0.0
    meaning: str = "executed"
    observation_std: np.ndarray | None = None
    """(o) standard deviation of each observed dimension, for noise on observations."""

    def __post_init__(self) -> None:
        """Refuse an unknown meaning, a negative level and a missing standard deviation."""
        if self.meaning not in MEANINGS:
            raise Refused(
                f"noise meaning {self.meaning!r} is not known; use one of {', '.join(MEANINGS)}"
            )
        if not self.level >= 0:
            raise Refused(f"noise level {self.level} must be a percentage of at least 0")
        if MEANINGS[self.meaning].on_observations and self.observation_std is None:
            raise Refused("noise on observations needs observation_std of the expert's rollouts")

    @property
    def scale(self) -> float:
        """The half-width of noise on actions, in half-ranges."""
        return self.level / 100

    @property
    def executed(self) -> bool:
        """Whether the walker executes the noisy actions."""
        return MEANINGS[self.meaning].executed


@dataclass(frozen=True)
class Walked:
    """A recording of demonstrations, and the random numbers that belong to its rows."""

    arrays: Rollouts
    """The arrays of every recording."""
    action_noise: np.ndarray
    """(N, a) the noise on the action of every row, whether or not it was executed."""
    draws: list[np.random.Generator]
    """The generator of every agent, after the noise on actions was drawn from it."""


Learn = Callable[[Walked, Noise], tuple[np.ndarray, np.ndarray]]
"""A recording and its noise -> the inputs (N, o) and the labels (N, a) that a clone learns."""


@dataclass(frozen=True)
class Meaning:
    """What noise disturbs, and what a clone learns from the disturbed walk."""

    executed: bool
    """Whether the walker executes the noisy actions."""
    learn: Learn
    """Returns what a clone learns."""
    on_observations: bool = False
    """Whether the noise is on observations, and so in units of their standard deviations."""


def _executed_actions(walked: Walked, _noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    return walked.arrays["observations"], walked.arrays["actions"]


def _clean_actions(walked: Walked, _noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    return walked.arrays["observations"], walked.arrays["actions_clean"]


def _noisy_labels(walked: Walked, _noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    noisy = np.clip(walked.arrays["actions"] + walked.action_noise, -1, 1)
    return walked.arrays["observations"], noisy


def _noisy_inputs(walked: Walked, noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    observations = walked.arrays["observations"]
    rows = np.bincount(walked.arrays["clone_ids"], minlength=len(walked.draws))
    unit = np.concatenate(
        [
            draw.normal(size=(n, observations.shape[1]))
            for draw, n in zip(walked.draws, rows, strict=True)
        ]
    )
    noisy = observations + noise.level / 100 * np.asarray(noise.observation_std) * unit
    return noisy, walked.arrays["actions"]


MEANINGS = {
    "executed": Meaning(executed=True, learn=_executed_actions),
    "clean_label": Meaning(executed=True, learn=_clean_actions),
    "label": Meaning(executed=False, learn=_noisy_labels),
    "observation": Meaning(executed=False, learn=_noisy_inputs, on_observations=True),
}
"""The registry of meanings. The schema of the config lists the same names."""


def with_learnt(walked: Walked, noise: Noise) -> Rollouts:
    """Return a recording with the arrays that a clone learns from: `inputs` and `labels`."""
    inputs, labels = MEANINGS[noise.meaning].learn(walked, noise)
    learnt = {"inputs": inputs, "labels": labels}
    return walked.arrays | {name: learnt[name].astype(LEARNING_DTYPES[name]) for name in learnt}
