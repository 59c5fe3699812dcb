"""At which phase of the gait each unit of a layer is active."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def preferred_phases(values: ArrayLike, phase: ArrayLike) -> NDArray[np.float64]:
    """Return the phase (p), 0 to 1, around which each unit is active above its least value.

    `values` (n, p) are of p units, `phase` (n) is 0 to 1 or nan, and rows without a phase do not
    count. It is the circular mean of the phase, weighted by the activity (Fisher 1993, eq. 2.9). It
    is nan for a unit that does not vary, and for all units if no row has a phase.

    Examples
    --------
    >>> import numpy as np
    >>> phase = np.arange(100) / 100
    >>> activity = np.maximum(np.cos(2 * np.pi * (phase - 0.3)), 0)
    >>> preferred_phases(activity[:, None], phase).round(3)
    array([0.3])
    """
    activity, at = np.asarray(values, np.float64), np.asarray(phase, np.float64)
    known = np.isfinite(at)
    if not known.any():
        return np.full(activity.shape[1], np.nan)
    weights = activity[known] - activity[known].min(axis=0)
    mean = np.einsum("np,n->p", weights, np.exp(2j * np.pi * at[known]))
    phases = np.angle(mean) / (2 * np.pi) % 1
    return np.where(weights.max(axis=0) > 0, phases, np.nan)
