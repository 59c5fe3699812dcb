"""Shares of clones, such as of those that walk: intervals and tests that stay between 0 and 1.

Clones that walk and clones that fall are two modes. A mean between the modes describes no clone,
and its t interval covers 0.55 to 0.9 instead of 0.95, because eight clones often show one mode
only. The share of a mode has an interval that holds even where all clones are alike.

The clones of one expert resemble one another. Of several experts the estimate is the mean of their
shares, and an interval counts the effective number of clones, which lies between the number of
experts and that of clones, less what the few experts leave uncertain (Korn and Graubard 1998).
"""

from collections.abc import Sequence

import numpy as np

from brainiarb.errors import Refused
from brainiarb.statistics.distributions import (
    beta_quantile,
    beta_share,
    normal_quantile,
    normal_tail,
    t_quantile,
)
from brainiarb.statistics.methods import NO_VALUES, Inference, missing_numbers

HALVINGS = 60
"""How often the range of a bound is halved; then the bound is exact to rounding."""


def wilson(hits: Sequence[np.ndarray], confidence: float = 0.95) -> Inference:
    """Return the share of clones that `hits` marks, with its interval (Wilson 1927).

    `hits` hold the clones (k) of each expert, True or False. Without experts, and if an expert has
    no clones or a hit is nan or infinite, every number is nan and the note says why.
    """
    if fault := _fault(*hits):
        return Inference(float("nan"), note=fault)
    share, number = _share_and_number(hits, confidence)
    spread = normal_quantile((1 + confidence) / 2) ** 2 / number
    middle = (share + spread / 2) / (1 + spread)
    half = np.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return Inference(share, float(max(0.0, middle - half)), float(min(1.0, middle + half)))


def binomial(hits: Sequence[np.ndarray], null: float, confidence: float = 0.95) -> Inference:
    """Return the share of clones that `hits` marks, its exact interval and one-sided p.

    p is the chance of a share so far from `null`, on the side where the share lies; the interval
    inverts this test (Clopper and Pearson 1934). `hits` are as in `wilson`. A `null` that is not a
    share from 0 to 1, such as nan, is refused.
    """
    if not 0 <= null <= 1:
        raise Refused(f"expected a share from 0 to 1 to compare with, found {null}; give a share")
    if fault := _fault(*hits):
        return Inference(float("nan"), note=fault)
    share, number = _share_and_number(hits, confidence)
    marked, tail = share * number, (1 - confidence) / 2
    unmarked = number - marked
    low = beta_quantile(tail, marked, unmarked + 1) if marked > 0 else 0.0
    high = beta_quantile(1 - tail, marked + 1, unmarked) if unmarked > 0 else 1.0
    below, above = share <= null, share >= null
    p = 1.0
    if below and unmarked > 0:
        p = beta_share(1 - null, unmarked, marked + 1)
    if above and marked > 0:
        p = beta_share(null, marked, unmarked + 1)
    return Inference(share, low, high, p)


def paired_shares(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Inference:
    """Return by how much the share of hits is larger in `second` than in `first`, paired by block.

    Both are (k), True or False. p is that of McNemar's test (1947) and the interval is Tango's
    (1998), which inverts the same score test: it excludes 0 just where p is below 1 - `confidence`,
    and it lies within -1 and 1. Without blocks, and if a hit is nan or infinite, every number is
    nan and the note says why.
    """
    if fault := _fault(first, second):
        return Inference(float("nan"), note=fault)
    first, second = (np.asarray(side, bool) for side in (first, second))
    gained, lost = int((second & ~first).sum()), int((first & ~second).sum())
    n = len(first)
    estimate, quantile = (gained - lost) / n, normal_quantile((1 + confidence) / 2)
    bounds: list[float] = []
    for end in (-1.0, 1.0):
        inside, outside = estimate, end
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            if abs(_paired_score(gained, lost, n, middle)) <= quantile:
                inside = middle
            else:
                outside = middle
        bounds.append(inside)
    p = 2 * normal_tail(abs(_paired_score(gained, lost, n, 0.0)))
    return Inference(estimate, bounds[0], bounds[1], p)


def _fault(*hits: np.ndarray) -> str:
    """Return why hits (k) allow no inference: a set is empty or missing, or a hit is no number."""
    return next(filter(None, map(missing_numbers, hits)), "") if hits else NO_VALUES


def _share_and_number(hits: Sequence[np.ndarray], confidence: float) -> tuple[float, float]:
    """Return the mean share of the experts, and the effective number of clones.

    Experts that all have the share 0, or all 1, count once each, because they say nothing of the
    variance between experts.
    """
    shares = np.array([np.mean(x) for x in hits])
    experts, clones, share = len(shares), float(sum(map(len, hits))), float(shares.mean())
    if experts == 1:
        return share, clones
    variance = float(shares.var(ddof=1)) / experts
    number = experts if share in (0.0, 1.0) else clones
    if variance > 0:
        number = np.clip(share * (1 - share) / variance, experts, clones)
    upper = (1 + confidence) / 2
    few = (normal_quantile(upper) / t_quantile(upper, experts - 1)) ** 2
    return share, float(number * few)


def _paired_score(gained: int, lost: int, n: int, difference: float) -> float:
    """Return Tango's z of a difference of paired shares (Tango 1998, equation 2)."""
    linear = -gained - lost + (2 * n - gained + lost) * difference
    constant = -lost * difference * (1 - difference)
    nuisance = (np.sqrt(max(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = n * (2 * nuisance + difference * (1 - difference))
    surplus = gained - lost - n * difference
    if variance <= 0:
        return 0.0 if surplus == 0 else float(np.copysign(np.inf, surplus))
    return float(surplus / np.sqrt(variance))
