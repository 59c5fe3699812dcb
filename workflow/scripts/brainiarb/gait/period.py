"""The gait period: how long one full cycle of the posture takes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft, next_fast_len, rfft

from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import stretches

# Below this autocorrelation at the period a gait is said to have no stable cycle.
STABLE = 0.3
# A peak this close to the highest one counts as equally high: the shortest of them is the period.
EQUAL_PEAK = 0.9
# Peaks at lags within this ratio are one peak.
SAME_PEAK = 1.2
# A peak must rise this far above the lowest value at shorter lags: ripples on a slow drift do not.
RISE = 0.1


@dataclass(frozen=True, eq=False)
class GaitPeriod:
    """The length of one full gait cycle and the autocorrelation that it was read from.

    `seconds` is nan where no period was found; `strength` is the autocorrelation at the period
    (1: every cycle alike, 0: no cycle; nan where there is no period); `stable` is False
    ("no stable cycle") below 0.3. `lags` are in seconds, `autocorrelation` belongs to them;
    `n_episodes` stretches were long enough to be used, `n_left_out` were not.
    """

    seconds: float
    strength: float
    stable: bool
    lags: NDArray[np.float64]
    autocorrelation: NDArray[np.float64]
    n_episodes: int
    n_left_out: int


def period(
    joint_angles: ArrayLike,
    sampling_rate: float,
    *,
    episode_ids: ArrayLike | None = None,
    usable: ArrayLike | None = None,
    shortest: float = 0.2,
    longest: float = 1.6,
) -> GaitPeriod:
    """Find the length of the full gait cycle from the autocorrelation of all joints together.

    `joint_angles` (N, joints) in any unit, rows at `sampling_rate` Hz; episodes (`episode_ids`)
    and rows left out (`usable`) break the series, and stretches shorter than twice `longest`
    seconds are left out and counted. Joints are z-scored, their autocorrelations summed over
    joints and stretches, and each lag divided by its number of pairs (bias correction). The
    period is the shortest lag between `shortest` and `longest` seconds whose peak reaches 90 % of
    the highest one, which keeps multiples of the cycle out while a cycle of two unequal halves
    stays whole; a parabola through the peak gives it between the samples.
    One foot cannot define the cycle: in a 2:1 gait each foot keeps a rhythm of its own.
    """
    x = rows_by_channels(joint_angles, "joint angles")
    pieces = (x[rows] for rows in stretches(len(x), episode_ids, usable))
    return period_of_stretches(pieces, sampling_rate, shortest=shortest, longest=longest)


def period_of_stretches(
    pieces: Iterable[ArrayLike],
    sampling_rate: float,
    *,
    shortest: float = 0.2,
    longest: float = 1.6,
) -> GaitPeriod:
    """Find what `period` finds, from unbroken stretches (rows, joints) that come one by one.

    Only one stretch is held in memory at a time.
    """
    if not 0 < shortest < longest:
        raise Refused(
            f"expected 0 < shortest < longest period, found {shortest} and {longest} s; "
            "give both in seconds"
        )
    n_lags = int(np.ceil(longest * sampling_rate)) + 2
    if shortest * sampling_rate < 1:
        raise Refused(
            f"expected a shortest period of at least one sample, found {shortest} s at "
            f"{sampling_rate} Hz; raise it"
        )
    least = max(int(np.ceil(2 * longest * sampling_rate)), n_lags + 1)
    acf, n_episodes, n_left_out = _autocorrelation(pieces, n_lags, least)

    lags = np.arange(n_lags) / sampling_rate
    peak = _shortest_high_peak(acf, lags, shortest, longest)
    if peak is None:
        seconds, strength = np.nan, np.nan
    else:
        offset, strength = _vertex(acf[peak - 1 : peak + 2])
        seconds = (peak + offset) / sampling_rate
    return GaitPeriod(
        seconds=float(seconds),
        strength=float(strength),
        stable=bool(strength >= STABLE),
        lags=lags,
        autocorrelation=acf,
        n_episodes=n_episodes,
        n_left_out=n_left_out,
    )


def _autocorrelation(
    pieces: Iterable[ArrayLike], n_lags: int, least: int
) -> tuple[NDArray[np.float64], int, int]:
    products = pairs = np.zeros(1)
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
        products = products + irfft(power, size, axis=0)[:n_lags]
        pairs = pairs + (len(x) - np.arange(n_lags))
        used += 1
    nothing = np.full(n_lags, np.nan)
    if not used:
        return nothing, used, left_out
    moving = products[0] > 0
    if not moving.any():
        return nothing, used, left_out
    # z-scoring a joint divides its products by its variance, which is their value at lag 0.
    acf = (products[:, moving] / products[0, moving]).sum(axis=1) / pairs
    return acf / acf[0], used, left_out


def _shortest_high_peak(
    acf: NDArray[np.float64], lags: NDArray[np.float64], shortest: float, longest: float
) -> int | None:
    inner = np.arange(1, len(acf) - 1)
    inner = inner[(lags[inner] >= shortest) & (lags[inner] <= longest)]
    lowest_before = np.minimum.accumulate(acf)
    is_peak = (
        (acf[inner] > acf[inner - 1])
        & (acf[inner] >= acf[inner + 1])
        & (acf[inner] - lowest_before[inner] >= RISE)
        & (acf[inner] > 0)
    )
    peaks = inner[is_peak]
    if len(peaks) == 0:
        return None
    first = peaks[acf[peaks] >= EQUAL_PEAK * acf[peaks].max()][0]
    # Noise puts small peaks on the flank of the true one: step on to the summit, which is nearer
    # than any multiple.
    summit = peaks[(peaks >= first) & (peaks <= SAME_PEAK * first)]
    return int(summit[acf[summit].argmax()])


def _vertex(three: NDArray[np.float64]) -> tuple[float, float]:
    left, middle, right = three
    curvature = left - 2 * middle + right
    offset = 0.5 * (left - right) / curvature
    return float(offset), float(middle - 0.25 * (left - right) * offset)


def rows_by_channels(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return finite values (rows, channels); raise Refused that calls other values by `name`."""
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
