"""The gait period: how long one full cycle of the posture takes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import stretches

# A gait whose autocorrelation at the period is below this has no stable cycle.
STABLE = 0.3
# A peak that reaches this share of the highest peak counts as equally high.
EQUAL_PEAK = 0.9
# Peaks whose lags differ by less than this ratio are one peak.
SAME_PEAK = 1.2
# A peak must rise this far above the lowest value at shorter lags: ripples on a slow drift do not.
RISE = 0.1
# The periods (s) among which the period of a gait is expected.
SHORTEST, LONGEST = 0.2, 1.6
# The search goes on to this multiple of the longest period, so that a slower cycle is noticed.
REACH = 4
# Lags are searched at this rate (Hz) or the sampling rate, whichever is higher: between two samples
# of a fast gait the autocorrelation falls so far that a multiple of the cycle would seem higher.
FINE_RATE = 200.0
# A slower cycle counts only if the peak inside the range has less than this share of its height:
# the strides of an irregular gait resemble each other a little more after some whole cycles.
WEAKER = 0.5


@dataclass(frozen=True, eq=False)
class GaitPeriod:
    """The length of one full gait cycle and the autocorrelation that it was read from."""

    seconds: float
    """The period; nan where none was found."""
    strength: float
    """The autocorrelation at the period: 1 if all cycles are alike; nan without a period."""
    stable: bool
    """Whether the strength is 0.3 or more. If not, the gait has no stable cycle."""
    outside: str
    """Why the period lies outside of the searched range; empty where it lies inside."""
    lags: NDArray[np.float64]
    """(l) s."""
    autocorrelation: NDArray[np.float64]
    """(l) The autocorrelation at each lag."""
    n_episodes: int
    """The stretches that were long enough to be used."""
    n_left_out: int
    """The stretches that were too short."""


def period(
    joint_angles: ArrayLike,
    sampling_rate: float,
    *,
    episode_ids: ArrayLike | None = None,
    usable: ArrayLike | None = None,
    shortest: float = SHORTEST,
    longest: float = LONGEST,
) -> GaitPeriod:
    """Find the length of the full gait cycle from the autocorrelation of all joints together.

    `joint_angles` (N, joints) in any unit, rows at `sampling_rate` Hz. Episodes (`episode_ids`, N)
    and rows that are left out (`usable`, N bool) break the series. Stretches shorter than twice
    `longest` seconds are left out and counted. Joints are z-scored, their autocorrelations are
    summed over joints and stretches, and each lag is divided by its number of pairs.

    The period is the shortest lag up to `longest` seconds whose peak reaches 90 % of the highest
    peak. So no multiple of the cycle is taken for it, and a cycle of two unequal halves stays
    whole. Near a peak the autocorrelation is interpolated between the samples. One foot cannot
    define the cycle, because in a 2:1 gait each foot keeps a rhythm of its own.

    A period that is not between `shortest` and `longest` seconds is returned, and `outside` says
    so. If the search began at `shortest`, a multiple would stand for a faster cycle. A slower cycle
    is taken, up to four times `longest`, if its peak is 0.3 or more and twice as high as that of
    the period. The period is nan for constant angles, and without a stretch of rows that is long
    enough. Raises Refused for angles that are nan or infinite, and without joints.

    Examples
    --------
    >>> import numpy as np
    >>> from brainiarb.gait.period import period
    >>> angle = 2 * np.pi * np.arange(2500) / 125.0 / 0.8
    >>> gait = period(np.column_stack([np.sin(angle), np.cos(2 * angle)]), 125.0)
    >>> round(gait.seconds, 2), gait.stable
    (0.8, True)
    """
    x = rows_by_channels(joint_angles, "joint angles")
    pieces = (x[rows] for rows in stretches(len(x), episode_ids, usable))
    return period_of_stretches(pieces, sampling_rate, shortest=shortest, longest=longest)


def period_of_stretches(
    pieces: Iterable[ArrayLike],
    sampling_rate: float,
    *,
    shortest: float = SHORTEST,
    longest: float = LONGEST,
) -> GaitPeriod:
    """Find the same as `period` from unbroken stretches (rows, joints) that come one by one.

    Only one stretch is held in memory at a time.
    """
    if not 0 < sampling_rate < np.inf:
        raise Refused(
            f"expected a sampling rate above 0 Hz, found {sampling_rate}; take it from the body"
        )
    if not 0 < shortest < longest:
        raise Refused(
            f"expected 0 < shortest < longest period, found {shortest} and {longest} s; "
            "give both in seconds"
        )
    n_lags, n_searched = (int(np.ceil(reach * longest * sampling_rate)) + 2 for reach in (1, REACH))
    if shortest * sampling_rate < 1:
        raise Refused(
            f"expected a shortest period of at least one sample, found {shortest} s at "
            f"{sampling_rate} Hz; raise it"
        )
    least = max(int(np.ceil(2 * longest * sampling_rate)), n_lags + 1)
    finer = max(int(np.ceil(FINE_RATE / sampling_rate)), 1)
    fine, n_episodes, n_left_out = _autocorrelation(pieces, n_searched, least, finer)

    acf = fine[::finer]
    peak = _shortest_high_peak(fine, finer, 1, n_lags - 1)
    slower = _shortest_high_peak(fine, finer, n_lags - 1, n_searched - 1)
    if slower is not None and fine[slower] >= STABLE:
        peak = slower if peak is None or fine[peak] < WEAKER * fine[slower] else peak
    if peak is None:
        seconds, strength = np.nan, np.nan
    else:
        offset, strength = _vertex(fine[peak - 1 : peak + 2])
        seconds = (peak + offset) / (finer * sampling_rate)
    return GaitPeriod(
        seconds=float(seconds),
        strength=float(strength),
        stable=bool(strength >= STABLE),
        outside=_outside(float(seconds), shortest, longest, 0.5 / sampling_rate),
        lags=np.arange(n_lags) / sampling_rate,
        autocorrelation=acf[:n_lags],
        n_episodes=n_episodes,
        n_left_out=n_left_out,
    )


def _autocorrelation(
    pieces: Iterable[ArrayLike], n_lags: int, least: int, finer: int
) -> tuple[NDArray[np.float64], int, int]:
    """Return the autocorrelation (lags) and how many stretches were used and left out.

    There are `finer` lags for each of `n_lags` samples; between the samples, the autocorrelation is
    interpolated without a frequency that the samples do not hold. It is nan at lags at which less
    than half of the rows have a pair.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    lags = np.arange(n_lags * finer) / finer
    products, pairs = np.zeros(1), np.zeros(len(lags))
    used = left_out = 0
    for piece in pieces:
        x = rows_by_channels(piece, "joint angles")
        if len(x) < least:
            left_out += 1
            continue
        size = next_fast_len(len(x) + n_lags, real=True)
        # The mean of a constant is rounded: a still joint must give 0 and not that remainder.
        centred = np.where(np.ptp(x, axis=0) > 0, x - x.mean(axis=0), 0.0)
        power = np.abs(rfft(centred, size, axis=0)) ** 2
        if size % 2 == 0 and finer > 1:
            power[-1] /= 2  # the highest frequency has a partner in the longer series
        products = products + finer * irfft(power, finer * size, axis=0)[: len(lags)]
        pairs += np.maximum(len(x) - lags, 0)
        used += 1
    nothing = np.full(len(lags), np.nan)
    if not used:
        return nothing, used, left_out
    moving = products[0] > 0
    if not moving.any():
        return nothing, used, left_out
    # z-scoring a joint divides its products by its variance, which is their value at lag 0.
    summed = (products[:, moving] / products[0, moving]).sum(axis=1)
    acf = np.divide(summed, pairs, out=nothing, where=2 * pairs >= pairs[0])
    return acf / acf[0], used, left_out


def _shortest_high_peak(fine: NDArray[np.float64], finer: int, first: int, stop: int) -> int | None:
    """Return the index of the shortest lag whose peak counts as highest; None without a peak.

    Peaks are those of the samples, every `finer`-th value, from the sample `first` to the one
    before `stop`. The values within a sample of a peak give its height and the index.
    """
    acf, inner = fine[::finer], np.arange(first, stop)
    lowest_before = np.minimum.accumulate(acf)
    is_peak = (
        (acf[inner] > acf[inner - 1])
        & (acf[inner] >= acf[inner + 1])
        & (acf[inner] - lowest_before[inner] >= RISE)
        & (acf[inner] > 0)
    )
    if not is_peak.any():
        return None
    around = finer * inner[is_peak][:, None] + np.arange(1 - finer, finer)
    peaks = around[np.arange(len(around)), fine[around].argmax(axis=1)]
    shortest = peaks[fine[peaks] >= EQUAL_PEAK * fine[peaks].max()][0]
    # Noise puts small peaks on the flank of the true peak: step on to the summit, which is nearer
    # than any multiple of the period.
    summit = peaks[(peaks >= shortest) & (peaks <= SAME_PEAK * shortest)]
    return int(summit[fine[summit].argmax()])


def _outside(seconds: float, shortest: float, longest: float, tolerance: float) -> str:
    """Say that a period lies outside of the searched range by more than a tolerance, or nothing."""
    if not (seconds < shortest - tolerance or seconds > longest + tolerance):
        return ""
    return (
        f"the cycle of {seconds:.3g} s lies outside the searched range "
        f"{shortest:.3g} to {longest:.3g} s"
    )


def _vertex(three: NDArray[np.float64]) -> tuple[float, float]:
    """Return place and height of the vertex of a parabola through values at -1, 0 and 1."""
    left, middle, right = three
    curvature = left - 2 * middle + right
    offset = 0.5 * (left - right) / curvature
    return float(offset), float(middle - 0.25 * (left - right) * offset)


def rows_by_channels(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return finite values (rows, channels); raise Refused, with their `name`, for any others."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] == 0:
        raise Refused(
            f"expected {name} of shape (rows, channels), found shape {x.shape}; "
            "add the missing axis"
        )
    if not np.isfinite(x).all():
        row = int(np.flatnonzero(~np.isfinite(x).all(axis=1))[0])
        raise Refused(
            f"expected finite {name}, found nan or infinity in row {row}; leave such rows out"
        )
    return x
