"""How a walker moves through the regions of a map: occupancy, transitions, cycles, their nulls."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from brainiarb.rollouts.episodes import stretches

Visits = Sequence[NDArray[np.int64]]
"""For each stretch of consecutive frames the regions entered in turn, none twice in a row."""


def visits(
    regions: ArrayLike, stretch_ids: ArrayLike, shortest: int = 1
) -> list[NDArray[np.int64]]:
    """Return the regions entered in turn in each stretch.

    `regions` (N) of consecutive frames, 0 outside all; `stretch_ids` (N) breaks at every change.
    Stays shorter than `shortest` frames and frames outside count as part of the stay around them.
    """
    labels = np.asarray(regions, dtype=np.int64)
    found = []
    for rows in stretches(len(labels), stretch_ids):
        stretch = labels[rows]
        starts = np.flatnonzero(np.diff(stretch, prepend=-1))
        lengths = np.diff(np.append(starts, len(stretch)))
        stays = stretch[starts[lengths >= shortest]]
        stays = stays[stays > 0]
        found.append(stays[np.flatnonzero(np.diff(stays, prepend=-1))])
    return found


def transition_counts(sequences: Visits, n_regions: int) -> NDArray[np.float64]:
    """Return how often region j + 1 follows region i + 1, (n_regions, n_regions)."""
    counts = np.zeros((n_regions, n_regions))
    for sequence in sequences:
        np.add.at(counts, (sequence[:-1] - 1, sequence[1:] - 1), 1)
    return counts


def net_flux(counts: ArrayLike) -> NDArray[np.float64]:
    """Return the share of transitions that have no counterpart the other way, from 0 to 1.

    sum |F_ij - F_ji| / sum (F_ij + F_ji) of counts F (..., k, k), without their diagonal: 0 where
    time could run backwards (detailed balance), 1 on a one-way ring; nan without transitions.
    """
    f = np.asarray(counts, dtype=np.float64)
    f = f * (1 - np.eye(f.shape[-1]))
    total = 2 * f.sum(axis=(-1, -2))
    with np.errstate(invalid="ignore"):
        return np.abs(f - np.swapaxes(f, -1, -2)).sum(axis=(-1, -2)) / total


def reversed_null(
    sequences: Visits, n_regions: int, replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return net flux (replicates) with each stretch run forwards or backwards, by lot.

    The null of movement that looks the same in reversed time. With s stretches no p is below
    2^(1-s).
    """
    counts = np.array([transition_counts([one], n_regions) for one in sequences])
    counts = counts.reshape(len(sequences), n_regions, n_regions)
    signs = rng.choice([-1.0, 1.0], (replicates, len(sequences)))
    lean = np.tensordot(signs, counts - counts.swapaxes(1, 2), 1)
    with np.errstate(invalid="ignore"):
        return np.abs(lean).sum(axis=(1, 2)) / (2 * counts.sum())


def shuffled_null(
    sequences: Visits, n_regions: int, replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return net flux (replicates) with the visits of each stretch in random order.

    The null of regions entered as often, in no order. A region that follows itself is no
    transition.
    """
    counts = np.zeros(replicates * n_regions**2)
    first = np.arange(replicates)[:, None] * n_regions**2
    for sequence in sequences:
        drawn = rng.permuted(np.tile(sequence - 1, (replicates, 1)), axis=1)
        pairs = first + drawn[:, :-1] * n_regions + drawn[:, 1:]
        counts += np.bincount(pairs.ravel(), minlength=len(counts))
    return net_flux(counts.reshape(replicates, n_regions, n_regions))


def modal_cycle(sequences: Visits) -> tuple[tuple[int, ...], float]:
    """Return the closed tour of regions that most transitions lie on, and their share of all.

    Each return to a region closes a tour of those visited since, which is then taken out of the
    path; tours that differ by where they begin are one, and equal ones rank by their regions. An
    empty tour where none closes; nan without transitions.
    """
    tours: Counter[tuple[int, ...]] = Counter()
    for sequence in sequences:
        path: list[int] = []
        for region in sequence.tolist():
            if region in path:
                start = path.index(region)
                closed = path[start:]
                first = closed.index(min(closed))
                tours[(*closed[first:], *closed[:first])] += len(closed)
                del path[start:]
            path.append(region)
    total = sum(max(len(sequence) - 1, 0) for sequence in sequences)
    if not total:
        return (), float("nan")
    tour = min(tours, key=lambda one: (-tours[one], one), default=())
    return tour, tours[tour] / total


def recurrence(regions: ArrayLike, stretch_ids: ArrayLike, lag: int) -> float:
    """Return how surely a walker is back in its region `lag` frames later, at best 1.

    Cohen's kappa of the regions `lag` apart within stretches: 0 is as often as by chance. nan
    where no stretch is longer than the lag or all frames lie in one region.
    """
    labels = np.asarray(regions, dtype=np.int64)
    pieces = [labels[rows] for rows in stretches(len(labels), stretch_ids)]
    now = np.concatenate([np.zeros(0, np.int64), *(one[:-lag] for one in pieces)])
    then = np.concatenate([np.zeros(0, np.int64), *(one[lag:] for one in pieces)])
    if not len(now):
        return float("nan")
    size = int(labels.max()) + 1
    shares = [np.bincount(side, minlength=size) / len(side) for side in (now, then)]
    chance = float(np.sum(shares[0] * shares[1]))
    return float(((now == then).mean() - chance) / (1 - chance)) if chance < 1 else float("nan")


def jensen_shannon(first: ArrayLike, second: ArrayLike) -> float:
    """Return the Jensen-Shannon distance of two distributions, in bits^0.5 (0 equal, 1 apart).

    The square root of the divergence (Lin 1991), which is a metric (Endres and Schindelin 2003).
    Counts are scaled to sum to 1; nan where one side has none.
    """
    p, q = (np.asarray(side, dtype=np.float64) for side in (first, second))
    if not (p.sum() > 0 and q.sum() > 0):
        return float("nan")
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2
    bits = (rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / (2 * np.log(2))
    return float(np.sqrt(max(bits, 0.0)))


def split_null(
    counts: ArrayLike, size: int, replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return distances (replicates) of some episodes of one agent to its others.

    `counts` (E, k) frames of each episode in each region. `size` episodes are drawn, at most half,
    so that the parts are as small as the recording they stand beside: the distance of two small
    samples is large by itself. Empty with fewer than two episodes.
    """
    frames = np.asarray(counts, dtype=np.float64)
    if len(frames) < 2:
        return np.zeros(0)
    size = min(size, len(frames) // 2)
    drawn = rng.permuted(np.tile(np.arange(len(frames)) < size, (replicates, 1)), axis=1)
    return np.array([jensen_shannon(frames[one].sum(0), frames[~one].sum(0)) for one in drawn])
