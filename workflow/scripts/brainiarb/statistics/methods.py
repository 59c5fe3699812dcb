"""Intervals and tests of numbers of one kind, whose unit is a training run.

The sample is one number of each clone, or of each block of clones, of one expert; then every
statement is conditional on that expert. If several experts were cloned, the sample is one number of
each expert, because the clones of one expert resemble each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from brainiarb.statistics.distributions import normal_tail, t_quantile, t_tail

ROUNDING = 1e-9
"""Relative difference below which two statistics count as equal."""
NOT_FINITE = "a value is nan or infinite"
NO_VALUES = "there are no values"


@dataclass(frozen=True)
class Inference:
    """An estimate, its interval and the p value of its test; a missing number is nan."""

    estimate: float
    low: float = float("nan")
    high: float = float("nan")
    p: float = float("nan")
    """The p value, two-sided unless the function says otherwise."""
    note: str = ""
    """How the result was obtained, if not in the usual way."""


# ------------------------------------------------------------------------------------- intervals


def t_interval(
    values: np.ndarray, confidence: float = 0.95, null: float = 0.0, least_error: float = 0.0
) -> Inference:
    """Return the mean of `values` (n), its t interval and the p value of the t test against `null`.

    The standard error is at least `least_error`, if more is known of it than the values tell.

    Interval and p are nan if there are fewer than two values. If all values are equal, p is that of
    exact sign flips: 2 / 2^n, or 1 if the values equal `null`. The interval is then a single point
    if n equal values can exclude every other point with this confidence, and nan otherwise. If a
    value or `null` is nan or infinite, or without values, every number is nan and the note says
    why. Source: Student 1908.

    Examples
    --------
    >>> import numpy as np
    >>> result = t_interval(np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]))
    >>> round(result.estimate, 2), round(result.low, 2), round(result.high, 2)
    (1.58, 0.7, 2.46)
    >>> round(result.p, 4)
    0.0028
    """
    n = len(values)
    if fault := missing_numbers([*values, null] if n else values):
        return Inference(float("nan"), note=fault)
    mean = float(np.mean(values))
    if n < 2:
        return Inference(mean)
    error = max(standard_error(values), least_error)
    if not error:
        apart = abs(mean - null) > ROUNDING * max(abs(mean), abs(null))
        return _of_equal_values(mean, n, 2 / 2**n if apart else 1.0, 1 - confidence)
    half = t_quantile((1 + confidence) / 2, n - 1) * error
    return Inference(
        mean, mean - half, mean + half, float(2 * t_tail(abs(mean - null) / error, n - 1))
    )


def missing_numbers(values: Sequence[float] | np.ndarray) -> str:
    """Return why `values` (n) allow no inference: one is nan or infinite, or none is there."""
    if not len(values):
        return NO_VALUES
    return "" if np.isfinite(values).all() else NOT_FINITE


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean of `values` (n), 0 if they are equal up to rounding.

    It is nan below two values, and if a value is nan or infinite.
    """
    if len(values) < 2 or missing_numbers(values):
        return float("nan")
    error = float(np.std(values, ddof=1)) / sqrt(len(values))
    return error if error > ROUNDING * float(np.abs(values).max()) else 0.0


def _of_equal_values(mean: float, n: int, p: float, alpha: float) -> Inference:
    """Return the inference from n equal values; the smallest p of n sign flips is 2 / 2^n."""
    if 2 / 2**n <= alpha * (1 + ROUNDING):
        return Inference(mean, mean, mean, p, f"all {n} values are equal: p is that of sign flips")
    return Inference(mean, p=p, note=f"{n} equal values are too few for an interval")


def mapped(result: Inference, function: Callable[[float], float]) -> Inference:
    """Return a result with its estimate and interval mapped by a rising function."""
    estimate, low, high = (function(x) for x in (result.estimate, result.low, result.high))
    return replace(result, estimate=float(estimate), low=float(low), high=float(high))


def clipped(result: Inference, low: float, high: float) -> Inference:
    """Return a result whose interval is cut at the least and the largest possible value.

    The true value lies within these bounds, so the cut interval covers it just as often.
    """
    bounds = np.clip([result.low, result.high], low, high)
    return replace(result, low=float(bounds[0]), high=float(bounds[1]))


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean (...) of the middle half of `values` (..., n).

    n/4 values, rounded down, are cut off at either end. Source: Agarwal et al. 2021, "Deep
    reinforcement learning at the edge of the statistical precipice", and its package rliable; the
    paper recommends this mean for few runs. The mean is nan without values, and where a value is
    nan or infinite.
    """
    n = values.shape[-1]
    if not n:
        return np.full(values.shape[:-1], np.nan)
    values = np.where(np.isfinite(values).all(axis=-1, keepdims=True), values, np.nan)
    cut = n // 4
    return np.sort(values, axis=-1)[..., cut : n - cut].mean(axis=-1)


def stratified_bootstrap(
    strata: Sequence[np.ndarray],
    statistic: Callable[[np.ndarray], np.ndarray],
    replicates: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Inference:
    """Return `statistic` of all values and its interval, from resamples within each stratum.

    Each of `strata` holds values (n); `statistic` maps (..., N) to (...). The strata are experts,
    as the tasks are in Agarwal et al. 2021, so the interval is conditional on the experts. The
    percentiles are expanded for few values (Hesterberg 2015, "What teachers should know about the
    bootstrap", section 5.3), because plain percentiles of 8 values cover about 0.90 instead of
    0.95. The interval is nan if a stratum has only one value. If a value is nan or infinite, or if
    there are no values or no strata, every number is nan and the note says why.
    """
    everything = np.concatenate([np.zeros(0), *strata])
    if fault := missing_numbers(everything):
        return Inference(float("nan"), note=fault)
    estimate = float(statistic(everything))
    freedom = sum(len(values) - 1 for values in strata)
    if min(map(len, strata)) < 2:
        return Inference(estimate)
    drawn = [values[rng.integers(len(values), size=(replicates, len(values)))] for values in strata]
    share = _expanded(confidence, freedom, sum(map(len, strata)))
    low, high = np.quantile(statistic(np.concatenate(drawn, axis=1)), [share, 1 - share])
    return Inference(estimate, float(low), float(high))


def _expanded(confidence: float, freedom: int, n: int) -> float:
    """Return the share of replicates below an interval that is expanded for few values."""
    return normal_tail(np.sqrt(n / freedom) * t_quantile((1 + confidence) / 2, freedom))


# ----------------------------------------------------------------------------------------- tests


def p_value(observed: float, null: np.ndarray) -> float:
    """Return the p value of an observed value under values (n) of the null hypothesis.

    It is the share of values that are at least the observed one, which counts as one of them
    (Phipson and Smyth 2010). Values that are not finite are left out. The p value is nan if the
    observed value is nan or infinite, or if no value is left.
    """
    values = null[np.isfinite(null)]
    if not len(values) or not np.isfinite(observed):
        return float("nan")
    return float((1 + (values >= observed).sum()) / (1 + len(values)))


def equivalence(differences: np.ndarray, margin: float, alpha: float = 0.05) -> Inference:
    """Return the mean of `differences` (n), its 1 - 2 `alpha` interval and the p value of its side.

    p is that of the one-sided t test against the nearer of the two margins +-`margin`. If the mean
    lies between the margins, p is that of two one-sided tests (Schuirmann 1987), and a small p says
    that the true mean lies between them, too. If the mean lies beyond a margin, a small p says that
    the true mean lies beyond it, too. Each of the two errors has at most the rate alpha. If a
    difference or the margin is nan or infinite, or without differences, every number is nan and the
    note says why.
    """
    if fault := missing_numbers([*differences, margin] if len(differences) else differences):
        return Inference(float("nan"), note=fault)
    interval = t_interval(differences, 1 - 2 * alpha)
    n, apart = len(differences), abs(abs(interval.estimate) - margin)
    if n < 2:
        return interval
    error = standard_error(differences)
    if error:
        return replace(interval, p=t_tail(apart / error, n - 1))
    return replace(interval, p=1 / 2**n if apart > ROUNDING * margin else 1.0)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values (n) that are corrected for their number; nan marks no test and stays nan.

    An infinite p is taken for nan. Without p values the result is empty.

    Source: Holm 1979.

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, np.nan])).tolist()
    [0.02, 0.04, nan]
    """
    p = np.asarray(p, float)
    corrected = np.full(len(p), np.nan)
    p = np.where(np.isfinite(p), p, np.nan)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    stepped = p[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1, np.maximum.accumulate(stepped))
    return corrected
