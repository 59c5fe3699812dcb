"""The dip test: whether values have more than one mode."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from brainiarb.statistics.methods import ROUNDING, Inference, missing_numbers, p_value

TABLE = 10_000
"""How many uniform samples the null distribution of the dip is drawn from."""
CELLS = 2**16
"""How many numbers the samples of one batch hold, whose dips are computed at once."""

NO_CELL = "no level has 4 clones or more that differ"


def dip(samples: np.ndarray) -> np.ndarray:
    """Return the dip (...) of samples (..., n), which is small if a sample has one mode.

    The dip is the largest difference between the empirical distribution function and the nearest
    unimodal one (Hartigan and Hartigan 1985). It lies between 1/(2n) and 1/4. Bisection finds it
    to within 1e-9 and takes n^2 operations. A sample with a value that is nan or infinite, or
    without values, has the dip nan; equal values have the least dip.
    """
    x = np.sort(np.asarray(samples, float), axis=-1)
    known = np.isfinite(x).all(axis=-1)
    if not (x.shape[-1] and known.all()):
        dips = np.full(x.shape[:-1], np.nan)
        if x.shape[-1] and known.any():
            dips[known] = dip(x[known])
        return dips
    low = np.full(x.shape[:-1], 0.5 / x.shape[-1])
    high = np.full(x.shape[:-1], 0.25)
    while (high - low).max(initial=0) > ROUNDING:
        middle = (low + high) / 2
        fits = _unimodal_within(x, middle)
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    return high


def dip_test(cells: Sequence[np.ndarray], replicates: int, rng: np.random.Generator) -> Inference:
    """Return the mean dip of `cells` (n each) and the p value that every cell has one mode.

    A cell holds the clones of one level and one expert, because only such clones are comparable.
    The null distribution is the mean dip of uniform samples of the same sizes; of all unimodal
    distributions, the uniform one has the largest dips (Hartigan and Hartigan 1985). Cells with
    fewer than 4 clones or without variance are left out. Without any cell, without values, and if a
    value is nan or infinite, every number is nan and the note says why.
    """
    if fault := missing_numbers(np.concatenate([np.zeros(0), *cells])):
        return Inference(float("nan"), note=fault)
    used = sorted((x for x in cells if len(x) >= 4 and np.ptp(x) > 0), key=len)
    if not used:
        return Inference(float("nan"), note=NO_CELL)
    sizes = [len(x) for x in used]
    stacks = [np.stack([x for x in used if len(x) == n]) for n in sorted(set(sizes))]
    estimate = float(np.concatenate([dip(stack) for stack in stacks]).mean())
    null = dip_null(sizes, replicates, rng)
    return Inference(estimate, p=p_value(estimate * (1 - ROUNDING), null))


def dip_null(sizes: Sequence[int], replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return R mean dips (R), each over one uniform sample of each of the `sizes`."""
    drawn = [rng.choice(_uniform_dips(n), replicates) for n in sizes]
    return np.mean(drawn, axis=0)


@cache
def _uniform_dips(n: int) -> np.ndarray:
    """Return the dips of uniform samples of `n` values, as Hartigan and Hartigan tabulate them.

    They come from a seed of their own, because they are the same for all data.
    """
    samples = np.random.default_rng(n).random((TABLE, n))
    return np.concatenate([dip(x) for x in np.array_split(samples, -(-TABLE * n**2 // CELLS))])


def _unimodal_within(x: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return whether a unimodal distribution function lies within `distance` (...) of each sample.

    Such a function is convex below some value of the sorted samples `x` (..., n) and concave above
    it, and it is not higher at the end of the convex part than at the start of the concave part.
    """
    before, fits_before = _convex_rise(x, distance)
    after, fits_after = (part[..., ::-1] for part in _convex_rise(-x[..., ::-1], distance))
    return (fits_before & fits_after & (before + after <= 1 + ROUNDING)).any(axis=-1)


def _convex_rise(x: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how high a convex function near a sample is at each value, and whether one exists.

    Both have the shape (..., n). Just before the k-th value the function is at most
    (k - 1)/n + distance, just after it at least k/n - distance. Beyond two values its slope is at
    least the slope between them.
    """
    n = x.shape[-1]
    most = np.arange(n) / n + distance[..., None]
    least = np.arange(1, n + 1) / n - distance[..., None]
    # Entry (i, j) is the distance from value i up to value j.
    apart = x[..., None, :] - x[..., :, None]
    below = apart > 0
    rises = least[..., None, :] - most[..., :, None]
    slopes = np.divide(rises, apart, out=np.zeros_like(apart), where=below).max(axis=-2)
    reached = least[..., :, None] + np.maximum(slopes, 0)[..., :, None] * apart
    reached = np.where(below, reached, 0).max(axis=-2)
    fits = np.logical_and.accumulate(reached <= most + ROUNDING, axis=-1)
    # Tied values force the function to jump, which it may do only at its end.
    jumps = (apart == 0) & (least[..., :, None] > most[..., None, :] + ROUNDING)
    return reached, fits & ~(below & jumps.any(axis=-2)[..., :, None]).any(axis=-2)
