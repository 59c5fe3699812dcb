"""Dynamics of activity: principal components and rotations (jPCA), with surrogates as nulls.

The actor has no memory: what it computes is a function of the present observation. Its dynamics
are driven. A rotation in a layer is inherited from the body, and the same fit to the observations
says how much of it; smooth signals rotate by chance, and the surrogates say how much.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_sylvester

from brainiarb.errors import Refused
from brainiarb.signals import divisors

RANGE_SHARE = 0.05  # of the median range, added to each unit's range when it is normalised
LEAST_VARIANCE = 1e-10  # of the largest component's, below which a component is rounding


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of activity (n, p): the leading k, and how many count."""

    scores: np.ndarray
    """(n, k), centred."""
    variance: float
    """Share of all variance that the k hold, 0 to 1; nan without variance."""
    participation_ratio: float
    """(sum l)^2 / sum l^2 of all variances l, 1 to p; nan without variance."""


@dataclass(frozen=True, eq=False)
class Jpca:
    """The best rotation of signals (n, k) about their mean, the plane of most variance first.

    Ordered by speed, as Churchland et al. 2012 do, the planes of a gait's faint upper harmonics
    would come first. R^2 are of the change from row to row: 1 for a rotation, 0 for none, negative
    only left out.
    """

    planes: np.ndarray
    """(k // 2, k, 2) orthonormal axes; turning runs from the first to the second, the first lies
    along the greatest variance in the plane."""
    frequencies: np.ndarray
    """(k // 2) Hz."""
    variances: np.ndarray
    """(k // 2) share of the signals' variance in each plane."""
    concentrations: np.ndarray
    """(k // 2) mean cosine of the angle from state to change, less pi/2: 1 where all is rotation,
    0 where direction is random or all is growth and decay."""
    r2: float
    r2_unconstrained: float
    """Of the best linear map of any kind."""
    r2_left_out: float
    """Of the rotation fitted to all episodes but one, in that one; nan with one episode."""


def soft_normalise(activity: np.ndarray) -> np.ndarray:
    """Return activity (n, p) with each unit divided by its range + 5 % of the median range.

    Strong and weak units count nearly alike, silent ones stay 0. Churchland et al. 2012, whose
    constant of 5 spikes/s has no meaning here.
    """
    ranges = np.ptp(activity, axis=0).astype(np.float64)
    scale = ranges + RANGE_SHARE * np.median(ranges)
    return (activity - activity.mean(axis=0)) / divisors(scale)


def principal_components(activity: np.ndarray, count: int) -> Components:
    """Return at most `count` principal components of activity (n, p), those of rounding left out.

    The sign of a component is such that its largest loading is positive.
    """
    centred = activity - activity.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred / max(len(centred), 1))
    variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1]
    total = variances.sum()
    kept = min(count, int((variances > LEAST_VARIANCE * variances[0]).sum()))
    axes = axes[:, :kept] * np.sign(axes[np.abs(axes).argmax(axis=0), range(axes.shape[1])])[:kept]
    with np.errstate(invalid="ignore"):
        held, ratio = variances[:kept].sum() / total, total**2 / (variances**2).sum()
    return Components(centred @ axes, float(held), float(ratio))


def jpca(signals: np.ndarray, episode_ids: np.ndarray, sampling_rate: float) -> Jpca:
    """Fit dx = x K with K skew-symmetric to the changes of `signals` (n, k) within episodes.

    x is the mean of two successive rows and dx their difference, both centred. K solves
    S K + K S = C - C' with S = x'x and C = x'dx, the minimum of ||x K - dx|| over skew K. No mean
    over conditions is subtracted: of a gait it would be the rotation itself. `sampling_rate` in
    Hz, `episode_ids` (n). Raises ValueError unless there are two signals or more and twice as many
    changes. Churchland et al. 2012, with the closed form instead of their descent.
    """
    if signals.ndim != 2 or signals.shape[1] < 2 or len(signals) < 2 * signals.shape[1] + 2:
        raise Refused(
            "expected two signals or more and more than twice as many rows, found shape "
            f"{signals.shape}; record longer or give more components"
        )
    states, changes, episodes = steps(signals, episode_ids)
    parts = np.stack([_moments(states[episodes == e], changes[episodes == e])
                      for e in np.unique(episodes)])  # fmt: skip
    k = signals.shape[1]
    whole = _centred(parts.sum(axis=0), parts.sum(axis=0))
    rotation = skew_map(*_split(whole))
    free = np.linalg.lstsq(whole[:k, :k], whole[:k, k:], rcond=None)[0]
    left = total = 0.0
    for part in parts if len(parts) > 1 else ():
        others = parts.sum(axis=0) - part
        fitted = skew_map(*_split(_centred(others, others)))
        tested = _centred(part, others)
        left += _error(tested, fitted)
        total += float(tested[k:, k:].trace())
    turns, planes = _planes(rotation, whole[:k, :k])
    inside = np.einsum("pij,ik,pkj->p", planes, whole[:k, :k], planes)
    order = np.argsort(-inside, kind="stable")
    planes = planes[order]
    centred, changing = states - states.mean(axis=0), changes - changes.mean(axis=0)
    turning = []
    for plane in planes:
        x, dx = centred @ plane, changing @ plane
        lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(dx, axis=1)
        moved = lengths > 0
        turn = (x[:, 0] * dx[:, 1] - x[:, 1] * dx[:, 0])[moved] / lengths[moved]
        turning.append(float(turn.mean()) if len(turn) else np.nan)
    return Jpca(
        planes=planes,
        frequencies=turns[order] * sampling_rate / (2 * np.pi),
        variances=inside[order] / whole[:k, :k].trace(),
        concentrations=np.array(turning),
        r2=_r2(whole, rotation),
        r2_unconstrained=_r2(whole, free),
        r2_left_out=1 - left / total if total else np.nan,
    )


def skew_map(squares: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Return the skew-symmetric K (k, k) that minimises ||x K - dx||, from x'x and x'dx (k, k)."""
    found = solve_sylvester(squares, squares, products - products.T)
    return (found - found.T) / 2


def steps(
    signals: np.ndarray, episode_ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return midpoints and differences (m, k) of successive rows of an episode, and its ids (m)."""
    within = episode_ids[1:] == episode_ids[:-1]
    first, second = signals[:-1][within], signals[1:][within]
    return (first + second) / 2, second - first, episode_ids[1:][within]


# ------------------------------------------------------------------------------------ surrogates


def time_shuffled(signals: np.ndarray, starts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return signals (n, k) with the rows of each episode in random order: no dynamics at all."""
    made = [rng.permutation(episode, axis=0) for episode in np.split(signals, starts[1:])]
    return np.concatenate(made)


def phase_randomised(
    signals: np.ndarray, starts: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return signals with each one's spectrum in each episode and Fourier phases at random.

    As smooth as the signals, each for itself; what is lost is that they move together. Theiler et
    al. 1992.
    """
    return _with_spectra(signals, starts, rng, lambda spectrum: spectrum)


def covariance_matched(
    signals: np.ndarray, starts: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return Gaussian signals with their variances and with the covariance over time of them all.

    Every signal has the spectrum of the sum. After Elsayed and Cunningham 2017, with the separable
    of the covariances that have these margins instead of the one of greatest entropy.
    """

    def gaussian(spectrum: np.ndarray) -> np.ndarray:
        power = np.abs(spectrum) ** 2
        total = power.sum() or 1.0
        sizes = np.sqrt(np.outer(power.sum(axis=1), power.sum(axis=0)) / total)
        return sizes * np.sqrt(rng.exponential(size=spectrum.shape))

    return _with_spectra(signals, starts, rng, gaussian)


Surrogate = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
SURROGATES: dict[str, Surrogate] = {
    "time_shuffled": time_shuffled,
    "phase_randomised": phase_randomised,
    "covariance_matched": covariance_matched,
}


def surrogate_r2(
    signals: np.ndarray,
    episode_ids: np.ndarray,
    surrogate: Surrogate,
    count: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return R^2 (count) of the rotation that fits each of `count` surrogates best."""
    starts = np.flatnonzero(np.diff(episode_ids, prepend=episode_ids[:1] - 1))
    values = np.empty(count)
    for i in range(count):
        states, changes, _ = steps(surrogate(signals, starts, rng), episode_ids)
        moments = _moments(states, changes)
        whole = _centred(moments, moments)
        values[i] = _r2(whole, skew_map(*_split(whole)))
    return values


# --------------------------------------------------------------------------------------- sums


def _moments(states: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """Return the products (2k + 1, 2k + 1) of states, changes and ones: they add up over rows."""
    columns = np.column_stack([states, changes, np.ones(len(states))])
    return columns.T @ columns


def _centred(moments: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return products (2k, 2k) about the means of `reference`."""
    shift = np.eye(len(moments))
    shift[-1, :-1] = -reference[-1, :-1] / reference[-1, -1]
    return (shift.T @ moments @ shift)[:-1, :-1]


def _split(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    k = len(centred) // 2
    return centred[:k, :k], centred[:k, k:]


def _error(centred: np.ndarray, linear: np.ndarray) -> float:
    squares, products = _split(centred)
    k = len(squares)
    explained = linear * (2 * products - squares @ linear)
    return float(centred[k:, k:].trace() - explained.sum())


def _r2(centred: np.ndarray, linear: np.ndarray) -> float:
    k = len(linear)
    total = float(centred[k:, k:].trace())
    return 1 - _error(centred, linear) / total if total > 0 else float("nan")


def _planes(rotation: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return radians per row (m) and axes (m, k, 2) of the planes that a skew map turns."""
    # i K is Hermitian: its eigenvalues are real, in pairs of either sign, one pair for a plane.
    speeds, vectors = np.linalg.eigh(1j * rotation)
    chosen = range(len(speeds) - 1, len(speeds) - 1 - len(speeds) // 2, -1)
    planes = []
    for i in chosen:
        axes = np.sqrt(2) * np.column_stack([vectors[:, i].real, vectors[:, i].imag])
        if axes[:, 0] @ rotation @ axes[:, 1] < 0:
            axes[:, 1] *= -1
        _, turned = np.linalg.eigh(axes.T @ covariance @ axes)
        turned = turned[:, ::-1] * [1, np.linalg.det(turned[:, ::-1])]
        axes = axes @ turned
        planes.append(axes * np.sign(axes[np.abs(axes[:, 0]).argmax(), 0]))
    # The difference of two rows on a circle over their mean is twice the tangent of half the turn.
    turns = 2 * np.arctan(np.maximum(speeds[list(chosen)], 0) / 2)
    return turns, np.reshape(planes, (-1, len(rotation), 2))


def _with_spectra(
    signals: np.ndarray,
    starts: np.ndarray,
    rng: np.random.Generator,
    sizes: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return signals whose Fourier coefficients in each episode have given sizes, phases random."""
    made = []
    for episode in np.split(signals, starts[1:]):
        mean = episode.mean(axis=0)
        spectrum = np.fft.rfft(episode - mean, axis=0)
        angles = rng.uniform(0, 2 * np.pi, spectrum.shape)
        random = sizes(np.abs(spectrum)) * np.exp(1j * angles)
        made.append(mean + np.fft.irfft(random, len(episode), axis=0))
    return np.concatenate(made)
