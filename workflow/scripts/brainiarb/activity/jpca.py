"""Dynamics of activity: principal components and rotations (jPCA), with surrogates as nulls.

The actor has no memory: its activity is a function of the present observation, so its dynamics are
driven. Rotations in a layer come from the body's movement; fitting the observations in the same way
shows how much. Smooth signals also appear to rotate by chance; the surrogates show how much.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from brainiarb.activity.ridge import explained, means_of, moments, products_about
from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import episode_starts
from brainiarb.signals import divisors

RANGE_SHARE = 0.05  # this share of the median range is added to the range that divides each unit
LEAST_VARIANCE = 1e-10  # a component below this share of the largest variance is rounding


@dataclass(frozen=True, eq=False)
class Components:
    """The k leading principal components of activity (n, p), and its effective dimension.

    Constant activity has no components, and both numbers are nan.
    """

    scores: np.ndarray
    """(n, k), centred."""
    variance: float
    """Share of the variance in the k components, 0 to 1; nan without variance."""
    participation_ratio: float
    """(sum l)^2 / sum l^2 over the variances l of all components, 1 to p; nan without variance."""


@dataclass(frozen=True, eq=False)
class Jpca:
    """The best rotation of signals (n, k) about their mean, plane by plane.

    The plane of most variance comes first. Churchland et al. 2012 order planes by speed, which
    would put the faint upper harmonics of a gait first. Each R^2 is of the change from row to row:
    1 for a rotation and 0 for none. Only `r2_left_out` can be negative.
    """

    planes: np.ndarray
    """(k // 2, k, 2) orthonormal axes. The signals turn from the first axis to the second; the
    first axis lies along the greatest variance in the plane."""
    frequencies: np.ndarray
    """(k // 2) Hz."""
    variances: np.ndarray
    """(k // 2) share of the signals' variance in each plane."""
    concentrations: np.ndarray
    """(k // 2) mean cosine of (angle from state to change - pi/2): 1 for pure rotation, 0 for
    random directions and for pure growth or decay."""
    r2: float
    r2_unconstrained: float
    """R^2 of the best linear map of any kind."""
    r2_left_out: float
    """R^2, in each episode, of the rotation fitted to the others; nan with one episode."""


def soft_normalise(activity: np.ndarray) -> np.ndarray:
    """Return activity (n, p), each unit centred and divided by its range + 5 % of the median range.

    Strong and weak units then count nearly alike, and silent units stay 0. After Churchland et al.
    2012, whose constant of 5 spikes/s has no meaning for artificial units. Constant activity gives
    0. Raises Refused without rows and for activity that is nan or infinite.
    """
    activity = _signals(activity, "activity")
    ranges = np.ptp(activity, axis=0).astype(np.float64)
    scale = ranges + RANGE_SHARE * np.median(ranges)
    return (activity - activity.mean(axis=0)) / divisors(scale)


def principal_components(activity: np.ndarray, count: int) -> Components:
    """Return at most `count` principal components of activity (n, p), without those of rounding.

    The sign of a component makes its largest loading positive. Raises Refused without rows and for
    activity that is nan or infinite.
    """
    activity = _signals(activity, "activity")
    if not np.ptp(activity, axis=0).any():
        # The mean of a constant is rounded, and the remainder would look like variance.
        return Components(np.zeros((len(activity), 0)), float("nan"), float("nan"))
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

    x is the mean of two successive rows and dx their difference, both centred. K minimises
    ||x K - dx|| and so solves S K + K S = C - C' with S = x'x and C = x'dx. No mean over conditions
    is subtracted, because the mean cycle of a gait is the rotation itself. `sampling_rate` in Hz,
    `episode_ids` (n). Raises Refused unless there are at least two signals, more than twice as many
    rows and more than twice as many changes within episodes, and for signals that are nan, infinite
    or all constant. Churchland et al. 2012, in closed form instead of
    their gradient descent.
    """
    signals, episode_ids = _signals(signals, "signals"), np.asarray(episode_ids)
    if signals.shape[1] < 2 or len(signals) < 2 * signals.shape[1] + 2:
        raise Refused(
            "expected two signals or more and more than twice as many rows, found shape "
            f"{signals.shape}; record longer or give more components"
        )
    if fault := too_few_changes(signals, episode_ids):
        raise Refused(f"expected more than twice as many changes as signals, found {fault}; "
                      "record longer episodes, and keep the rows of each together")  # fmt: skip
    if not np.ptp(signals, axis=0).any():
        raise Refused("expected signals that vary, found constant ones; leave this agent out")
    states, changes, episodes = steps(signals, episode_ids)
    parts = np.stack([moments(states[episodes == e], changes[episodes == e])
                      for e in np.unique(episodes)])  # fmt: skip
    k = signals.shape[1]
    whole = _about_own_means(parts.sum(axis=0))
    rotation = skew_map(*_split(whole))
    free = np.linalg.lstsq(whole[:k, :k], whole[:k, k:], rcond=None)[0]
    left = total = 0.0
    for part in parts if len(parts) > 1 else ():
        others = parts.sum(axis=0) - part
        fitted = skew_map(*_split(_about_own_means(others)))
        tested = products_about(part, means_of(others))
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


def too_few_changes(signals: np.ndarray, episode_ids: np.ndarray) -> str:
    """Return why signals (n, k) change too few times within episodes (n); empty if they do not."""
    changes, k = int((episode_ids[1:] == episode_ids[:-1]).sum()), signals.shape[1]
    return "" if changes > 2 * k else f"{changes} changes within episodes for {k} signals"


def skew_map(squares: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Return the skew-symmetric K (k, k) that minimises ||x K - dx||, from x'x and x'dx (k, k)."""
    from scipy.linalg import solve_sylvester

    solved = solve_sylvester(squares, squares, products - products.T)
    return (solved - solved.T) / 2


def steps(
    signals: np.ndarray, episode_ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return midpoints and differences (m, k) of successive rows of an episode, and its id (m)."""
    within = episode_ids[1:] == episode_ids[:-1]
    first, second = signals[:-1][within], signals[1:][within]
    return (first + second) / 2, second - first, episode_ids[1:][within]


# ------------------------------------------------------------------------------------ surrogates


def time_shuffled(signals: np.ndarray, starts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return signals (n, k) with the rows of each episode in random order: without dynamics."""
    made = [rng.permutation(episode, axis=0) for episode in np.split(signals, starts[1:])]
    return np.concatenate(made)


def phase_randomised(
    signals: np.ndarray, starts: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return signals (n, k) with the spectrum of each signal in each episode, but random phases.

    Each signal stays as smooth as it was, but the signals no longer move together. Theiler et al.
    1992.
    """
    return _with_spectra(signals, starts, rng, lambda spectrum: spectrum)


def covariance_matched(
    signals: np.ndarray, starts: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return Gaussian signals (n, k) with the variances and the common covariance over time.

    Every signal gets the spectrum of the sum. After Elsayed and Cunningham 2017, but with the
    separable covariance of these margins instead of the covariance of greatest entropy.
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
    """Return R^2 (count) of the best rotation of each of `count` surrogates.

    nan for constant signals and where no episode has two rows. Raises Refused without rows and for
    signals that are nan or infinite.
    """
    signals = _signals(signals, "signals")
    if not (episode_ids[1:] == episode_ids[:-1]).any():
        return np.full(count, np.nan)
    starts = episode_starts(episode_ids)
    values = np.empty(count)
    for i in range(count):
        states, changes, _ = steps(surrogate(signals, starts, rng), episode_ids)
        whole = _about_own_means(moments(states, changes))
        values[i] = _r2(whole, skew_map(*_split(whole)))
    return values


# --------------------------------------------------------------------------------------- sums


def _signals(values: np.ndarray, name: str) -> np.ndarray:
    """Return finite signals (n, k) with rows; raise Refused, with their `name`, for any others."""
    signals = np.asarray(values)
    if signals.ndim != 2 or not signals.size or not np.isfinite(signals).all():
        raise Refused(
            f"expected finite {name} (rows, columns), found shape {signals.shape} or values that "
            "are nan or infinite; leave such rows out"
        )
    return signals


def _about_own_means(sums: np.ndarray) -> np.ndarray:
    """Return the products (2k, 2k) of states and changes about the means of the same rows."""
    return products_about(sums, means_of(sums))


def _split(products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the products (k, k) of states with states and of states with changes."""
    k = len(products) // 2
    return products[:k, :k], products[:k, k:]


def _error(products: np.ndarray, linear: np.ndarray) -> float:
    """Return the squared error of a map (k, k) from states to changes."""
    k = len(linear)
    return float(products[k:, k:].trace() - explained(products, linear).sum())


def _r2(products: np.ndarray, linear: np.ndarray) -> float:
    """Return the share of the changes' variance that a map explains; nan if nothing changes."""
    k = len(linear)
    total = float(products[k:, k:].trace())
    return 1 - _error(products, linear) / total if total > 0 else float("nan")


def _planes(rotation: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return turns (m) in rad per row and axes (m, k, 2) of the m planes that a skew map turns."""
    # i K is Hermitian: its eigenvalues are real and come in pairs of either sign, a pair per plane.
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
    # For two rows on a circle, difference over mean is twice the tangent of half the turn.
    turns = 2 * np.arctan(np.maximum(speeds[list(chosen)], 0) / 2)
    return turns, np.reshape(planes, (-1, len(rotation), 2))


def _with_spectra(
    signals: np.ndarray,
    starts: np.ndarray,
    rng: np.random.Generator,
    sizes: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return signals with random phases and given sizes of the Fourier coefficients."""
    made = []
    for episode in np.split(signals, starts[1:]):
        mean = episode.mean(axis=0)
        spectrum = np.fft.rfft(episode - mean, axis=0)
        angles = rng.uniform(0, 2 * np.pi, spectrum.shape)
        random = sizes(np.abs(spectrum)) * np.exp(1j * angles)
        made.append(mean + np.fft.irfft(random, len(episode), axis=0))
    return np.concatenate(made)
