"""Strides: where each begins, how regular they are, and whether the gait returns to itself.

A stride lasts from one strike of a foot to the next strike of the same foot (Perry and Burnfield,
Gait Analysis, 2010). Every foot has strides of its own, because a walker may step 2:1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.signals import principal_axes, z_scored
from brainiarb.statistics.intervals import central_interval

# An interval is a gap, and no stride, if it is longer than this multiple of a long stride.
GAP = 1.5
# The long strides of a foot are as long as this quantile of its intervals. So a gait of short and
# long strides has no gaps, and one strike in ten may be missed.
LONG = 0.9
# A return map that explains a smaller share of the variance says nothing, and is refused.
LEAST_FIT = 0.3
COMPONENTS = 5
# A map has six unknowns for each component, and several strides are needed for each unknown.
LEAST_PAIRS = 4 * (COMPONENTS + 1)
# Resamples of the interval of a return map.
RETURN_MAP_REPLICATES = 200
# The rows that the filter of `hilbert_phase` needs at either end of an episode.
FILTERED_ROWS = 27


@dataclass(frozen=True)
class ReturnMap:
    """What remains of a disturbance from one strike of a foot to the next."""

    eigenvalue: float
    """The largest modulus of the map's eigenvalues: disturbances fade if it is below 1. It is nan
    if the map is refused."""
    low: float
    """The lower end of its bootstrap interval; nan if the map is refused."""
    high: float
    fit: float
    """The adjusted R^2; nan with too few pairs."""
    n_pairs: int
    """The pairs of successive strikes that the map is fitted to."""
    note: str
    """Why the map is refused; empty where it is not."""


def longest_stride(episodes: Sequence[ArrayLike]) -> float:
    """Return the rows above which an interval between strikes of one foot is a gap.

    `episodes` holds the strikes of the foot in each episode (`foot_strikes`). It is 1.5 times the
    0.9 quantile of all intervals; nan without an interval.
    """
    intervals = np.concatenate([np.empty(0), *map(np.diff, episodes)])
    return float(GAP * np.quantile(intervals, LONG)) if len(intervals) else float("nan")


def cut_strides(episodes: Sequence[ArrayLike]) -> list[NDArray[np.int64]]:
    """Return the rows (n, 2) where the strides of one foot begin and end, for each episode.

    `episodes` is as in `longest_stride`. Every interval from one strike to the next is a stride,
    unless it is longer than that: such an interval is a gap, in which a strike was missed. An
    episode with fewer than two strikes has no strides.
    """
    longest, cuts = longest_stride(episodes), []
    for strikes in episodes:
        rows = np.asarray(strikes, dtype=np.int64)
        pairs = np.stack([rows[:-1], rows[1:]], axis=1)
        cuts.append(pairs[pairs[:, 1] - pairs[:, 0] <= longest])
    return cuts


def variation(values: ArrayLike, episodes: ArrayLike) -> float:
    """Return the coefficient of variation of `values` (n) within episodes, in percent.

    `episodes` (n) names the episode of each value. The squared differences from the mean of the
    episode are summed and divided by n minus the number of episodes. So the result does not depend
    in expectation on how many episodes are recorded, as it would if differences between episodes
    counted. It is 0 if all strides of an episode are alike, and nan if no episode has two values,
    if a value is nan or infinite, and for a mean of 0.
    """
    x = np.asarray(values, dtype=np.float64)
    groups, inverse = np.unique(np.asarray(episodes), return_inverse=True)
    if len(x) <= len(groups) or not np.isfinite(x).all() or x.mean() == 0:
        return float("nan")
    means = np.bincount(inverse, x) / np.bincount(inverse)
    variance = ((x - means[inverse]) ** 2).sum() / (len(x) - len(groups))
    return float(100 * np.sqrt(variance) / abs(x.mean()))


def stride_phase(n_rows: int, strides: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the phase of each row: 0 at a strike, linear up to 1, nan outside strides."""
    phase = np.full(n_rows, np.nan)
    for start, stop in strides:
        phase[start:stop] = np.arange(stop - start) / (stop - start)
    return phase


def hilbert_phase(pose: ArrayLike, seconds: float, sampling_rate: float) -> NDArray[np.float64]:
    """Return the phase (N), 0 to 1, of the pose's first principal component about the period.

    `pose` (N, c) is of one episode. It is z-scored and band-passed without delay (Butterworth, 4th
    order, 0.5 to 1.5 times the gait's frequency) before Hilbert's transform. This phase needs no
    contacts. The phase is nan in all rows of a pose that does not vary, that holds nan or infinity
    or that is too short to be filtered, and without a period within the sampled frequencies.
    """
    from scipy.signal import butter, hilbert, sosfiltfilt

    x = np.asarray(pose, dtype=np.float64)
    sampled = 1.5 / sampling_rate < seconds / 2 < np.inf
    if not (sampled and len(x) > FILTERED_ROWS and np.isfinite(x).all() and (x[1:] != x[:1]).any()):
        return np.full(len(x), np.nan)
    z = z_scored(x)
    wave = np.einsum("ti,i->t", z, principal_axes(z, 1)[:, 0])
    band = np.array([0.5, 1.5]) / seconds
    filters = butter(4, band, "bandpass", fs=sampling_rate, output="sos")
    return np.angle(hilbert(sosfiltfilt(filters, wave))) / (2 * np.pi) % 1


def circular_mean(phases: ArrayLike) -> tuple[float, float]:
    """Return the mean of phases (0 to 1) on the circle and its concentration R.

    R is 0 if the phases lie anywhere and 1 if all are equal (Fisher 1993, eq. 2.9). Both are nan
    without phases, and if a phase is nan or infinite.
    """
    p = np.asarray(phases, dtype=np.float64)
    if not len(p) or not np.isfinite(p).all():
        return float("nan"), float("nan")
    mean = np.exp(2j * np.pi * p).mean()
    return float(np.angle(mean) / (2 * np.pi) % 1), float(np.abs(mean))


def symmetry_index(values: ArrayLike) -> float:
    """Return 200 |a - b| / (a + b) in percent, where a and b are the largest and smallest value.

    0: all values are alike; 200: one of them is 0. It is nan with fewer than two values, or if all
    are 0, or if a value is nan or infinite. Source: Robinson et al. 1987, eq. 1.
    """
    x = np.asarray(values, dtype=np.float64)
    if len(x) < 2 or not np.isfinite(x).all() or not x.max() + x.min() > 0:
        return float("nan")
    return float(200 * (x.max() - x.min()) / (x.max() + x.min()))


def mean_sd(cycles: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the variability (c) of each channel from stride to stride, in its unit.

    `cycles` gives an array (n, 101, c) for each episode, one by one (`time_normalise`). The
    standard deviation over strides within episodes at each phase is averaged over phases (MeanSD;
    Dingwell and Cusumano 2000). It is nan if no episode has two strides.
    """
    freedom, squares, channels = 0, np.zeros(1), 1
    for strides in cycles:
        channels = strides.shape[-1]
        if len(strides):
            freedom += len(strides) - 1
            squares = squares + ((strides - strides.mean(axis=0)) ** 2).sum(axis=0)
    if freedom < 1:
        return np.full(channels, np.nan)
    return np.asarray(np.sqrt(squares / freedom).mean(axis=0))


def recurrence_distances(
    pose: ArrayLike, length: float, rng: np.random.Generator, pairs: int = 500
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances of poses one cycle apart, and of poses of random rows, of one episode.

    `pose` (N, c) is z-scored, `length` is the cycle in rows, and there are at most `pairs` of each
    kind. The ratio of their medians over all episodes is 0 for a gait that repeats itself and 1 for
    a movement without a cycle. Both are empty without a cycle, if the pose is shorter than a cycle,
    and if it holds nan or infinity; they are 0 in a pose that does not vary.
    """
    x = np.asarray(pose, dtype=np.float64)
    if not (np.isfinite(length) and np.isfinite(x).all()) or len(x) <= round(length):
        return np.empty(0), np.empty(0)
    step = round(length)
    if step < 1:
        return np.empty(0), np.empty(0)
    z = z_scored(x)
    size = min(pairs, len(z) - step)
    rows = rng.choice(len(z) - step, size, replace=False)
    anywhere = (rows + rng.integers(1, len(z), size)) % len(z)
    near, far = (np.linalg.norm(z[rows] - z[to], axis=1) for to in (rows + step, anywhere))
    return near, far


def fit_return_map(
    states: ArrayLike, following: ArrayLike, rng: np.random.Generator, alpha: float = 0.05
) -> ReturnMap:
    """Fit the map from the state at one strike to that at the next, and return its stability.

    `states` and `following` (n, d) are pairs of states, one stride apart. They are z-scored
    together and reduced to five principal components, and the map is fitted by least squares
    (Hurmuzlu and Basdogan 1994). The interval holds the central share 1 - `alpha` of 200 resamples
    of the pairs. A map of too few pairs has no value (nan and a note). Neither has a map of states
    that are nan, infinite or constant, nor one whose adjusted R^2 is below 0.3, because its
    eigenvalues would be those of noise.
    """
    x, y = np.asarray(states, dtype=np.float64), np.asarray(following, dtype=np.float64)
    n, nan = len(x), float("nan")
    if n < LEAST_PAIRS:
        note = f"{n} pairs of strides, {LEAST_PAIRS} are needed"
        return ReturnMap(nan, nan, nan, nan, n, note)
    both = np.concatenate([x, y])
    varied = np.ptp(both, axis=0) > 0
    if not np.isfinite(both).all() or not varied.any():
        fault = "do not vary" if np.isfinite(both).all() else "hold nan or infinity"
        return ReturnMap(nan, nan, nan, nan, n, f"the states of the strides {fault}")
    z = z_scored(both)[:, varied]
    scores = np.einsum("ti,ic->tc", z, principal_axes(z, COMPONENTS))
    first, second = scores[:n], scores[n:]
    design = np.column_stack([first, np.ones(n)])
    jacobian = np.linalg.lstsq(design, second)[0]
    residual = ((second - np.einsum("ti,ic->tc", design, jacobian)) ** 2).sum()
    spread = ((second - second.mean(axis=0)) ** 2).sum()
    fit = float(1 - residual / spread * (n - 1) / (n - design.shape[1]))
    if not fit >= LEAST_FIT:
        note = f"refused: the return map explains {fit:.2f} of the variance, below {LEAST_FIT}"
        return ReturnMap(nan, nan, nan, fit, n, note)
    moduli = np.empty(RETURN_MAP_REPLICATES)
    for i in range(RETURN_MAP_REPLICATES):
        drawn = rng.integers(n, size=n)
        moduli[i] = _largest_modulus(np.linalg.lstsq(design[drawn], second[drawn])[0])
    low, high = central_interval(moduli, alpha)
    return ReturnMap(_largest_modulus(jacobian), low, high, fit, n, "")


def _largest_modulus(jacobian: NDArray[np.float64]) -> float:
    return float(np.abs(np.linalg.eigvals(jacobian[:-1])).max())
