"""Intervals and tests whose unit is a training run: a clone within its expert, or an expert.

Values of the clones of one expert stand in one array, those of several experts in a list of arrays.
Which interval holds is a matter of the number of experts. Of one, clones are the sample and all
that is said is conditional on this expert. Of several, one number for each expert is the sample
(`t_interval`): clones of one expert share what their expert is, and a `hierarchical_bootstrap`
covers too little, since a resample of three experts varies less than three new ones would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, product
from math import comb, factorial, prod

import numpy as np
from scipy.stats import norm, t

ROUNDING = 1e-9  # relative difference below which two statistics count as equal
TABLE = 10_000  # samples that the null of the dip is from
CELLS = 2**16  # numbers of a batch of samples whose dip is computed at once


@dataclass(frozen=True)
class Inference:
    """An estimate with its interval and the p of its test; what does not exist is nan."""

    estimate: float
    low: float = float("nan")
    high: float = float("nan")
    p: float = float("nan")
    """Two-sided but for `equivalence` and `dip_test`."""
    smallest: float = 0.0
    """The smallest p that this many units can give."""


# ------------------------------------------------------------------------------------- intervals


def t_interval(values: np.ndarray, confidence: float = 0.95, null: float = 0.0) -> Inference:
    """Return the mean of `values` (n), its t interval and the p of the t test against `null`.

    Student 1908. Fewer than two values, or values without variance, have no interval and no p.
    """
    n = len(values)
    mean = float(np.mean(values)) if n else float("nan")
    error = float(np.std(values, ddof=1)) / np.sqrt(n) if n > 1 else 0.0
    if not error > ROUNDING * abs(mean):
        return Inference(mean)
    half = t.ppf((1 + confidence) / 2, n - 1) * error
    return Inference(
        mean, mean - half, mean + half, float(2 * t.sf(abs(mean - null) / error, n - 1))
    )


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean of the middle half of `values` (..., n): n/4 are cut off at either end.

    n/4 is rounded down, as in rliable (Agarwal et al. 2021, "Deep reinforcement learning at the
    edge of the statistical precipice", who recommend it for few runs).
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
    """Return `statistic` of all values and its interval, with each stratum drawn anew by itself.

    `strata` hold values (n) each; `statistic` maps (..., N) to (...). Strata are experts, as tasks
    are in Agarwal et al. 2021, so the interval is conditional on them. Percentiles are expanded for
    few values (Hesterberg 2015, "What teachers should know about the bootstrap", section 5.3):
    plain ones of 8 values cover about 0.90 instead of 0.95. A stratum of one value has no interval.
    """
    estimate = float(statistic(np.concatenate(strata)))
    freedom = sum(len(values) - 1 for values in strata)
    if min(map(len, strata)) < 2:
        return Inference(estimate)
    drawn = [values[rng.integers(len(values), size=(replicates, len(values)))] for values in strata]
    share = _expanded(confidence, freedom, sum(map(len, strata)))
    low, high = np.quantile(statistic(np.concatenate(drawn, axis=1)), [share, 1 - share])
    return Inference(estimate, float(low), float(high))


def hierarchical_bootstrap(
    values: Sequence[Sequence[np.ndarray]],
    replicates: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Inference:
    """Return the mean over experts of means over clones of means over episodes.

    `values[expert][clone]` holds the episodes (n). Experts are drawn anew, then clones
    of each, then episodes of each (Saravanan, Berman and Sober 2020). The interval needs many
    experts: of 3, one of 95 % covers 0.8 to 0.9; of 1, it is conditional on this expert.
    """
    means = np.empty((len(values), replicates))
    for e, clones in enumerate(values):
        sums = np.stack(
            [ep[rng.integers(len(ep), size=(replicates, len(ep)))].mean(axis=1) for ep in clones]
        )
        drawn = rng.integers(len(clones), size=(len(clones), replicates))
        means[e] = np.take_along_axis(sums, drawn, axis=0).mean(axis=0)
    experts = rng.integers(len(values), size=(len(values), replicates))
    replicated = np.take_along_axis(means, experts, axis=0).mean(axis=0)
    estimate = float(np.mean([np.mean([ep.mean() for ep in clones]) for clones in values]))
    tail = (1 - confidence) / 2
    low, high = np.quantile(replicated, [tail, 1 - tail])
    return Inference(estimate, float(low), float(high))


def _expanded(confidence: float, freedom: int, n: int) -> float:
    """Return the share of replicates below an interval that makes up for few values."""
    return float(norm.sf(np.sqrt(n / freedom) * t.ppf((1 + confidence) / 2, freedom)))


# ----------------------------------------------------------------------------------------- tests


def p_value(observed: float, null: np.ndarray) -> float:
    """Return the share of a null (n), the observed value among it, that reaches it; nan if none.

    Phipson and Smyth 2010. Values that are not finite are left out.
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
    """Return the mean difference `second` - `first` over experts, with Welch's interval, and its p.

    `first[e]` and `second[e]` hold the clones of expert e; clones are exchanged within experts. The
    difference is divided by its standard error in every arrangement, so that unequal spread or
    numbers do no harm (Janssen 1997; Chung and Romano 2013). All arrangements are made where there
    are at most `replicates`, else that many are drawn and the observed one counts as one more
    (Phipson and Smyth 2010). The interval is Welch's (1947), over all experts together.
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
    p, smallest = _p_of(abs(value), values, exact)
    estimate, error = float(difference[0]), float(np.sqrt(variance[0]))
    if not error > 0:
        return Inference(estimate, p=p, smallest=smallest)
    half = float(t.ppf((1 + confidence) / 2, freedom[0])) * error
    return Inference(estimate, estimate - half, estimate + half, p, smallest)


def sign_flip_test(
    values: np.ndarray, replicates: int, rng: np.random.Generator, confidence: float = 0.95
) -> Inference:
    """Return the mean of paired differences `values` (n), its t interval and the sign-flip p.

    Fisher 1935: without an effect every difference is as likely of either sign. All 2^n signs are
    tried where there are at most `replicates`, else that many are drawn.
    """
    n = len(values)
    exact = 2**n <= replicates
    if exact:
        signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    else:
        signs = rng.integers(2, size=(replicates, n)) * 2 - 1
    p, smallest = _p_of(abs(float(np.mean(values))), np.abs(signs @ values) / n, exact)
    interval = t_interval(values, confidence)
    return Inference(interval.estimate, interval.low, interval.high, p, smallest)


def trend_test(
    values: Sequence[np.ndarray],
    levels: Sequence[np.ndarray],
    replicates: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Inference:
    """Return how far values rise over the levels, -1 to 1, with the p of Jonckheere and Terpstra.

    `values[e]` and `levels[e]` (n) are the clones of expert e; only clones of one expert are
    compared. The estimate is, over all pairs of different level, the share that rise less the share
    that fall. p is from the normal approximation with ties (Jonckheere 1954; Terpstra 1952;
    Hollander, Wolfe and Chicken 2014, equation 6.19), sums and variances added over experts, at
    least the smallest that the numbers of clones allow. The
    interval is `stratified_bootstrap`'s with the clones of every level drawn anew.
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
    p = float(2 * norm.sf(abs(total) / np.sqrt(variance))) if variance > 0 else 1.0
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
    """Return the mean of `differences` (n), its 1 - 2 alpha interval and p of two one-sided tests.

    A small p says that the mean lies within +-`margin` (Schuirmann 1987): the larger of the p that
    it is not above -margin and the p that it is not below margin.
    """
    interval = t_interval(differences, 1 - 2 * alpha)
    if np.isnan(interval.p):
        return interval
    n = len(differences)
    error = float(np.std(differences, ddof=1)) / np.sqrt(n)
    p = float(t.sf((margin - abs(interval.estimate)) / error, n - 1))
    return Inference(interval.estimate, interval.low, interval.high, p)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values (n) corrected for their number (Holm 1979); nan are no tests and stay."""
    p = np.asarray(p, float)
    corrected = np.full(len(p), np.nan)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    stepped = p[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1, np.maximum.accumulate(stepped))
    return corrected


# ------------------------------------------------------------------------------------ bimodality


def dip(samples: np.ndarray) -> np.ndarray:
    """Return the dip (...) of samples (..., n): how far each is from any unimodal distribution.

    The largest difference between the empirical and the nearest unimodal distribution function
    (Hartigan and Hartigan 1985), from 1/(2n) to 1/4, by bisection to 1e-9. Costs n^2 operations.
    """
    x = np.sort(np.asarray(samples, float), axis=-1)
    low = np.full(x.shape[:-1], 0.5 / x.shape[-1])
    high = np.full(x.shape[:-1], 0.25)
    while (high - low).max(initial=0) > ROUNDING:
        middle = (low + high) / 2
        fits = _unimodal_within(x, middle)
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    return high


def dip_test(cells: Sequence[np.ndarray], replicates: int, rng: np.random.Generator) -> Inference:
    """Return the mean dip of `cells` (n each) and the p that every cell has one mode.

    A cell holds the clones of one level and expert: only within one are clones alike. The null is
    the mean dip of as many uniform samples, the unimodal distribution that is hardest to tell
    (Hartigan and Hartigan 1985). Cells of fewer than 4 clones or without variance are left out.
    """
    used = sorted((x for x in cells if len(x) >= 4 and np.ptp(x) > 0), key=len)
    if not used:
        return Inference(float("nan"))
    sizes = [len(x) for x in used]
    stacks = [np.stack([x for x in used if len(x) == n]) for n in sorted(set(sizes))]
    estimate = float(np.concatenate([dip(stack) for stack in stacks]).mean())
    p, smallest = _p_of(estimate, dip_null(sizes, replicates, rng), exact=False)
    return Inference(estimate, p=p, smallest=smallest)


def dip_null(sizes: Sequence[int], replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return the mean dips (R) of uniform samples of those `sizes`, one of each."""
    drawn = [rng.choice(_uniform_dips(n), replicates) for n in sizes]
    return np.mean(drawn, axis=0)


@cache
def _uniform_dips(n: int) -> np.ndarray:
    """Return the dips of uniform samples of `n` values: the table that Hartigan and Hartigan print.

    From a seed of its own, because it is the same for all data.
    """
    samples = np.random.default_rng(n).random((TABLE, n))
    return np.concatenate([dip(x) for x in np.array_split(samples, -(-TABLE * n**2 // CELLS))])


# ----------------------------------------------------------------------------------------- parts


def _arrangements(
    sizes: Sequence[tuple[int, int]], replicates: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], bool]:
    """Return first groups (R, n) for blocks of (n, group size), and whether these are all."""
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
    """Return mean difference, its variance and degrees of freedom (R) of arrangements (R, n) each.

    A group of one has no variance; then the variance is nan.
    """
    count = len(values)
    difference, variance, spread = np.zeros((3, len(first[0])))
    for x, chosen in zip(values, first, strict=True):
        for mask, sign in ((chosen, -1), (~chosen, 1)):
            n = mask[0].sum()
            mean = mask @ x / n
            # Two passes: x is centred on all values, not on those of the group.
            squares = np.einsum("rn,rn->r", mask, (x - mean[:, None]) ** 2)
            part = squares / ((n - 1) * n) if n > 1 else np.full(len(mask), np.nan)
            difference += sign * mean / count
            variance += part / count**2
            spread += (part / count**2) ** 2 / max(n - 1, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return difference, variance, variance**2 / spread


def _studentised(difference: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return differences by their standard error; the plain ones where a group has no variance."""
    if np.isnan(variance).any():
        return difference
    least = (ROUNDING * np.abs(difference).max(initial=0)) ** 2
    infinite = np.where(difference**2 > least, np.copysign(np.inf, difference), 0.0)
    error = np.sqrt(np.maximum(variance, 0))
    return np.divide(difference, error, out=infinite, where=variance > least)


def _p_of(observed: float, values: np.ndarray, exact: bool) -> tuple[float, float]:
    """Return the share of `values` that reach the observed one, and the smallest share there is."""
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


def _unimodal_within(x: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return whether a unimodal distribution function lies within `distance` (...) of each sample.

    One that is convex below some value of the sorted `x` (..., n) and concave above, where it must
    not have risen higher before the value than it may be after.
    """
    before, fits_before = _convex_rise(x, distance)
    after, fits_after = (part[..., ::-1] for part in _convex_rise(-x[..., ::-1], distance))
    return (fits_before & fits_after & (before + after <= 1 + ROUNDING)).any(axis=-1)


def _convex_rise(x: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a convex function near a sample rises to, and if there is one, below each value.

    Both (..., n). At the k-th value it is at most (k - 1)/n + distance when it comes there, and at
    least k/n - distance when it goes on; from two values it keeps at least the slope between them.
    """
    n = x.shape[-1]
    most = np.arange(n) / n + distance[..., None]
    least = np.arange(1, n + 1) / n - distance[..., None]
    # Rows lie below columns.
    apart = x[..., None, :] - x[..., :, None]
    below = apart > 0
    rises = least[..., None, :] - most[..., :, None]
    slopes = np.divide(rises, apart, out=np.zeros_like(apart), where=below).max(axis=-2)
    reached = least[..., :, None] + np.maximum(slopes, 0)[..., :, None] * apart
    reached = np.where(below, reached, 0).max(axis=-2)
    fits = np.logical_and.accumulate(reached <= most + ROUNDING, axis=-1)
    # Only where it ends may it jump, as tied values ask it to.
    jumps = (apart == 0) & (least[..., :, None] > most[..., None, :] + ROUNDING)
    return reached, fits & ~(below & jumps.any(axis=-2)[..., :, None]).any(axis=-2)
