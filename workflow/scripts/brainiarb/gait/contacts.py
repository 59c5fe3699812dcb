"""Foot contacts: when feet touch the ground, and when they strike it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import stretches

# Shorter touches and lifts (s) are flicker: three samples at 125 Hz.
BRIEFEST = 0.024


def foot_strikes(
    contacts: ArrayLike,
    sampling_rate: float,
    *,
    episode_ids: ArrayLike | None = None,
    usable: ArrayLike | None = None,
    briefest: float = BRIEFEST,
    refractory: float = 0.16,
) -> tuple[NDArray[np.int64], ...]:
    """Return for each foot the rows at which it strikes the ground.

    `contacts` (N, feet) bool at `sampling_rate` Hz are cleaned by `touches`. A strike is the first
    row of a touch whose beginning was recorded, at least `refractory` seconds after the strike
    before it. Episodes (`episode_ids`, N) and rows that are left out (`usable`, N bool) break the
    series.

    Examples
    --------
    >>> import numpy as np
    >>> from brainiarb.gait.contacts import foot_strikes
    >>> phase = np.arange(300) / 125.0 / 0.8 % 1
    >>> contacts = np.column_stack([phase < 0.5, (phase > 0.25) & (phase < 0.75)])
    >>> right, left = foot_strikes(contacts, 125.0)
    >>> right.tolist(), left.tolist()
    ([100, 200], [26, 126, 226])
    """
    clean = touches(
        contacts, sampling_rate, episode_ids=episode_ids, usable=usable, briefest=briefest
    )
    feet = []
    for touching in clean.T:
        strikes: list[int] = []
        for rows in stretches(len(clean), episode_ids, usable):
            last = -np.inf
            for rise in np.flatnonzero(touching[rows][1:] & ~touching[rows][:-1]) + 1:
                if rise - last >= refractory * sampling_rate:
                    strikes.append(rows.start + int(rise))
                    last = float(rise)
        feet.append(np.array(strikes, dtype=np.int64))
    return tuple(feet)


def touches(
    contacts: ArrayLike,
    sampling_rate: float,
    *,
    episode_ids: ArrayLike | None = None,
    usable: ArrayLike | None = None,
    briefest: float = BRIEFEST,
) -> NDArray[np.bool_]:
    """Return the contacts (N, feet) without flicker, False in rows that are not usable.

    Within each unbroken stretch of rows, lifts shorter than `briefest` seconds are filled, then
    shorter touches are dropped. Raises Refused for contacts that are no mask of bool and for a
    sampling rate that is no positive number.
    """
    if not 0 < sampling_rate < np.inf:
        raise Refused(
            f"expected a sampling rate above 0 Hz, found {sampling_rate}; pass rows per second"
        )
    touching = np.asarray(contacts)
    if touching.ndim != 2 or touching.dtype != bool:
        raise Refused(
            "expected contacts of shape (rows, feet) and type bool, found shape "
            f"{touching.shape} and type {touching.dtype}; threshold the forces first"
        )
    least = max(1, round(briefest * sampling_rate))
    clean = np.zeros_like(touching)
    for rows in stretches(len(touching), episode_ids, usable):
        for foot in range(touching.shape[1]):
            filled = _without_short_runs(touching[rows, foot], False, least)
            clean[rows, foot] = _without_short_runs(filled, True, least)
    return clean


def _without_short_runs(state: NDArray[np.bool_], value: bool, least: int) -> NDArray[np.bool_]:
    """Return states (T) whose runs of `value` that are shorter than `least` rows are inverted."""
    cleaned = state.copy()
    for run in stretches(len(state), state):
        # A run that the recording cuts may have been long, so only whole runs are judged.
        whole = run.start > 0 and run.stop < len(state)
        if whole and state[run.start] == value and run.stop - run.start < least:
            cleaned[run] = not value
    return cleaned
