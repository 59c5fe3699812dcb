"""Functional similarity: how alike two policies act on the same states, whatever computes it.

| measure              | compares, averaged over states                                          |
|----------------------|-------------------------------------------------------------------------|
| `action_mse`         | mean actions, squared difference averaged over the joints               |
| `action_r2`          | mean actions, share of the expert's variance that the other explains    |
| `head_kl`            | Gaussians before the tanh: divergence of the other from the expert      |
| `mean_kl`            | the same if the other had the expert's spread: the part due to means    |

The demonstrations are the expert's mean action under uniform noise, so that the spread of a clone's
Gaussian is the noise it was shown, not the expert's: `head_kl` mixes both, `mean_kl` leaves it out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from brainiarb.actors.layers import LOG_STD_MAX, LOG_STD_MIN
from brainiarb.similarity.pairs import Layers, Recording, matched
from brainiarb.statistics.measures import measure_rows

UNITS = {"action_mse": "1", "action_r2": "1", "head_kl": "nat", "mean_kl": "nat"}
"""Of each measure; actions are shares of the half-range, so that their MSE has none."""


class Gaussian(NamedTuple):
    """Diagonal Gaussians of n states, before the tanh: mean and log standard deviation (n, a)."""

    mean: np.ndarray
    log_std: np.ndarray


def head(layers: Layers) -> Gaussian:
    """Return the Gaussians of recorded layers, float64, the log standard deviation clamped."""
    log_std = np.clip(layers["log_std_linear"].astype(np.float64), LOG_STD_MIN, LOG_STD_MAX)
    return Gaussian(layers["mean_linear"].astype(np.float64), log_std)


def action_mse(expert: np.ndarray, other: np.ndarray) -> float:
    """Return the mean squared difference of actions (n, a) in [-1, 1]: 0 to 4, nan without rows."""
    return float(np.mean((expert - other) ** 2)) if len(expert) else np.nan


def r2(expected: np.ndarray, found: np.ndarray) -> float:
    """Return 1 - (squared error) / (squared deviation of what is expected from its mean).

    Errors and deviations (n, p) are summed over rows and columns: at most 1, 0 for the mean in
    every row, below for worse; nan where nothing varies.
    """
    deviation = np.sum((expected - expected.mean(axis=0)) ** 2) if len(expected) else 0.0
    return float(1 - np.sum((expected - found) ** 2) / deviation) if deviation else np.nan


def gaussian_kl(first: Gaussian, second: Gaussian) -> float:
    """Return KL(first || second) in nats, summed over actions and averaged over states.

    sum_a [ln(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2]: at least 0, nan without rows. That
    of the actions is the same, since one tanh is applied to both (Kullback and Leibler 1951, 4).
    """
    if not len(first.mean):
        return np.nan
    spread = 2 * (first.log_std - second.log_std)
    shift = (first.mean - second.mean) ** 2 * np.exp(-2 * second.log_std)
    return float(np.mean(np.sum(np.expm1(spread) - spread + shift, axis=1)) / 2)


def compare_heads(expert: Gaussian, other: Gaussian) -> dict[str, float]:
    """Return every measure of this module for two policies on the same states."""
    actions = np.tanh(expert.mean), np.tanh(other.mean)
    return {
        "action_mse": action_mse(*actions),
        "action_r2": r2(*actions),
        "head_kl": gaussian_kl(expert, other),
        "mean_kl": gaussian_kl(expert, Gaussian(other.mean, expert.log_std)),
    }


def compare_functions(
    expert: Recording, others: Sequence[Recording], name: str, who: str, level: int
) -> pd.DataFrame:
    """Tabulate how alike an expert acts with each of other networks in the same states.

    `name` holds the place of the measure's, as `{}_expert` on the expert's states; `who` is the
    expert and `level` that of the networks. Rows as `measures.measure_rows` gives them. Raises
    ValueError where recordings are of other states.
    """
    acted, *acting = map(head, matched([expert, *others]))
    found = [compare_heads(acted, other) for other in acting]
    why = "undefined: no variance" if len(acted.mean) else "undefined: no rows"
    return pd.concat(
        [
            measure_rows(
                who,
                level,
                name.format(measure),
                unit,
                {k: one[measure] for k, one in enumerate(found)},
                {k: why for k, one in enumerate(found) if np.isnan(one[measure])},
            )
            for measure, unit in UNITS.items()
        ],
        ignore_index=True,
    )
