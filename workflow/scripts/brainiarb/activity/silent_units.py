"""Silent units: hidden units that are active in almost none of the states that a network is shown.

Training by reinforcement leaves units that no longer respond (dormant neurons: Sokar et al. 2023).
A unit is silent here by how often it is active and not by how strongly, so that the scale of units,
which can change without a change of the network's function, plays no part.
"""

import numpy as np

from brainiarb.errors import Refused

RARE = 0.01
"""A unit is silent if it is active in less than this share of the states."""


def silent_share(units: np.ndarray) -> float:
    """Return the share of the units (columns of (n, p)) that are above 0 in less than 1 % of rows.

    Values may be those before or after a ReLU. 0 to 1; nan without rows or units, and if a value is
    nan or infinite. Raises Refused for anything but two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> always, seldom, never = np.ones(200), np.arange(200) == 7, np.full(200, -3.0)
    >>> silent_share(np.column_stack([always, seldom, never, always]))
    0.5
    """
    units = np.asarray(units)
    if units.ndim != 2:
        raise Refused(
            f"expected units (states, units), found shape {units.shape}; give a row per state and "
            "a column per unit"
        )
    if not units.size or not np.isfinite(units).all():
        return float("nan")
    return float(np.mean(np.mean(units > 0, axis=0) < RARE))
