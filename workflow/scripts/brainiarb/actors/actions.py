"""Actions: how far the actions of one policy are from those of another."""

import numpy as np


def action_mse(expert: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Return the mean squared difference of actions (..., n, a) in [-1, 1] from an expert's (n, a).

    Actions are shares of the half-range of the actuators. 0 to 4, averaged over states and joints,
    in float64; nan without states.
    """
    difference = actions.astype(np.float64) - expert
    if not difference.shape[-2]:
        return np.full(difference.shape[:-2], np.nan)
    return np.square(difference).mean(axis=(-2, -1))
