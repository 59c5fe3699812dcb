"""Intervals and tests whose unit is a training run: a clone of its expert, or an expert.

One array holds the values of the clones of one expert; a list of arrays holds those of several
experts. Which interval is valid depends on the number of experts. With one expert the clones are
the sample, and every statement is conditional on that expert. With several experts the sample is
one number for each expert (`t_interval`), because the clones of one expert resemble each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import comb, factorial, prod, sqrt

import numpy as np

from brainiarb.statistics.distributions import normal_tail, t_quantile, t_tail

ROUNDING = 1e-9
"""Relative difference below which two statistics count as equal."""


@dataclass(frozen=True)
class Inference:
    """An estimate, its interval and the p value of its test; a missing number is nan."""

    estimate: float
    low: float = float("nan")
    high: float = float("nan")
    p: float = float("nan")
    """The p value, two-sided except for `equivalence` and `dip_test`."""
    smallest: float = 0.0
    """The smallest p value that is possible with this number of units."""


# ------------------------------------------------------------------------------------- intervals


def t_interval(values: np.ndarray, confidence: float = 0.95, null: float = 0.0) -> Inference:
    """Return the mean of `values` (n), its t interval and the p value of the t test against `null`.

    Interval and p are nan if there are fewer than two values or if the values have no variance.
    Source: Student 1908.

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
    mean = float(np.mean(values)) if n else float("nan")
    error = float(np.std(values, ddof=1)) / sqrt(n) if n > 1 else 0.0
    if not error > ROUNDING * abs(mean):
        return Inference(mean)
    half = t_quantile((1 + confidence) / 2, n - 1) * error
    return Inference(
        mean, mean - half, mean + half, float(2 * t_tail(abs(mean - null) / error, n - 1))
    )


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean (...) of the middle half of `values` (..., n).

    n/4 values, rounded down, are cut off at either end. Source: Agarwal et al. 2021, "Deep
    reinforcement learning at the edge of the statistical precipice", and its package rliable; the
    paper recommends this mean for few runs.
    """
    n = values.shape[-1]
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
    0.95. The interval is nan if a stratum has only one value.
    """
    estimate = float(statistic(np.concatenate(strata)))
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
    observed value is nan or if no value is left.
    """
    values = null[np.isfinite(null)]
    if not len(values) or np.isnan(observed):
        return float("nan")
    return float((1 + (values >= observed).sum()) / (1 + len(values)))


def permutation_test(
    first: Sequence[np.ndarray],
    second: Sequence[np.ndarray],
    replicates: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Inference:
    """Return the mean difference `second` - `first` over experts, its interval and its p value.

    `first[e]` and `second[e]` (n) hold clones of expert e; clones are exchanged within experts. The
    difference is divided by its standard error in every arrangement, so unequal variances or group
    sizes do not matter (Janssen 1997; Chung and Romano 2013). If there are at most `replicates`
    arrangements, all of them are made. Otherwise `replicates` are drawn, and the observed
    arrangement counts as one more (Phipson and Smyth 2010). The interval is Welch's (1947), over
    all experts together; it is nan if a group has one clone or if no group has any variance.
    """
    pooled = [np.concatenate(pair) for pair in zip(first, second, strict=True)]
    centred = [values - values.mean() for values in pooled]
    sizes = [len(values) for values in first]
    observed = [np.arange(len(x))[None] < size for x, size in zip(centred, sizes, strict=True)]
    difference, variance, freedom = _differences(centred, observed)
    value = _studentised(difference, variance)[0]
    chosen, exact = _arrangements(
        [(len(x), n) for x, n in zip(centred, sizes, strict=True)], replicates, rng
    )
    values = np.abs(_studentised(*_differences(centred, chosen)[:2]))
    p, smallest = arrangement_p(abs(value), values, exact)
    estimate, error = float(difference[0]), float(np.sqrt(variance[0]))
    if not error > 0:
        return Inference(estimate, p=p, smallest=smallest)
    half = t_quantile((1 + confidence) / 2, freedom[0]) * error
    return Inference(estimate, estimate - half, estimate + half, p, smallest)


def sign_flip_test(
    values: np.ndarray, replicates: int, rng: np.random.Generator, confidence: float = 0.95
) -> Inference:
    """Return the mean of paired differences `values` (n), its t interval and its sign-flip p value.

    Without an effect, both signs of every difference are equally likely (Fisher 1935). If 2^n is at
    most `replicates`, all signs are tried; otherwise `replicates` of them are drawn.
    """
    n = len(values)
    exact = 2**n <= replicates
    if exact:
        signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    else:
        signs = rng.integers(2, size=(replicates, n)) * 2 - 1
    p, smallest = arrangement_p(abs(float(np.mean(values))), np.abs(signs @ values) / n, exact)
    interval = t_interval(values, confidence)
    return Inference(interval.estimate, interval.low, interval.high, p, smallest)


def trend_test(
    values: Sequence[np.ndarray],
    levels: Sequence[np.ndarray],
    replicates: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Inference:
    """Return how consistently values rise with the level (-1 to 1), its interval and its p value.

    `values[e]` and `levels[e]` (n) belong to the clones of expert e; only clones of the same expert
    are compared. The estimate is the share of pairs of different levels that rise minus the share
    that fall. The test is that of Jonckheere and Terpstra, whose p value is a normal approximation
    with ties (Jonckheere 1954; Terpstra 1952; Hollander, Wolfe and Chicken 2014, equation 6.19).
    Sums and variances are added over experts, and p is at least the smallest value that the numbers
    of clones allow. The interval is that of `stratified_bootstrap`, with each level as a stratum.
    """
    rises = [
        np.sign(x[None] - x[:, None]) * (g[None] > g[:, None])
        for x, g in zip(values, levels, strict=True)
    ]
    pairs = sum(int((g[None] > g[:, None]).sum()) for g in levels)
    if not pairs:
        return Inference(float("nan"))
    total = sum(float(rise.sum()) for rise in rises)
    variance = sum(4 * _jonckheere_variance(x, g) for x, g in zip(values, levels, strict=True))
    sizes = [np.unique(g, return_counts=True)[1].tolist() for g in levels]
    smallest = min(1.0, 2 / prod(factorial(sum(k)) // prod(map(factorial, k)) for k in sizes))
    p = 2 * normal_tail(abs(total) / np.sqrt(variance)) if variance > 0 else 1.0
    result = Inference(total / pairs, p=max(p, smallest), smallest=smallest)
    cells = [k for expert in sizes for k in expert]
    if min(cells) < 2:
        return result
    drawn = np.zeros(replicates)
    for rise, g in zip(rises, levels, strict=True):
        weights = np.zeros((replicates, len(g)))
        for level in np.unique(g):
            rows = np.flatnonzero(g == level)
            shares = np.full(len(rows), 1 / len(rows))
            weights[:, rows] = rng.multinomial(len(rows), shares, replicates)
        drawn += ((weights @ rise) * weights).sum(axis=1)
    share = _expanded(confidence, sum(cells) - len(cells), sum(cells))
    low, high = np.quantile(drawn / pairs, [share, 1 - share])
    return replace(result, low=float(low), high=float(high))


def equivalence(differences: np.ndarray, margin: float, alpha: float = 0.05) -> Inference:
    """Return the mean of `differences` (n), its 1 - 2 `alpha` interval and its p of equivalence.

    A small p value says that the mean lies within +-`margin`. It is the larger p value of two
    one-sided tests: that the mean is at most -`margin`, and that it is at least `margin`
    (Schuirmann 1987).
    """
    interval = t_interval(differences, 1 - 2 * alpha)
    if np.isnan(interval.p):
        return interval
    n = len(differences)
    error = float(np.std(differences, ddof=1)) / sqrt(n)
    p = t_tail((margin - abs(interval.estimate)) / error, n - 1)
    return Inference(interval.estimate, interval.low, interval.high, p)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values (n) that are corrected for their number; nan marks no test and stays nan.

    Source: Holm 1979.

    Examples
    --------
    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, np.nan])).tolist()
    [0.02, 0.04, nan]
    """
    p = np.asarray(p, float)
    corrected = np.full(len(p), np.nan)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    stepped = p[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1, np.maximum.accumulate(stepped))
    return corrected


# ----------------------------------------------------------------------------------------- parts


def _arrangements(
    sizes: Sequence[tuple[int, int]], replicates: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], bool]:
    """Return first groups (R, n) of blocks of (n, group size), and whether they are complete."""
    if prod(comb(n, size) for n, size in sizes) > replicates:
        ranks = [rng.random((replicates, n)).argsort(axis=1) for n, _ in sizes]
        return [rank < size for rank, (_, size) in zip(ranks, sizes, strict=True)], False
    every = product(*(combinations(range(n), size) for n, size in sizes))
    blocks = zip(*every, strict=True)
    chosen = []
    for groups, (n, _) in zip(blocks, sizes, strict=True):
        mask = np.zeros((len(groups), n), bool)
        np.put_along_axis(mask, np.array(groups), True, axis=1)
        chosen.append(mask)
    return chosen, True


def _differences(
    values: Sequence[np.ndarray], first: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean difference, its variance and its degrees of freedom, (R) each.

    `first` holds arrangements (R, n). The variance is nan if a group has only one value.
    """
    count = len(values)
    difference, variance, spread = np.zeros((3, len(first[0])))
    for x, chosen in zip(values, first, strict=True):
        for mask, sign in ((chosen, -1), (~chosen, 1)):
            n = mask[0].sum()
            mean = mask @ x / n
            # A second pass is needed, because x is centred on both groups together.
            squares = np.einsum("rn,rn->r", mask, (x - mean[:, None]) ** 2)
            part = squares / ((n - 1) * n) if n > 1 else np.full(len(mask), np.nan)
            difference += sign * mean / count
            variance += part / count**2
            spread += (part / count**2) ** 2 / max(n - 1, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return difference, variance, variance**2 / spread


def _studentised(difference: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return differences divided by their standard error, or undivided if a variance is nan."""
    if np.isnan(variance).any():
        return difference
    least = (ROUNDING * np.abs(difference).max(initial=0)) ** 2
    infinite = np.where(difference**2 > least, np.copysign(np.inf, difference), 0.0)
    error = np.sqrt(np.maximum(variance, 0))
    return np.divide(difference, error, out=infinite, where=variance > least)


def arrangement_p(observed: float, values: np.ndarray, exact: bool) -> tuple[float, float]:
    """Return the share of `values` that reach the observed value, and the smallest possible share.

    If the arrangements are not `exact`, which means complete, the observed one counts as one more.
    """
    reached = int((values >= observed * (1 - ROUNDING)).sum())
    if not exact:
        return (1 + reached) / (1 + len(values)), 1 / (1 + len(values))
    top = int((values >= values.max() * (1 - ROUNDING)).sum())
    return reached / len(values), top / len(values)


def _jonckheere_variance(values: np.ndarray, levels: np.ndarray) -> float:
    """Return the variance of Jonckheere's J with ties (Hollander et al. 2014, equation 6.19)."""
    n = len(values)
    ties, sizes = (np.unique(x, return_counts=True)[1].astype(float) for x in (values, levels))

    def sums(k: np.ndarray) -> tuple[float, float, float]:
        pairs = k * (k - 1)
        return (
            float((pairs * (2 * k + 5)).sum()),
            float((pairs * (k - 2)).sum()),
            float(pairs.sum()),
        )

    of_ties, of_sizes, of_all = sums(ties), sums(sizes), sums(np.array([float(n)]))
    variance = (of_all[0] - of_sizes[0] - of_ties[0]) / 72
    if n > 2:
        variance += of_sizes[1] * of_ties[1] / (36 * of_all[1])
    if n > 1:
        variance += of_sizes[2] * of_ties[2] / (8 * of_all[2])
    return variance
