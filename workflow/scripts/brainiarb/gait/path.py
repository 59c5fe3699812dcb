"""The path of a body that can turn: how far it has walked, wherever it is heading."""

import numpy as np
from numpy.typing import NDArray

HEADING_SECONDS = 1.0
"""The stretch (s) of a path over which its heading is found, so that sway is no way."""


def along_path(places: NDArray[np.float64], sampling_rate: float) -> NDArray[np.float64]:
    """Return how far (T) in m a body has walked along its path through `places` (T, 2) in m.

    Each step counts by its part along the heading. The heading is the direction from the place half
    a second before to the place half a second later, as far as the path reaches. On a straight
    path it is the distance along the line, whatever sways across it.

    Examples
    --------
    >>> angle = np.linspace(0, np.pi, 500)
    >>> half_circle = 2 * np.column_stack([np.cos(angle), np.sin(angle)])
    >>> round(float(along_path(half_circle, 50)[-1]), 1)
    6.3
    """
    if len(places) < 2:
        return np.zeros(len(places))
    reach = max(1, round(HEADING_SECONDS / 2 * sampling_rate))
    rows = np.arange(len(places))
    ends = [np.clip(rows[:-1] + shift, 0, rows[-1]) for shift in (-reach, 1 + reach)]
    heading = places[ends[1]] - places[ends[0]]
    lengths = np.linalg.norm(heading, axis=1, keepdims=True)
    unit = np.divide(heading, lengths, out=np.zeros_like(heading), where=lengths > 0)
    steps = (np.diff(places, axis=0) * unit).sum(axis=1)
    return np.concatenate([[0.0], steps.cumsum()])
