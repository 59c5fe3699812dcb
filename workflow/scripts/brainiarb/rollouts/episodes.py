"""Episodes: the rows that belong together, sums over first steps, even samples."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from brainiarb.errors import Refused

RETURN_STEPS = 1000
"""The number of steps that a return counts: it is the reward of the first 1,000 steps."""

_GOLDEN_RATIO = (np.sqrt(5) - 1) / 2


class Sliceable(Protocol):
    """An array whose rows lie in memory or in a file."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Return the rows of a slice."""


def clone_episodes(arrays: Mapping[str, Sliceable]) -> dict[int, list[slice]]:
    """Return the rows of every episode, by clone."""
    clones, ids = (arrays[name][:] for name in ("clone_ids", "episode_ids"))
    starts = episode_starts(ids)
    episodes: dict[int, list[slice]] = {}
    for start, stop in pairwise([*starts.tolist(), len(ids)]):
        episodes.setdefault(int(clones[start]), []).append(slice(start, stop))
    return episodes


def steps_into_episode(episode_ids: np.ndarray) -> np.ndarray:
    """Return for every row (N) how many rows of its episode lie before it."""
    starts = episode_starts(episode_ids)
    return np.arange(len(episode_ids)) - np.repeat(starts, episode_lengths(episode_ids))


def episode_lengths(episode_ids: np.ndarray) -> np.ndarray:
    """Return the number of rows of every episode, in order."""
    return np.diff(np.append(episode_starts(episode_ids), len(episode_ids)))


def episode_sums(
    values: np.ndarray, episode_ids: np.ndarray, steps: int = RETURN_STEPS
) -> np.ndarray:
    """Return for every episode, in order, the sum of `values` (N) over its first `steps` rows."""
    counted = steps_into_episode(episode_ids) < steps
    return np.add.reduceat(np.where(counted, values, 0.0), episode_starts(episode_ids))


def transient_rows(sampling_rate: float, seconds: float) -> int:
    """Return the number of rows in a transient of `seconds` at the start of an episode."""
    return round(seconds * sampling_rate)


def drop_transient(episode_ids: np.ndarray, sampling_rate: float, seconds: float) -> np.ndarray:
    """Return a mask (N) of the rows at least `seconds` after the start of their episode."""
    return steps_into_episode(episode_ids) >= transient_rows(sampling_rate, seconds)


def balanced_rows(agents: np.ndarray, episode_ids: np.ndarray, n: int) -> np.ndarray:
    """Return at most `n` row indices, balanced over the agents and over the episodes of each agent.

    `agents` and `episode_ids` (N) name the agent and the episode of each row; the rows of an
    episode are in order of time. Every agent gives n / agents rows, rounded down, or all its rows
    if it has fewer. The episodes of an agent give equal shares; if an episode is too short, the
    others make up for it. An episode is cut into as many equal slices as it gives rows, and gives
    one row of each slice. The place of that row in its slice follows the golden ratio, because a
    fixed step could lock to the gait and show only one pose. The indices are sorted, and equal
    arguments give equal indices. Raises Refused if `n` is less than the number of agents.

    Examples
    --------
    >>> agents = np.repeat(["expert", "clone"], 6)
    >>> episodes = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2])
    >>> balanced_rows(agents, episodes, 4)
    array([1, 4, 7, 9])
    """
    agent, episode = np.asarray(agents), np.asarray(episode_ids)
    if agent.ndim != 1 or agent.shape != episode.shape:
        raise Refused(
            "expected one agent and one episode for each row, found shapes "
            f"{agent.shape} and {episode.shape}; pass two arrays of the same rows"
        )
    names = np.unique(agent)
    if not len(names):
        return np.empty(0, np.int64)
    if n < len(names):
        raise Refused(
            f"expected a sample of at least one row for each of {len(names)} agents, found "
            f"n = {n}; raise it"
        )
    chosen = []
    for name in names:
        rows = np.flatnonzero(agent == name)
        ids = episode[rows]
        by_episode = [rows[ids == number] for number in np.unique(ids)]
        shares = _equal_shares([len(in_episode) for in_episode in by_episode], n // len(names))
        for in_episode, share in zip(by_episode, shares, strict=True):
            edges = np.arange(share + 1) * len(in_episode) // max(share, 1)
            within = (np.arange(share) * _GOLDEN_RATIO + 0.5) % 1
            chosen.append(in_episode[edges[:-1] + (within * np.diff(edges)).astype(np.int64)])
    return np.sort(np.concatenate(chosen))


def _equal_shares(sizes: list[int], total: int) -> list[int]:
    """Share out `total` equally, but to none more than its size; return one share for each size."""
    shares = [0] * len(sizes)
    left = min(total, sum(sizes))
    # The smallest comes first, and the others share what it cannot take.
    order = sorted(range(len(sizes)), key=lambda i: (sizes[i], i))
    for done, i in enumerate(order):
        shares[i] = min(sizes[i], left // (len(sizes) - done))
        left -= shares[i]
    return shares


def episode_starts(episode_ids: np.ndarray) -> np.ndarray:
    """Return the first row of every episode."""
    return np.flatnonzero(np.diff(episode_ids, prepend=episode_ids[0] - 1))


def stretches(
    n_rows: int, episode_ids: ArrayLike | None = None, usable: ArrayLike | None = None
) -> Iterator[slice]:
    """Yield the unbroken stretches of rows that belong to one episode and are usable.

    A stretch ends where `episode_ids` (n_rows) changes, and before a row that is not `usable`
    (n_rows, bool), for example a row of the transient. Raises Refused for arrays of another shape.
    """
    ids = np.zeros(n_rows, dtype=np.int64) if episode_ids is None else np.asarray(episode_ids)
    keep = np.ones(n_rows, dtype=bool) if usable is None else np.asarray(usable)
    for name, given in (("episode_ids", ids), ("usable", keep)):
        if given.shape != (n_rows,):
            raise Refused(
                f"expected one entry of {name} for each of {n_rows} rows, found shape "
                f"{given.shape}; pass an array of the same rows"
            )
    if keep.dtype != bool:
        raise Refused(
            f"expected usable to be a mask of bool, found {keep.dtype}; pass a comparison, not rows"
        )
    if n_rows == 0:
        return
    breaks = np.flatnonzero((ids[1:] != ids[:-1]) | (keep[1:] != keep[:-1])) + 1
    edges = np.concatenate(([0], breaks, [n_rows]))
    for start, stop in pairwise(edges):
        if keep[start]:
            yield slice(int(start), int(stop))
