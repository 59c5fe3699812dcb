"""Alternation: whether a gait takes two kinds of strides in turn, a gait of period 2.

The poses at successive strikes of a foot are compared. If strides alternate, the pose at a strike
is like that of the strike before the last, and unlike that of the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainiarb.errors import Refused
from brainiarb.gait.strides import longest_stride
from brainiarb.gait.strike_poses import strike_poses
from brainiarb.gait.walk import SteadyWalk
from brainiarb.statistics.measures import Measure, qualified

# A gait alternates if the alternation is this large. Its pose at strikes is then a quarter
# alternating and at most three quarters irregular, and strides that are merely corrected by the
# next one (a correlation of -0.35 with it) stay below.
ALTERNATES = 0.5
# Noise of this size, in standard deviations of the posture, is added to each position. In a gait
# that almost repeats itself, what is left of its approach or of the sampling may alternate.
NEGLIGIBLE = 0.08
# Pairs of a strike and the strike before the last that a foot must have.
LEAST_PAIRS = 10


@dataclass(frozen=True)
class Alternation:
    """How much the strides of an agent alternate."""

    value: float
    """Lag-2 minus lag-1 autocorrelation of the pose at strikes: nearly 2 for a gait of period 2
    without noise, about 0 for equal or irregular strides. It is nan with too few strikes."""
    p: float
    """The chance of so large a value if the order of the strides did not matter."""

    def has_period_2(self, alpha: float) -> bool:
        """Return whether the alternation is large, and larger than chance at the level `alpha`."""
        return self.value >= ALTERNATES and self.p <= alpha


def alternation(
    feet: Sequence[Sequence[NDArray[np.float64]]],
    rng: np.random.Generator,
    permutations: int = 999,
) -> Alternation:
    """Return the alternation of the poses at strikes, averaged over feet.

    `feet` holds for each foot, and for each episode of it, the poses (n, c) at successive strikes
    (`strike_poses`); a row with nan or infinity is a missed strike. Their unit is the standard
    deviation of the posture. Poses are centred in each episode. The autocorrelation at lag k is the
    sum of the products of poses that are k strikes apart, over the mean of the sums of their
    squares, to which a variance of 0.08 squared is added for each position. Under the null, the
    order of the strides of an episode is exchanged, in the same way for all feet, because feet move
    together. A foot with fewer than ten pairs of strikes two apart is left out; without any foot,
    value and p are nan. Poses that do not vary have the value 0 and the p 1. Raises Refused without
    a permutation.
    """
    if permutations < 1:
        raise Refused(f"expected 1 permutation or more, found {permutations}; use 999")
    n_strikes = max((len(poses) for foot in feet for poses in foot), default=0)
    n_episodes = max(map(len, feet), default=0)
    # The first order is the recorded one.
    keys = rng.random((n_episodes, permutations + 1, n_strikes))
    keys[:, 0] = np.arange(n_strikes)
    used = [foot for foot in feet if _pairs(foot, 2) >= LEAST_PAIRS]
    if not used:
        return Alternation(float("nan"), float("nan"))
    values = np.mean([_differences(foot, keys) for foot in used], axis=0)
    # Rounding must not make equal arrangements unequal.
    extreme = values[1:] >= values[0] - 1e-12
    return Alternation(float(values[0]), float((1 + extreme.sum()) / (1 + permutations)))


def with_gaps(
    poses: NDArray[np.float64], rows: NDArray[np.int64], longest: float
) -> NDArray[np.float64]:
    """Return poses (n, c) at strikes with a row of nan wherever a strike was missed.

    `rows` (n) are the rows of the strikes. A strike was missed between two that are more than
    `longest` rows apart (`longest_stride`).
    """
    gaps = np.flatnonzero(np.diff(rows) > longest) + 1
    return np.insert(poses, gaps, np.nan, axis=0)


def alternation_measures(walk: SteadyWalk, seed: int, alpha: float) -> dict[str, Measure]:
    """Return the alternation of an agent, and whether its gait has period 2 (1) or not (0).

    The note of the alternation names p, which is compared with `alpha`.
    """
    feet = [
        [with_gaps(at.poses, at.rows, longest_stride(strikes)) for at in foot]
        for foot, strikes in zip(strike_poses(walk), zip(*walk.strikes, strict=True), strict=False)
    ]
    found = alternation(feet, np.random.default_rng([seed, 2]))
    if np.isnan(found.value):
        missing = walk.footless or f"no foot has {LEAST_PAIRS} pairs of strikes two apart"
        return {name: qualified("1", np.nan, missing) for name in ("alternation", "period_2")}
    note = f"p {found.p:.3f} with the order of strides exchanged"
    return {
        "alternation": Measure("1", found.value, note=note),
        "period_2": Measure("1", found.has_period_2(alpha), note=f"alternation {found.value:.2f}"),
    }


def _known(poses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which strikes (n) are known, and no gaps."""
    return np.asarray(np.isfinite(poses).all(axis=1))


def _pairs(episodes: Sequence[NDArray[np.float64]], lag: int) -> int:
    """Return how many pairs of strikes are `lag` strikes apart."""
    known = [_known(poses) for poses in episodes]
    return sum(int((x[lag:] & x[:-lag]).sum()) for x in known)


def _differences(
    episodes: Sequence[NDArray[np.float64]], keys: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return lag-2 minus lag-1 autocorrelation of a foot for each order (k) of its strides.

    `keys` (episodes, k, strikes) hold numbers whose order is that of the strikes of an episode.
    """
    products, squares = np.zeros((2, keys.shape[1])), np.zeros((2, keys.shape[1]))
    for poses, key in zip(episodes, keys, strict=False):
        known = _known(poses)
        x = poses[known] - poses[known].mean(axis=0) if known.any() else poses[known]
        every = np.einsum("ic,jc->ij", x, x)
        order = np.argsort(key[:, : len(x)], axis=1)
        rank = np.cumsum(known) - 1
        for i, lag in enumerate((1, 2)):
            paired = np.flatnonzero(known[lag:] & known[:-lag])
            first, second = order[:, rank[paired]], order[:, rank[paired + lag]]
            products[i] += every[first, second].sum(axis=1)
            own = np.diag(every)
            noise = NEGLIGIBLE**2 * len(paired) * x.shape[1]
            squares[i] += (own[first] + own[second]).sum(axis=1) / 2 + noise
    correlations = np.divide(products, squares, out=np.zeros_like(products), where=squares > 0)
    return np.asarray(correlations[1] - correlations[0])
