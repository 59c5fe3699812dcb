"""Gait cycles: which full cycle of an episode stands for it, and cycles on a common phase."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.gait.period import rows_by_channels
from brainiarb.signals import principal_axes, z_scored

# A cycle between two events is a full one if its length is within this share of the period.
LENGTH_TOLERANCE = 0.2
PHASES = 101
# The most strikes of one foot in a full cycle of the posture.
MOST_STRIKES = 8


@dataclass(frozen=True)
class Cycle:
    """One full gait cycle: the rows `start` to `stop` of an episode, `stop` not included."""

    start: int
    stop: int
    """The row at which the next cycle begins, so that the pose should be that of `start`."""
    anchor: str
    """By what the cycle is cut: `strike` (a foot strikes the ground), `phase` (the first principal
    component of the pose rises through its mean) or `return` (neither was found; the stretch of one
    period that ends most like it began)."""
    distance: float
    """The score of the cycle, in standard deviations of the pose: the smallest of all."""
    n_candidates: int


def choose_cycle(
    pose: ArrayLike,
    seconds: float,
    sampling_rate: float,
    *,
    start: int = 0,
    strikes: Sequence[ArrayLike] | None = None,
) -> Cycle | None:
    """Choose the full gait cycle that stands for an episode, by rule and not by eye.

    `pose` (T, c) holds heights or joint angles of one episode, `seconds` is its gait period,
    `start` the first row after the start transient, `strikes` the strikes of each foot
    (`foot_strikes`), counted from the episode's first row. The rule:

    1. Cycles are cut at every k-th strike of a foot. Foot and k are those whose median interval is
       nearest to the period. If no strikes fit, cycles are cut where the first principal component
       of the pose rises through its mean.
    2. A candidate begins at or after `start` and lasts the period within 20 %.
    3. Each candidate is stretched to 101 phases of the z-scored pose. Its score is the root mean
       square distance to the median cycle, plus that between its first pose and the pose to which
       it returns. The smallest score wins, and of equal scores the earliest.
    4. If no event fits, every stretch of exactly one period is a candidate, and the stretch that
       returns best wins.

    Returns None if the period is nan, infinite or shorter than a row, if the rows hold less than
    one cycle, if a number of the pose is nan or infinite, and if the pose does not move. Raises
    Refused for a negative start.
    """
    x = rows_by_channels(pose, "pose")
    if start < 0:
        raise Refused(f"expected start to be a row of the episode, found {start}; use 0 or more")
    length = seconds * sampling_rate
    if not 1 <= length < np.inf or len(x) - start <= round(length):
        return None
    if not np.isfinite(x).all() or not np.ptp(x[start:], axis=0).any():
        return None
    z = z_scored(x, reference=x[start:])
    groups = [] if strikes is None else [np.asarray(foot, dtype=np.int64) for foot in strikes]
    for anchor, events in (("strike", groups), ("phase", [_phase_events(z, start, length)])):
        candidates = _between_events(events, start, length, len(z))
        if len(candidates):
            return _most_typical(z, candidates, anchor)
    return _best_return(z, start, round(length))


def time_normalise(values: NDArray[np.float64], cycles: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each cycle of `values` (N, c) stretched to 101 phases: (n, 101, c).

    `cycles` (n, 2) are the rows at which each cycle and the next one begin. Between rows the values
    are interpolated linearly; nan stays nan.
    """
    at = np.linspace(cycles[:, 0], cycles[:, 1], PHASES, axis=1)
    below = np.minimum(at.astype(np.int64), len(values) - 2)
    share = (at - below)[..., None]
    return (1 - share) * values[below] + share * values[below + 1]


def _between_events(
    groups: Sequence[NDArray[np.int64]], start: int, length: float, n_rows: int
) -> NDArray[np.int64]:
    """Return cycles (n, 2) of about `length` rows between events of the group that fits best."""
    best: NDArray[np.int64] = np.empty((0, 2), dtype=np.int64)
    nearest = np.inf
    for events in groups:
        inside = events[(events >= start) & (events < n_rows)]
        for k in range(1, min(len(inside) - 1, MOST_STRIKES) + 1):
            pairs = np.stack([inside[:-k], inside[k:]], axis=1)
            lengths = pairs[:, 1] - pairs[:, 0]
            fitting = np.abs(lengths - length) <= LENGTH_TOLERANCE * length
            difference = abs(float(np.median(lengths)) - length)
            if fitting.any() and difference < nearest:
                best, nearest = pairs[fitting], difference
    return best


def _phase_events(z: NDArray[np.float64], start: int, length: float) -> NDArray[np.int64]:
    """Return the rows at which the first principal component of the pose rises through its mean."""
    centred = z[start:] - z[start:].mean(axis=0)
    axis = principal_axes(centred, 1)[:, 0]
    axis = axis * np.sign(axis[np.argmax(np.abs(axis))])
    wave = np.einsum("ti,i->t", centred, axis)
    # A Hann window of half a cycle takes out ripples that would cross the mean several times.
    window = np.hanning(max(3, round(length / 2)) + 2)[1:-1]
    if len(window) >= len(wave):
        return np.empty(0, dtype=np.int64)
    smooth = np.convolve(wave, window / window.sum(), mode="same")
    return np.flatnonzero((smooth[1:] >= 0) & (smooth[:-1] < 0)) + 1 + start


def _most_typical(z: NDArray[np.float64], candidates: NDArray[np.int64], anchor: str) -> Cycle:
    """Return the candidate nearest to the median cycle that also returns to its first pose."""
    cycles = time_normalise(z, candidates)
    typical = np.sqrt(((cycles - np.median(cycles, axis=0)) ** 2).mean(axis=(1, 2)))
    closing = np.sqrt(((cycles[:, -1] - cycles[:, 0]) ** 2).mean(axis=1))
    score = typical + closing
    chosen = int(np.argmin(score))
    first, last = (int(row) for row in candidates[chosen])
    return Cycle(first, last, anchor, float(score[chosen]), len(candidates))


def _best_return(z: NDArray[np.float64], start: int, length: int) -> Cycle:
    """Return the stretch of `length` rows that ends most like it began."""
    gap = np.sqrt(((z[start + length :] - z[start : len(z) - length]) ** 2).mean(axis=1))
    chosen = int(np.argmin(gap))
    first = start + chosen
    return Cycle(first, first + length, "return", float(gap[chosen]), len(gap))
