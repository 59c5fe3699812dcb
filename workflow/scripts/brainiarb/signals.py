"""Signals: scaling and principal axes, which analyses of movement and of activity share."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def divisors(deviations: NDArray[np.float64], smallest: float = 0.0) -> NDArray[np.float64]:
    """Return deviations with 1 in the place of each that is not above `smallest`.

    A constant signal, centred and divided by 1, is 0: neither nan nor magnified rounding.
    """
    return np.where(deviations > smallest, deviations, 1.0)


def z_scored(signals: ArrayLike, reference: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return signals (n, c) in float64, less the mean and over the standard deviation, by column.

    Mean and deviation are those of the rows of `reference` (m, c), which are the signals unless
    given. A column without variance is only centred.
    """
    values = np.asarray(signals, dtype=np.float64)
    rows = values if reference is None else np.asarray(reference, dtype=np.float64)
    return (values - rows.mean(axis=0)) / divisors(rows.std(axis=0))


def principal_axes(centred: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the axes (c, k) of most variance of centred signals (n, c), k = `count` at most.

    The first axis has the most variance; the sign of an axis is arbitrary.
    """
    # einsum sums in one order whatever the number of BLAS threads.
    _, axes = np.linalg.eigh(np.einsum("ti,tj->ij", centred, centred))
    return axes[:, ::-1][:, :count]
