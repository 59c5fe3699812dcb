"""Foot contacts: when feet touch the ground, and when they strike it."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import stretches


def foot_strikes(
    contacts: ArrayLike,
    sampling_rate: float,
    *,
    episode_ids: ArrayLike | None = None,
    usable: ArrayLike | None = None,
    briefest: float = 0.024,
    refractory: float = 0.16,
) -> tuple[NDArray[np.int64], ...]:
    """Return for each foot the rows at which it strikes the ground.

    `contacts` (N, feet) bool at `sampling_rate` Hz, cleaned as by `touches` within each stretch
    (see `stretches`); a strike is the first row of a touch that is seen to begin, at least
    `refractory` seconds after the strike before it.
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
    briefest: float = 0.024,
) -> NDArray[np.bool_]:
    """Return the contacts (N, feet) without flicker, False in rows that are not usable.

    Within each stretch (see `stretches`), lifts shorter than `briefest` seconds (three samples at
    125 Hz) are filled, then touches shorter than that are dropped.
    """
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
    cleaned = state.copy()
    edges = np.concatenate(([0], np.flatnonzero(state[1:] != state[:-1]) + 1, [len(state)]))
    for start, stop in pairwise(edges):
        # A run that the recording cuts may have been long, so only whole runs are judged.
        whole = start > 0 and stop < len(state)
        if whole and state[start] == value and stop - start < least:
            cleaned[start:stop] = not value
    return cleaned
