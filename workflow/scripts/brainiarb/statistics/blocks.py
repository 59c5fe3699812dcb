"""Blocks: clone k of every level begins as one network, so that levels are compared within each k.

Clones of one k are alike at all levels: their similarity to the expert has an intraclass
correlation of 0.7 to 0.8. A test that takes the clones of two levels for independent covers far too
little, or resolves far too little. Therefore a comparison of levels first becomes one number of
each block k, and these numbers are the sample. Where several experts were cloned, one number of
each expert, the mean over its blocks, is the sample.

The interval and p of a sample are those of Student's t (`methods.t_interval`). The exact
alternative, sign flips of the blocks, covers as well at eight blocks, but its smallest p is
2 / 2^n: four blocks can resolve nothing, and eight cannot resolve a claim beside seven others. In
simulations of the study's design, t keeps its level and covers, for blocks that are normal,
heavy-tailed or a mixture of modes.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from brainiarb.statistics.methods import ROUNDING, Inference, clipped, p_value, t_interval

Side = np.ndarray | float
"""Values (k) of the clones of one expert, or one value that all of them are compared with."""

LEAST_LEVELS = 3
"""The smallest number of levels that a trend is asked of."""


def differences(first: Side, second: Side) -> tuple[np.ndarray, int]:
    """Return `second` - `first` of every block that has both, and the number of the others.

    A missing value is nan or infinite. The differences are empty if no block has both values.
    """
    sides = [np.asarray(side, float) for side in (first, second)]
    before, after = (np.where(np.isfinite(side), side, np.nan) for side in sides)
    apart = after - before
    known = np.isfinite(apart)
    return apart[known], int((~known).sum())


def sample(values: Sequence[np.ndarray]) -> np.ndarray:
    """Return the numbers that are the sample: blocks of one expert, or a mean of each expert.

    `values` hold the numbers of the blocks (k) of each expert. An expert without a block is left
    out.
    """
    known = [x for x in values if len(x)]
    return known[0] if len(known) == 1 else np.array([x.mean() for x in known])


def trends(values: np.ndarray) -> np.ndarray:
    """Return Kendall's tau (k) of each block: how far its values rise with the level, -1 to 1.

    `values` (k, m) have one column per level, in rising order. A value that is nan or infinite is
    missing. Equal values have the tau 0.
    The tau of a block is the share of its pairs of levels that rise, less the share that fall
    (Kendall 1938, tau a); pairs with a missing value do not count. A block with fewer than
    `LEAST_LEVELS` values has the tau nan.
    """
    i, j = np.triu_indices(values.shape[1], 1)
    values = np.where(np.isfinite(values), values, np.nan)
    steps = np.sign(values[:, j] - values[:, i])
    enough = np.isfinite(values).sum(axis=1) >= LEAST_LEVELS
    taus = np.full(len(values), np.nan)
    taus[enough] = np.nanmean(steps[enough], axis=1)
    return taus


def trend(
    values: Sequence[np.ndarray],
    replicates: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Inference:
    """Return the mean tau of the blocks, or of the experts, with its interval and p.

    `values` hold the blocks (k, m) of each expert, see `trends`. Blocks without a tau are left out;
    if none is left, every number is nan and the note says that there are no values. Blocks that all
    have one tau have the p of `permuted_trends`, from `replicates` permutations.
    """
    taus = [trends(x) for x in values]
    known = [np.isfinite(x) for x in taus]
    units = sample([x[rows] for x, rows in zip(taus, known, strict=True)])
    result = clipped(t_interval(units, confidence), -1, 1)
    blocks = [x[rows] for x, rows in zip(values, known, strict=True) if rows.any()]
    if len(blocks) != 1 or len(units) < 2 or np.ptp(units) > ROUNDING:
        return result
    null = np.abs(permuted_trends(blocks[0], replicates, rng))
    p = p_value(abs(result.estimate), null + ROUNDING)
    if p > 1 - confidence:
        return replace(result, p=p)
    return replace(result, p=p, low=result.estimate, high=result.estimate)


def permuted_trends(values: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return mean taus (R) of blocks whose values are exchanged within each block at random.

    It is the null of Page's test (Page 1963), with Kendall's tau in place of his ranks. The sample
    of taus needs it only where all blocks have the same tau, because without variance there is no
    t. It supposes that no block has a trend, where t supposes that blocks have none on average:
    used always, it would reject in 0.10 to 0.23 of the studies whose blocks have different trends
    of mean 0. The taus are nan if a block has fewer than `LEAST_LEVELS` values, and without blocks.
    """
    if not len(values):
        return np.full(replicates, np.nan)
    known = [x[np.isfinite(x)] for x in values]
    return np.mean(
        [trends(rng.permuted(np.tile(x, (replicates, 1)), axis=1)) for x in known], axis=0
    )
