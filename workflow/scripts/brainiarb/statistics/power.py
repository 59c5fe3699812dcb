"""Power: how often a design tells the smallest effect from no effect, given the variances found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brainiarb.statistics.distributions import shifted_t_tail, t_quantile
from brainiarb.statistics.methods import missing_numbers


@dataclass(frozen=True)
class Spread:
    """Standard deviations of an effect."""

    blocks: float
    """Between the blocks of one expert; nan if no expert has two."""
    experts: float
    """Between the true means of experts; nan if only one expert was cloned."""


def spread(effects: Sequence[np.ndarray]) -> Spread:
    """Return how much the effects (k) of the blocks of each expert vary within and between experts.

    The variance between experts is that of their means, less what the blocks add to it, and at
    least 0 (one-way analysis of variance with random effects). Both are nan if an effect is nan or
    infinite, and if an expert has none.
    """
    if any(map(missing_numbers, effects)):
        return Spread(float("nan"), float("nan"))
    free = sum(len(x) - 1 for x in effects)
    within = sum(((x - x.mean()) ** 2).sum() for x in effects) / free if free else float("nan")
    if len(effects) < 2:
        return Spread(float(np.sqrt(within)), float("nan"))
    means = np.array([x.mean() for x in effects])
    added = within * np.mean([1 / len(x) for x in effects]) if free else 0.0
    return Spread(float(np.sqrt(within)), float(np.sqrt(max(0.0, means.var(ddof=1) - added))))


def power(
    found: Spread, distance: float, experts: int, clones: int, alpha: float, margins: int = 1
) -> float:
    """Return the chance that a one-sided t test at `alpha` detects a mean that lies `distance` off.

    The sample is one mean of each of `experts`, each of `clones` blocks, or the blocks themselves
    if there is one expert. With two `margins`, both of them must be excluded from the middle; the
    chance is then at least what is returned. It is nan if the distance or a standard deviation that
    it needs is nan or infinite, and if the sample has fewer than two numbers. Source: the
    noncentral t distribution.
    """
    n = experts if experts > 1 else clones
    between = found.experts**2 if experts > 1 else 0.0
    sd = np.sqrt(between + found.blocks**2 / (clones if experts > 1 else 1))
    if n < 2 or not np.isfinite([sd, distance]).all():
        return float("nan")
    if not sd:
        return 1.0
    shift = abs(distance) / float(sd) * float(np.sqrt(n))
    single = shifted_t_tail(t_quantile(1 - alpha, n - 1), n - 1, shift)
    return max(0.0, margins * single - (margins - 1))
