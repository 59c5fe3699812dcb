"""Demonstrations of clones: which episodes each clone learns from, and on which it is validated."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import EPISODE_DTYPES, LEARNT, Rollouts
from brainiarb.rollouts.episodes import balanced_rows, episode_sums
from brainiarb.rollouts.scaler import Scaler
from brainiarb.rollouts.transitions import transitions as whole_transitions


def split_episodes(
    episode_ids: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a mask (n) of the rows that are held out, and the episodes that they belong to.

    Whole episodes are held out, at least one and never all. Neighbouring rows are so alike that a
    split by rows would let the validation loss see the training data. If there is only one episode,
    its end is held out.
    """
    episodes = np.unique(episode_ids)
    if len(episodes) == 1:
        return np.arange(len(episode_ids)) >= round((1 - share) * len(episode_ids)), episodes
    held_out = max(1, min(round(share * len(episodes)), len(episodes) - 1))
    chosen = np.sort(rng.permutation(episodes)[:held_out])
    return np.isin(episode_ids, chosen), chosen


def choose_demonstrations(
    demonstrations: Rollouts, episodes: int, held_to: int | None = None
) -> Rollouts:
    """Return the rows of the first `episodes` of every clone, without the ends of the episodes.

    With `held_to`, each clone keeps only as many rows as its first `held_to` episodes have, evenly
    from all chosen episodes.
    """
    clones, ids = demonstrations["clone_ids"], demonstrations["episode_ids"]
    kept = []
    for clone in np.unique(clones):
        of_clone = np.flatnonzero(clones == clone)
        rank = np.searchsorted(np.unique(ids[of_clone]), ids[of_clone])
        rows = of_clone[rank < episodes]
        if held_to is not None:
            count = int((rank < held_to).sum())
            rows = rows[balanced_rows(clones[rows], ids[rows], count)]
        kept.append(rows)
    chosen = np.concatenate(kept)
    return {
        name: value[chosen] if value.ndim else value
        for name, value in demonstrations.items()
        if name not in EPISODE_DTYPES
    }


def hold_out(
    demonstrations: Rollouts, share: float, seeds: Sequence[int]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return `split_episodes` of the rows of every clone, each by its seed."""
    clones, ids = demonstrations["clone_ids"], demonstrations["episode_ids"]
    return [
        split_episodes(ids[clones == clone], share, np.random.default_rng(seed))
        for clone, seed in enumerate(seeds)
    ]


def trained_rows(demonstrations: Rollouts, share: float, seeds: Sequence[int]) -> int:
    """Return the least number of rows, over the clones, that are not held out."""
    return min(int((~mask).sum()) for mask, _ in hold_out(demonstrations, share, seeds))


class TrainingRows:
    """The standardised demonstrations of K clones as tensors, split by episode.

    `training` and `validation` hold for every clone the tensors of its rows: the inputs (n, o) and
    the labels (n, a). With `transitions` follow the rewards (n), the inputs (n, o) after the step,
    and (n) whether the walk goes on there: 0 after a fall, else 1. `returns` then holds the returns
    of the episodes that each clone learns from. `held_out` names the episodes on which each clone
    is validated.
    """

    def __init__(
        self,
        demonstrations: Rollouts,
        scaler: Scaler,
        share: float,
        seeds: Sequence[int],
        batch_size: int,
        *,
        shuffled: bool = True,
        transitions: bool = False,
        device: str = "cpu",
    ) -> None:
        """Split the demonstrations; hold out the `share` of the episodes of each clone by its seed.

        All tensors are on the `device`. The order of the rows is the same on every device.
        Raises Refused if a clone has less than one minibatch, or if transitions are asked for where
        clones learn other actions than those that were executed.
        """
        self.seeds, self.batch_size, self.shuffled = tuple(seeds), batch_size, shuffled
        self.device = device
        columns = _columns(demonstrations, scaler, transitions)
        self.observations, self.actions = (column.shape[1] for column in columns[:2])
        self.training: list[tuple[Tensor, ...]] = []
        self.validation: list[tuple[Tensor, ...]] = []
        self.returns: list[np.ndarray] = []
        held_out = []
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        for clone, (mask, episodes) in enumerate(hold_out(demonstrations, share, seeds)):
            of_clone = np.flatnonzero(demonstrations["clone_ids"] == clone)
            trained, kept_out = of_clone[~mask], of_clone[mask]
            for rows, part in ((trained, self.training), (kept_out, self.validation)):
                tensors = (torch.from_numpy(column[rows]).float() for column in columns)
                part.append(tuple(tensor.to(device) for tensor in tensors))
            if transitions:
                of_episodes = demonstrations["episode_ids"][trained]
                self.returns.append(episode_sums(demonstrations["rewards"][trained], of_episodes))
            held_out.append(tuple(map(int, episodes)))
        self.held_out = tuple(held_out)
        shortest = min(len(x) for x, *_ in self.training)
        if shortest < batch_size:
            raise Refused(
                f"expected at least one minibatch of {batch_size} time steps per clone, "
                f"found {shortest}; raise noise.samples or lower "
                f"{'offline' if transitions else 'cloning'}.batch_size"
            )
        self.batches = shortest // batch_size

    def minibatches(self) -> Iterator[tuple[Tensor, ...]]:
        """Yield the tensors (K, n, ...) of one epoch, each clone in its own order."""
        orders = [
            torch.randperm(len(x), generator=g) if self.shuffled else torch.arange(len(x))
            for (x, *_), g in zip(self.training, self.generators, strict=True)
        ]
        used = self.batches * self.batch_size
        chosen = [order[:used].to(self.device) for order in orders]
        columns = (
            torch.stack([rows[order] for rows, order in zip(part, chosen, strict=True)])
            for part in zip(*self.training, strict=True)
        )
        yield from zip(*(column.split(self.batch_size, dim=1) for column in columns), strict=True)


def _columns(demonstrations: Rollouts, scaler: Scaler, transitions: bool) -> list[np.ndarray]:
    """Return what clones learn from, with one row for each time step; see `TrainingRows`."""

    def standardised(observations: np.ndarray) -> np.ndarray:
        return (observations.astype(np.float64) - scaler.mean) / scaler.std

    learnt = [standardised(demonstrations["inputs"]), demonstrations["labels"]]
    if not transitions:
        return learnt
    for learns, executed in LEARNT.items():
        if not np.array_equal(demonstrations[learns], demonstrations[executed]):
            raise Refused(
                f"offline reinforcement learning needs the {executed} of the walk, found other "
                f"{learns} in the demonstrations; use noise.meaning: executed"
            )
    steps = whole_transitions(demonstrations)
    return [
        *learnt,
        steps.rewards,
        standardised(steps.next_observations),
        (~steps.terminals).astype(np.float32),
    ]
