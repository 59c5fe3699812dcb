"""The standardisation of observations that clones share with their expert."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from brainiarb.signals import divisors

# An input that varies less than this is a constant; its rounding errors must not be amplified.
_SMALLEST_STD = 1e-6


class Scaler(NamedTuple):
    """Standardisation of observations: subtract `mean`, divide by `std`, both (o) float64."""

    mean: np.ndarray
    std: np.ndarray


def observation_scaler(arrays: Mapping[str, np.ndarray]) -> Scaler:
    """Return the mean and the standard deviation of the recorded observations, over all rows.

    A dimension whose standard deviation is not above 1e-6 is divided by 1, so that a constant
    becomes zero.
    """
    observations = arrays["observations"].astype(np.float64)
    std = observations.std(axis=0)
    return Scaler(observations.mean(axis=0), divisors(std, _SMALLEST_STD))
