"""Decoding: how well a linear map reads targets from a layer, in episodes left out of its fit.

A feed-forward layer cannot hold more than the observation that it is computed from. The observation
is therefore decoded in the same way: the comparison shows which targets a layer drops and which it
makes linear.
"""

from dataclasses import dataclass

import numpy as np

from brainiarb.activity.ridge import RidgeFit, fit_ridge, moments, squared_errors
from brainiarb.errors import Refused
from brainiarb.signals import divisors

PENALTIES = 10.0 ** np.arange(-6, 2)  # as multiples of the mean variance of the predictors


@dataclass(frozen=True, eq=False)
class Decoded:
    """How well q targets are read from a layer in episodes left out."""

    r2: np.ndarray
    """(q) 1 less the squared error over that of the fitted episodes' mean; at most 1; nan for a
    target that does not vary."""
    predictions: np.ndarray
    """(n, q) for each row, by the map that was fitted without the row's episode."""
    penalties: np.ndarray
    """(episodes, q) chosen within the fitted episodes."""


def decode(activity: np.ndarray, targets: np.ndarray, episode_ids: np.ndarray) -> Decoded:
    """Read targets (n, q) from activity (n, p) by ridge regression, an episode left out at a time.

    The penalty of each target is chosen within the fitted episodes: each of them is left out in
    turn, or each half if only one episode is fitted. Columns of activity are z-scored; constant
    ones tell nothing. Raises Refused with fewer than two episodes, with two of which one has a
    single row, and for values that are nan or infinite. Costs n (p + q)^2 and E^2 p^3 operations.
    """
    if fault := undecodable(episode_ids):
        raise Refused(f"expected two episodes or more to leave one out, found {fault}; record more")
    if not (np.isfinite(activity).all() and np.isfinite(targets).all()):
        raise Refused(
            "expected finite activity and targets, found nan or infinity; leave such rows out"
        )
    labels, episodes = np.unique(episode_ids, return_inverse=True)
    x = activity - activity.mean(axis=0, dtype=np.float64)
    # The mean of a constant is rounded: a silent unit must give 0 and not that remainder.
    x[:, np.ptp(activity, axis=0) == 0] = 0.0
    x /= divisors(x.std(axis=0))
    y = targets - targets.mean(axis=0)
    p, q = x.shape[1], y.shape[1]
    halves = [
        [moments(x[rows], y[rows]) for rows in np.array_split(np.flatnonzero(members), 2)]
        for members in (episodes == e for e in range(len(labels)))
    ]
    blocks = [np.sum(parts, axis=0) for parts in halves]
    # Two fits share their blocks: leaving out a then b is leaving out b then a.
    known: dict[frozenset[int], RidgeFit] = {}

    def without(*left_out: int) -> RidgeFit:
        key = frozenset(left_out)
        if key not in known:
            sums = np.sum([blocks[e] for e in range(len(blocks)) if e not in key], axis=0)
            known[key] = fit_ridge(sums, p, PENALTIES)
        return known[key]

    error, total = np.zeros(q), np.zeros(q)
    predictions, chosen = np.empty((len(y), q)), []
    for e, block in enumerate(blocks):
        fitted = [f for f in range(len(blocks)) if f != e]
        if len(fitted) > 1:
            inner = [squared_errors(blocks[f], without(e, f))[0] for f in fitted]
        else:
            first, second = halves[fitted[0]]
            inner = [
                squared_errors(tested, fit_ridge(half, p, PENALTIES))[0]
                for tested, half in ((first, second), (second, first))
            ]
        best = np.argmin(np.sum(inner, axis=0), axis=0)
        outer = without(e)
        errors, errors_of_mean = squared_errors(block, outer)
        error += errors[best, range(q)]
        total += errors_of_mean
        linear = outer.maps[best, :, range(q)].T
        rows = episodes == e
        predictions[rows] = (x[rows] - outer.means[:p]) @ linear + outer.means[p:]
        chosen.append(PENALTIES[best])
    constant = np.ptp(targets, axis=0) == 0
    r2 = np.where(constant, np.nan, 1 - error / divisors(total))
    return Decoded(r2, predictions + targets.mean(axis=0), np.array(chosen))


def undecodable(episode_ids: np.ndarray) -> str:
    """Return why rows of these episodes (n) cannot be decoded; empty if they can.

    Where one episode is fitted, its two halves choose the penalty, so it needs two rows.
    """
    counts = np.unique(episode_ids, return_counts=True)[1]
    if len(counts) < 2:
        return f"{len(counts)}"
    return "two, one of a single row" if len(counts) == 2 and counts.min() < 2 else ""


def area_under_curve(scores: np.ndarray, truth: np.ndarray, episode_ids: np.ndarray) -> float:
    """Return how often a row where `truth` (n) holds scores above one where it does not, 0 to 1.

    0.5 is chance whatever the share of true rows, and no threshold has to be set. Rows are compared
    within their episode, and episodes are averaged; nan if no episode has both kinds of rows, as
    without rows; 0.5 for constant scores. Raises Refused for scores that are nan. Mann and Whitney
    1947.
    """
    if np.isnan(scores).any():
        raise Refused("expected scores that can be ordered, found nan; leave such rows out")
    areas = []
    for e in np.unique(episode_ids):
        score, true = scores[episode_ids == e], truth[episode_ids == e]
        yes, no = int(true.sum()), int((~true).sum())
        if yes and no:
            areas.append((_average_ranks(score)[true].sum() - yes * (yes + 1) / 2) / (yes * no))
    return float(np.mean(areas)) if areas else float("nan")


def _average_ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks (n) of values (n) from 1 on; equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]
