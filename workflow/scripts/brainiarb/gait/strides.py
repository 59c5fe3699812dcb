"""Strides: where each begins, how regular they are, and whether the gait returns to itself.

A stride is one full gait cycle, from one anchor to the next. Anchors are strikes of ONE foot, every
k-th one, because a walker may step 2:1. Terms as in Perry & Burnfield, Gait Analysis (2010).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import butter, hilbert, sosfiltfilt

from brainiarb.signals import z_scored
from brainiarb.statistics.intervals import central_interval

# A foot keeps the gait's rhythm if the median interval of its anchors is this near to the period.
SAME_RHYTHM = 0.1
MOST_STRIKES = 8
# An interval is a stride if it lasts between these shares of the period; others are gaps.
STRIDE_RANGE = (0.5, 1.5)
# Below this share of explained variance a return map says nothing, and is refused.
LEAST_FIT = 0.3
COMPONENTS = 5
# A map of six unknowns for each component needs several strides for each of them.
LEAST_PAIRS = 4 * (COMPONENTS + 1)


@dataclass(frozen=True)
class Anchor:
    """What begins a stride: every `every`-th strike of a foot."""

    foot: int
    every: int


@dataclass(frozen=True)
class ReturnMap:
    """How a disturbance at one anchor is found at the next.

    `eigenvalue` is the largest modulus of the map's eigenvalues (below 1: disturbances fade), with
    a bootstrap interval from `low` to `high`; all three are nan where the map is refused, and
    `note` says why. `fit` is the adjusted R^2, of `n_pairs` pairs of anchors.
    """

    eigenvalue: float
    low: float
    high: float
    fit: float
    n_pairs: int
    note: str


def find_anchor(episodes: Sequence[Sequence[ArrayLike]], length: float) -> Anchor | None:
    """Return the foot and the number of strikes that a gait cycle of `length` rows begins with.

    `episodes` holds for each episode the strikes of each foot (`gait.foot_strikes`). The fewest
    strikes k are taken with which the median interval of some foot's every k-th strike is within
    10 % of the cycle, and the foot whose interval is nearest to it; None where none is.
    """
    for every in range(1, MOST_STRIKES + 1):
        found = []
        for foot, strikes in enumerate(zip(*episodes, strict=True)):
            rows = [np.asarray(one) for one in strikes]
            intervals = np.concatenate([one[every:] - one[:-every] for one in rows])
            if len(intervals):
                found.append((abs(float(np.median(intervals)) - length), foot))
        if found and min(found)[0] <= SAME_RHYTHM * length:
            return Anchor(min(found)[1], every)
    return None


def cut_strides(strikes: ArrayLike, every: int, length: float) -> tuple[NDArray[np.int64], int]:
    """Return the rows (n, 2) where strides begin and end, and how many intervals were none.

    `strikes` are those of the anchor's foot in one episode. A stride lasts 0.5 to 1.5 times
    `length`; after an interval that does not, counting starts anew at the next strike, so that one
    missed strike does not shift all that follow.
    """
    rows = np.asarray(strikes, dtype=np.int64)
    low, high = (share * length for share in STRIDE_RANGE)
    found, gaps, at = [], 0, 0
    while at + every < len(rows):
        if low <= rows[at + every] - rows[at] <= high:
            found.append((rows[at], rows[at + every]))
            at += every
        else:
            gaps += 1
            at += 1
    return np.array(found, dtype=np.int64).reshape(-1, 2), gaps


def stride_phase(n_rows: int, strides: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the phase (n_rows) of each row: 0 at an anchor, linear up to 1, nan out of strides."""
    phase = np.full(n_rows, np.nan)
    for start, stop in strides:
        phase[start:stop] = np.arange(stop - start) / (stop - start)
    return phase


def hilbert_phase(pose: ArrayLike, seconds: float, sampling_rate: float) -> NDArray[np.float64]:
    """Return the phase (N), 0 to 1, of the pose's first principal component about the period.

    `pose` (N, c) is one episode; z-scored, then band-passed without delay (Butterworth, 4th order,
    0.5 to 1.5 times the gait's frequency) before Hilbert's transform. It needs no contacts.
    """
    z = z_scored(pose)
    # einsum sums in one order whatever the number of BLAS threads.
    _, axes = np.linalg.eigh(np.einsum("ti,tj->ij", z, z))
    wave = np.einsum("ti,i->t", z, axes[:, -1])
    band = np.array([0.5, 1.5]) / seconds
    filters = butter(4, band, "bandpass", fs=sampling_rate, output="sos")
    return np.angle(hilbert(sosfiltfilt(filters, wave))) / (2 * np.pi) % 1


def circular_mean(phases: ArrayLike) -> tuple[float, float]:
    """Return the mean of phases (0 to 1) on the circle and its concentration R.

    R is 0 where they lie anywhere and 1 where all are equal (Fisher 1993, eq. 2.9); nan of none.
    """
    p = np.asarray(phases, dtype=np.float64)
    if not len(p):
        return float("nan"), float("nan")
    mean = np.exp(2j * np.pi * p).mean()
    return float(np.angle(mean) / (2 * np.pi) % 1), float(np.abs(mean))


def symmetry_index(values: ArrayLike) -> float:
    """Return 200 |a - b| / (a + b) in percent, of several feet that of the two most unlike.

    0: all alike; 200: one of them is 0. nan with fewer than two, or where all are 0.
    (Robinson et al. 1987, eq. 1.)
    """
    x = np.asarray(values, dtype=np.float64)
    if len(x) < 2 or not x.max() + x.min() > 0:
        return float("nan")
    return float(200 * (x.max() - x.min()) / (x.max() + x.min()))


def mean_sd(cycles: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the variability (c) of each channel from stride to stride, in its unit.

    `cycles` gives arrays (n, 101, c) one by one (`gait.time_normalise`); the standard deviation
    over strides at each phase is averaged over phases (MeanSD; Dingwell & Cusumano 2000). nan with
    fewer than two strides.
    """
    count, total, squares = 0, np.zeros(1), np.zeros(1)
    for some in cycles:
        count += len(some)
        total = total + some.sum(axis=0)
        squares = squares + (some**2).sum(axis=0)
    if count < 2:
        return np.full(np.shape(total)[-1], np.nan)
    variance = np.maximum(squares - total**2 / count, 0) / (count - 1)
    return np.asarray(np.sqrt(variance).mean(axis=0))


def recurrence_distances(
    pose: ArrayLike, length: float, rng: np.random.Generator, pairs: int = 500
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances of poses one cycle apart, and of poses at random, of one episode.

    `pose` (N, c) is z-scored; `length` is the cycle in rows; `pairs` of each kind at most. The
    ratio of their medians over all episodes is 0 for a gait that repeats itself and 1 for none.
    """
    x = np.asarray(pose, dtype=np.float64)
    step = round(length)
    if len(x) <= step:
        return np.empty(0), np.empty(0)
    z = z_scored(x)
    size = min(pairs, len(z) - step)
    rows = rng.choice(len(z) - step, size, replace=False)
    others = (rows + rng.integers(1, len(z), size)) % len(z)
    first, second = (np.linalg.norm(z[rows] - z[to], axis=1) for to in (rows + step, others))
    return first, second


def fit_return_map(
    states: ArrayLike,
    following: ArrayLike,
    rng: np.random.Generator,
    replicates: int = 200,
    alpha: float = 0.05,
) -> ReturnMap:
    """Fit the map from the state at one anchor to that at the next, and return its stability.

    `states` and `following` (n, d) are paired anchors one stride apart, z-scored together and
    reduced to five principal components, fitted by least squares. The interval holds the central
    share 1 - `alpha` over `replicates` resamples of the pairs (Hurmuzlu & Basdogan 1994). A map
    whose adjusted R^2 is below 0.3 is refused: its eigenvalues are those of noise.
    """
    x, y = np.asarray(states, dtype=np.float64), np.asarray(following, dtype=np.float64)
    n, nan = len(x), float("nan")
    if n < LEAST_PAIRS:
        note = f"{n} pairs of strides, {LEAST_PAIRS} are needed"
        return ReturnMap(nan, nan, nan, nan, n, note)
    both = np.concatenate([x, y])
    z = z_scored(both)[:, both.std(axis=0) > 0]
    _, axes = np.linalg.eigh(np.einsum("ti,tj->ij", z, z))
    scores = np.einsum("ti,ic->tc", z, axes[:, ::-1][:, :COMPONENTS])
    first, second = scores[:n], scores[n:]
    design = np.column_stack([first, np.ones(n)])
    jacobian = np.linalg.lstsq(design, second)[0]
    residual = ((second - np.einsum("ti,ic->tc", design, jacobian)) ** 2).sum()
    spread = ((second - second.mean(axis=0)) ** 2).sum()
    fit = float(1 - residual / spread * (n - 1) / (n - design.shape[1]))
    if not fit >= LEAST_FIT:
        note = f"refused: the return map explains {fit:.2f} of the variance, below {LEAST_FIT}"
        return ReturnMap(nan, nan, nan, fit, n, note)
    moduli = np.empty(replicates)
    for i in range(replicates):
        drawn = rng.integers(n, size=n)
        moduli[i] = _largest_modulus(np.linalg.lstsq(design[drawn], second[drawn])[0])
    low, high = central_interval(moduli, alpha)
    return ReturnMap(_largest_modulus(jacobian), low, high, fit, n, "")


def _largest_modulus(jacobian: NDArray[np.float64]) -> float:
    return float(np.abs(np.linalg.eigvals(jacobian[:-1])).max())
