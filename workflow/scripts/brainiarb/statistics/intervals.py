"""Intervals from drawn values, such as the replicates of a bootstrap, and their name in texts."""

import numpy as np


def central_interval(values: np.ndarray, alpha: float) -> tuple[float, float]:
    """Return the bounds between which the central share 1 - `alpha` of values (n) lies.

    An equal share of the values lies below and above. Values that are not finite are left out; the
    bounds are nan if no value is left.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.nan, np.nan
    low, high = np.quantile(finite, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def percent(alpha: float) -> str:
    """Return the confidence of intervals that hold 1 - `alpha`, such as "95 %" for 0.05."""
    return f"{100 * (1 - alpha):g} %"
