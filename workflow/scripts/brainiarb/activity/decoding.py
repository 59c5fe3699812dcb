"""Decoding: what can be read from a layer by a linear map, in episodes that the map has not seen.

Ridge regression from sums of products, one set for each block of rows: a fit without some blocks
and its error in others cost nothing of the rows. A feed-forward layer cannot hold more than the
observation that it is computed from, so the observation decoded the same way is the reference for
what a layer drops and for what it lays out in the open.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from brainiarb.errors import Refused
from brainiarb.signals import divisors, z_scored

PENALTIES = 10.0 ** np.arange(-6, 2)  # as multiples of the mean variance of the predictors


@dataclass(frozen=True, eq=False)
class Decoded:
    """How well q targets are read from a layer in episodes left out."""

    r2: np.ndarray
    """(q) 1 less the squared error over that of the fitted episodes' mean; at most 1; nan where a
    target does not vary."""
    predictions: np.ndarray
    """(n, q) for each row by the map that has not seen its episode."""
    penalties: np.ndarray
    """(episodes, q) chosen within the fitted episodes."""


def decode(activity: np.ndarray, targets: np.ndarray, episode_ids: np.ndarray) -> Decoded:
    """Read targets (n, q) from activity (n, p) by ridge regression, an episode left out at a time.

    The penalty of each target is chosen within the fitted episodes, by leaving out each of them in
    turn, or each half where there is but one. Columns of activity are standardised. Raises
    ValueError with fewer than two episodes. Costs n (p + q)^2 and E^2 p^3 operations.
    """
    labels, episodes = np.unique(episode_ids, return_inverse=True)
    if len(labels) < 2:
        raise Refused(
            f"expected two episodes or more to leave one out, found {len(labels)}; record more"
        )
    x = z_scored(activity)
    y = targets - targets.mean(axis=0)
    q = y.shape[1]
    columns = np.column_stack([x, y, np.ones(len(x))])
    halves: dict[int, list[np.ndarray]] = {}
    for e in range(len(labels)):
        parts = np.array_split(columns[episodes == e], 2)
        halves[e] = [part.T @ part for part in parts]
    blocks = {e: np.sum(parts, axis=0) for e, parts in halves.items()}
    # Two fits share their blocks: leaving out a then b is leaving out b then a.
    known: dict[frozenset[int], tuple[np.ndarray, np.ndarray]] = {}

    def without(*left_out: int) -> tuple[np.ndarray, np.ndarray]:
        key = frozenset(left_out)
        if key not in known:
            known[key] = _maps(np.sum([blocks[e] for e in blocks if e not in key], axis=0), q)
        return known[key]

    error, total = np.zeros(q), np.zeros(q)
    predictions, chosen = np.empty((len(y), q)), []
    for e in blocks:
        others = [f for f in blocks if f != e]
        if len(others) > 1:
            inner = [_errors(blocks[f], *without(e, f))[0] for f in others]
        else:
            first, second = halves[others[0]]
            inner = [_errors(a, *_maps(b, q))[0] for a, b in ((first, second), (second, first))]
        best = np.argmin(np.sum(inner, axis=0), axis=0)
        means, maps = without(e)
        errors, of_mean = _errors(blocks[e], means, maps)
        error += errors[best, range(q)]
        total += of_mean
        linear = maps[best, :, range(q)].T
        rows = episodes == e
        predictions[rows] = (x[rows] - means[:-q]) @ linear + means[-q:]
        chosen.append(PENALTIES[best])
    constant = np.ptp(targets, axis=0) == 0
    r2 = np.where(constant, np.nan, 1 - error / divisors(total))
    return Decoded(r2, predictions + targets.mean(axis=0), np.array(chosen))


def area_under_curve(scores: np.ndarray, truth: np.ndarray, episode_ids: np.ndarray) -> float:
    """Return how often a row where `truth` (n) holds scores above one where it does not, 0 to 1.

    0.5 is chance, whatever the share of either, and no threshold has to be set. Rows of one
    episode are compared, and episodes averaged; nan where none has both kinds. Mann and Whitney
    1947.
    """
    areas = []
    for e in np.unique(episode_ids):
        score, true = scores[episode_ids == e], truth[episode_ids == e]
        yes, no = int(true.sum()), int((~true).sum())
        if yes and no:
            areas.append((rankdata(score)[true].sum() - yes * (yes + 1) / 2) / (yes * no))
    return float(np.mean(areas)) if areas else float("nan")


def _maps(sums: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
    """Return means (p + q) and maps (penalties, p, q) that fit the rows behind some sums."""
    p = len(sums) - q - 1
    means = sums[-1, :-1] / sums[-1, -1]
    covariance = sums[:-1, :-1] - sums[-1, -1] * np.outer(means, means)
    variances, directions = np.linalg.eigh(covariance[:p, :p])
    along = directions.T @ covariance[:p, p:]
    least = PENALTIES[:, None] * max(float(variances.mean()), np.finfo(float).tiny)
    return means, directions @ (along / (np.maximum(variances, 0) + least)[..., None])


def _errors(sums: np.ndarray, means: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared error (penalties, q) of maps in some rows, and of the fitted means (q)."""
    p = maps.shape[1]
    shift = np.eye(len(sums))
    shift[-1, :-1] = -means
    moments = (shift.T @ sums @ shift)[:-1, :-1]
    total = moments[p:, p:].diagonal()
    explained = (maps * (2 * moments[:p, p:] - moments[:p, :p] @ maps)).sum(axis=1)
    return total - explained, total
