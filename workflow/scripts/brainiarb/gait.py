"""The gait itself: how long a cycle takes, when feet strike, and which cycle to show."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft, next_fast_len, rfft

# Below this autocorrelation at the period a gait is said to have no stable cycle.
STABLE = 0.3
# A peak this close to the highest one counts as equally high: the shortest of them is the period.
EQUAL_PEAK = 0.9
# Peaks at lags within this ratio are one peak.
SAME_PEAK = 1.2
# A peak must rise this far above the lowest value at shorter lags: ripples on a slow drift do not.
RISE = 0.1
# A cycle between two events is a full one if its length is within this share of the period.
LENGTH_TOLERANCE = 0.2
PHASES = 101


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


def stretches(
    n_rows: int, episode_ids: ArrayLike | None = None, usable: ArrayLike | None = None
) -> Iterator[slice]:
    """Yield the unbroken stretches of rows that belong to one episode and are usable.

    `episode_ids` (n_rows,) breaks at every change, `usable` (n_rows,) bool leaves rows out, such
    as those of the start transient or after a fall; a stretch never spans a row left out.
    """
    ids = np.zeros(n_rows, dtype=np.int64) if episode_ids is None else np.asarray(episode_ids)
    keep = np.ones(n_rows, dtype=bool) if usable is None else np.asarray(usable)
    for name, given in (("episode_ids", ids), ("usable", keep)):
        if given.shape != (n_rows,):
            raise ValueError(
                f"expected one entry of {name} for each of {n_rows} rows, found shape "
                f"{given.shape}; pass an array of the same rows"
            )
    if keep.dtype != bool:
        raise ValueError(
            f"expected usable to be a mask of bool, found {keep.dtype}; pass a comparison, not rows"
        )
    if n_rows == 0:
        return
    breaks = np.flatnonzero((ids[1:] != ids[:-1]) | (keep[1:] != keep[:-1])) + 1
    edges = np.concatenate(([0], breaks, [n_rows]))
    for start, stop in pairwise(edges):
        if keep[start]:
            yield slice(int(start), int(stop))


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
    x = _rows_by_channels(joint_angles, "joint angles")
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
        raise ValueError(
            f"expected 0 < shortest < longest period, found {shortest} and {longest} s; "
            "give both in seconds"
        )
    n_lags = int(np.ceil(longest * sampling_rate)) + 2
    if shortest * sampling_rate < 1:
        raise ValueError(
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
        x = _rows_by_channels(piece, "joint angles")
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
        raise ValueError(
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
    x = _rows_by_channels(pose, "pose")
    if start < 0:
        raise ValueError(f"expected start to be a row of the episode, found {start}; use 0 or more")
    length = seconds * sampling_rate
    if not np.isfinite(length) or len(x) - start <= round(length):
        return None
    after = x[start:]
    sd = after.std(axis=0)
    z = (x - after.mean(axis=0)) / np.where(sd > 0, sd, 1.0)

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


def _rows_by_channels(values: ArrayLike, name: str) -> NDArray[np.float64]:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] == 0:
        raise ValueError(
            f"expected {name} of shape (rows, channels), found shape {x.shape}; "
            "add the missing axis"
        )
    if not np.isfinite(x).all():
        row = int(np.flatnonzero(~np.isfinite(x).all(axis=1))[0])
        raise ValueError(
            f"expected finite {name}, found nan or infinity in row {row}; leave such rows out"
        )
    return x
