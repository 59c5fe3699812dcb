"""Gait cycles: which full cycle of an episode stands for it, and cycles on a common phase."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.gait.period import rows_by_channels
from brainiarb.signals import z_scored

# A cycle between two events is a full one if its length is within this share of the period.
LENGTH_TOLERANCE = 0.2
PHASES = 101


@dataclass(frozen=True)
class Cycle:
    """One full gait cycle: the rows `start` to `stop` of an episode, `stop` not included.

    Row `stop` is where the next cycle begins, so the pose there should be the one at `start`.
    `anchor` says what the cycle is cut by: `strike` (a foot strikes the ground), `phase` (the
    first principal component of the pose rises through its mean) or `return` (neither was found;
    the stretch of one period that ends most like it began). `distance` is the score that was
    smallest, in standard deviations of the pose, among `n_candidates`.
    """

    start: int
    stop: int
    anchor: str
    distance: float
    n_candidates: int


def choose_cycle(
    pose: ArrayLike,
    seconds: float,
    sampling_rate: float,
    *,
    start: int = 0,
    strikes: Sequence[ArrayLike] | None = None,
) -> Cycle | None:
    """Choose by rule, not by eye, the one full gait cycle of an episode that stands for it.

    `pose` (T, c) are the rows of ONE episode (heights or joint angles), `seconds` its gait period
    as `period` finds it, `start` the first row after the start transient, `strikes` the rows of
    `foot_strikes` for each foot, counted from the episode's first row. The rule:

    1. Cycles are cut at the strikes of one foot, every k-th one: the foot and k whose median
       interval is nearest to the period. Without strikes that fit, they are cut where the first
       principal component of the pose rises through its mean.
    2. A candidate begins at or after `start` and lasts the period within 20 %.
    3. Each is stretched to 101 phases of the z-scored pose; its score is its root mean square
       distance to the median cycle plus that between its first pose and the one it returns to.
       The smallest score wins, the earliest where two are equal.
    4. Where no event fits, every stretch of exactly one period is a candidate and the one with the
       best return wins. None where the period is nan or the rows hold less than one cycle.
    """
    x = rows_by_channels(pose, "pose")
    if start < 0:
        raise Refused(f"expected start to be a row of the episode, found {start}; use 0 or more")
    length = seconds * sampling_rate
    if not np.isfinite(length) or len(x) - start <= round(length):
        return None
    z = z_scored(x, reference=x[start:])
    groups = [] if strikes is None else [np.asarray(foot, dtype=np.int64) for foot in strikes]
    for anchor, events in (("strike", groups), ("phase", [_phase_events(z, start, length)])):
        candidates = _between_events(events, start, length, len(z))
        if len(candidates):
            return _most_typical(z, candidates, anchor)
    return _best_return(z, start, round(length))


def time_normalise(values: NDArray[np.float64], cycles: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each cycle of `values` (N, c) stretched to 101 phases: (cycles, 101, c).

    `cycles` (n, 2) are the rows where each begins and where the next one does; between rows the
    values are interpolated linearly.
    """
    at = np.linspace(cycles[:, 0], cycles[:, 1], PHASES, axis=1)
    below = np.minimum(at.astype(np.int64), len(values) - 2)
    share = (at - below)[..., None]
    return (1 - share) * values[below] + share * values[below + 1]


def _between_events(
    groups: Sequence[NDArray[np.int64]], start: int, length: float, n_rows: int
) -> NDArray[np.int64]:
    best: NDArray[np.int64] = np.empty((0, 2), dtype=np.int64)
    nearest = np.inf
    for events in groups:
        inside = events[(events >= start) & (events < n_rows)]
        for k in range(1, min(len(inside), 9)):
            pairs = np.stack([inside[:-k], inside[k:]], axis=1)
            lengths = pairs[:, 1] - pairs[:, 0]
            fitting = np.abs(lengths - length) <= LENGTH_TOLERANCE * length
            off = abs(float(np.median(lengths)) - length)
            if fitting.any() and off < nearest:
                best, nearest = pairs[fitting], off
    return best


def _phase_events(z: NDArray[np.float64], start: int, length: float) -> NDArray[np.int64]:
    centred = z[start:] - z[start:].mean(axis=0)
    # einsum sums in one order whatever the number of BLAS threads.
    _, axes = np.linalg.eigh(np.einsum("ti,tj->ij", centred, centred))
    axis = axes[:, -1] * np.sign(axes[np.argmax(np.abs(axes[:, -1])), -1])
    wave = np.einsum("ti,i->t", centred, axis)
    # A Hann window of half a cycle takes out ripples that would cross the mean several times.
    window = np.hanning(max(3, round(length / 2)) + 2)[1:-1]
    if len(window) >= len(wave):
        return np.empty(0, dtype=np.int64)
    smooth = np.convolve(wave, window / window.sum(), mode="same")
    return np.flatnonzero((smooth[1:] >= 0) & (smooth[:-1] < 0)) + 1 + start


def _most_typical(z: NDArray[np.float64], candidates: NDArray[np.int64], anchor: str) -> Cycle:
    cycles = time_normalise(z, candidates)
    typical = np.sqrt(((cycles - np.median(cycles, axis=0)) ** 2).mean(axis=(1, 2)))
    closing = np.sqrt(((cycles[:, -1] - cycles[:, 0]) ** 2).mean(axis=1))
    score = typical + closing
    chosen = int(np.argmin(score))
    first, last = (int(row) for row in candidates[chosen])
    return Cycle(first, last, anchor, float(score[chosen]), len(candidates))


def _best_return(z: NDArray[np.float64], start: int, length: int) -> Cycle:
    gap = np.sqrt(((z[start + length :] - z[start : len(z) - length]) ** 2).mean(axis=1))
    chosen = int(np.argmin(gap))
    first = start + chosen
    return Cycle(first, first + length, "return", float(gap[chosen]), len(gap))
