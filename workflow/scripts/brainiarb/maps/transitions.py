"""How a walker moves through the regions of a map: transitions, cycles, distances, their nulls."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.rollouts.episodes import stretches

Visits = Sequence[NDArray[np.int64]]
"""The regions that are entered in turn in each stretch of consecutive frames; no region follows
itself."""


def visits(
    regions: ArrayLike, stretch_ids: ArrayLike, shortest: int = 1
) -> list[NDArray[np.int64]]:
    """Return the regions that are entered in turn in each stretch.

    `regions` (N) are those of consecutive frames, 0 outside all regions. A stretch ends where
    `stretch_ids` (N) changes. Stays shorter than `shortest` frames and frames outside all regions
    count as part of the stay around them.
    """
    labels = np.asarray(regions, dtype=np.int64)
    paths = []
    for rows in stretches(len(labels), stretch_ids):
        stretch = labels[rows]
        stays = [
            stretch[stay.start]
            for stay in stretches(len(stretch), stretch)
            if stay.stop - stay.start >= shortest and stretch[stay.start] > 0
        ]
        entered = [region for region, _ in groupby(stays)]
        paths.append(np.array(entered, dtype=np.int64))
    return paths


def transition_counts(sequences: Visits, n_regions: int) -> NDArray[np.float64]:
    """Return how often region j + 1 follows region i + 1, (n_regions, n_regions)."""
    counts = np.zeros((n_regions, n_regions))
    for sequence in sequences:
        np.add.at(counts, (sequence[:-1] - 1, sequence[1:] - 1), 1)
    return counts


def net_flux(counts: ArrayLike) -> NDArray[np.float64]:
    """Return the share of transitions that no transition in the other direction balances, 0 to 1.

    It is sum |F_ij - F_ji| / sum (F_ij + F_ji) of counts F (..., k, k), without their diagonal: 0
    if time could run backwards (detailed balance), 1 on a one-way ring, nan without transitions.
    """
    f = np.asarray(counts, dtype=np.float64)
    f = f * (1 - np.eye(f.shape[-1]))
    total = 2 * f.sum(axis=(-1, -2))
    with np.errstate(invalid="ignore"):
        return np.abs(f - np.swapaxes(f, -1, -2)).sum(axis=(-1, -2)) / total


def reversed_null(
    sequences: Visits, n_regions: int, replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return net flux (replicates) with the time of each stretch reversed or not, at random.

    This is the null of a movement that looks the same in reversed time. With s stretches no p value
    is below 2^(1-s).
    """
    counts = np.array([transition_counts([sequence], n_regions) for sequence in sequences])
    counts = counts.reshape(len(sequences), n_regions, n_regions)
    signs = rng.choice([-1.0, 1.0], (replicates, len(sequences)))
    lean = np.tensordot(signs, counts - counts.swapaxes(1, 2), 1)
    with np.errstate(invalid="ignore"):
        return np.abs(lean).sum(axis=(1, 2)) / (2 * counts.sum())


def shuffled_null(
    sequences: Visits, n_regions: int, replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return net flux (replicates) with the visits of each stretch in random order.

    This is the null of regions that are entered equally often, but in no order. A region that
    follows itself makes no transition.
    """
    counts = np.zeros(replicates * n_regions**2)
    first = np.arange(replicates)[:, None] * n_regions**2
    for sequence in sequences:
        drawn = rng.permuted(np.tile(sequence - 1, (replicates, 1)), axis=1)
        pairs = first + drawn[:, :-1] * n_regions + drawn[:, 1:]
        counts += np.bincount(pairs.ravel(), minlength=len(counts))
    return net_flux(counts.reshape(replicates, n_regions, n_regions))


def modal_cycle(sequences: Visits) -> tuple[tuple[int, ...], float]:
    """Return the closed tour of regions with most transitions, and their share of all transitions.

    Each return to a region closes a tour of the regions visited since, which is then taken out of
    the path. Tours that differ only in where they begin are the same tour. Tours with equally many
    transitions rank by their regions. The tour is empty if none closes, and the share is nan
    without transitions.
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
    tour = min(tours, key=lambda closed: (-tours[closed], closed), default=())
    return tour, tours[tour] / total


def recurrence(regions: ArrayLike, stretch_ids: ArrayLike, lag: int) -> float:
    """Return how reliably a walker is back in the same region `lag` frames later, at most 1.

    It is Cohen's kappa of the regions `lag` frames apart within stretches: 0 means as often as by
    chance. It is nan if no stretch is longer than the lag or if all frames lie in one region.
    """
    labels = np.asarray(regions, dtype=np.int64)
    pieces = [labels[rows] for rows in stretches(len(labels), stretch_ids)]
    now = np.concatenate([np.zeros(0, np.int64), *(piece[:-lag] for piece in pieces)])
    then = np.concatenate([np.zeros(0, np.int64), *(piece[lag:] for piece in pieces)])
    if not len(now):
        return float("nan")
    size = int(labels.max()) + 1
    shares = [np.bincount(side, minlength=size) / len(side) for side in (now, then)]
    chance = float(np.sum(shares[0] * shares[1]))
    return float(((now == then).mean() - chance) / (1 - chance)) if chance < 1 else float("nan")


def jensen_shannon(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Return the Jensen-Shannon distances (...) of distributions (..., k), in bits^0.5 (0 to 1).

    It is the square root of the divergence (Lin 1991), which is a metric (Endres and Schindelin
    2003). Counts are scaled to sum to 1. The distance is nan if one side has no counts.
    """
    from scipy.special import rel_entr

    sides = [np.asarray(side, dtype=np.float64) for side in (first, second)]
    with np.errstate(invalid="ignore"):
        p, q = (side / side.sum(axis=-1, keepdims=True) for side in sides)
    middle = (p + q) / 2
    bits = (rel_entr(p, middle) + rel_entr(q, middle)).sum(axis=-1) / (2 * np.log(2))
    return np.sqrt(np.clip(bits, 0.0, None))


def grouped_distance(agent: ArrayLike, expert: ArrayLike, size: int) -> float:
    """Return the mean distance of an agent to groups of an expert's episodes, in bits^0.5.

    `agent` (E, k) and `expert` (F, k) are the frames of each episode in each region. The distance
    between few frames is large by itself, so both sides have `size` episodes: the first of the
    agent, and groups of the expert's in turn. It is nan if one side has fewer, or no frames.
    """
    counts, others = (np.asarray(side, dtype=np.float64) for side in (agent, expert))
    number = len(others) // max(size, 1)
    if not 0 < size <= len(counts) or not number:
        return float("nan")
    groups = others[: number * size].reshape(number, size, -1).sum(axis=1)
    return float(jensen_shannon(counts[:size].sum(axis=0), groups).mean())


def split_null(
    counts: ArrayLike, size: int, replicates: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the `grouped_distance` (replicates) of `size` random episodes of an agent to its rest.

    `counts` (E, k) are the frames of each episode in each region. Returns no distance if `size`
    episodes are more than half of all, or none.
    """
    frames = np.asarray(counts, dtype=np.float64)
    if not 0 < size <= len(frames) // 2:
        return np.zeros(0)
    drawn = rng.permuted(np.tile(np.arange(len(frames)), (replicates, 1)), axis=1)
    return np.array(
        [grouped_distance(frames[order], frames[order[size:]], size) for order in drawn]
    )
