"""Demonstrations of clones: which episodes each clone learns from, and on which it is validated."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from brainiarb.clones.settings import Cloning
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import EPISODE_DTYPES, Rollouts
from brainiarb.rollouts.episodes import balanced_rows
from brainiarb.rollouts.scaler import Scaler


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
    demonstrations: Rollouts, share: float, seeds: list[int]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return `split_episodes` of the rows of every clone, each by its seed."""
    clones, ids = demonstrations["clone_ids"], demonstrations["episode_ids"]
    return [
        split_episodes(ids[clones == clone], share, np.random.default_rng(seed))
        for clone, seed in enumerate(seeds)
    ]


def trained_rows(demonstrations: Rollouts, share: float, seeds: list[int]) -> int:
    """Return the least number of rows, over the clones, that are not held out."""
    return min(int((~mask).sum()) for mask, _ in hold_out(demonstrations, share, seeds))


class TrainingRows:
    """The standardised demonstrations of K clones as tensors, split by episode.

    `training` and `validation` hold the inputs (n, o) and the labels (n, a) of every clone.
    `held_out` names the episodes on which each clone is validated.
    """

    def __init__(
        self, demonstrations: Rollouts, scaler: Scaler, cloning: Cloning, seeds: list[int]
    ) -> None:
        """Split the demonstrations; raise Refused if a clone has less than one minibatch."""
        inputs = (demonstrations["inputs"].astype(np.float64) - scaler.mean) / scaler.std
        labels = demonstrations["labels"]
        self.observations, self.actions = inputs.shape[1], labels.shape[1]
        self.batch_size, self.shuffled = cloning.batch_size, cloning.loss != "paper"
        self.training: list[tuple[Tensor, Tensor]] = []
        self.validation: list[tuple[Tensor, Tensor]] = []
        held_out = []
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        for clone, (mask, episodes) in enumerate(
            hold_out(demonstrations, cloning.validation, seeds)
        ):
            of_clone = demonstrations["clone_ids"] == clone
            x = torch.from_numpy(inputs[of_clone]).float()
            y = torch.from_numpy(labels[of_clone]).float()
            trained = torch.from_numpy(~mask)
            self.training.append((x[trained], y[trained]))
            self.validation.append((x[~trained], y[~trained]))
            held_out.append(tuple(map(int, episodes)))
        self.held_out = tuple(held_out)
        shortest = min(len(x) for x, _ in self.training)
        if shortest < cloning.batch_size:
            raise Refused(
                f"expected at least one minibatch of {cloning.batch_size} time steps per clone, "
                f"found {shortest}; raise noise.samples or lower cloning.batch_size"
            )
        self.batches = shortest // cloning.batch_size

    def minibatches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield inputs (K, n, o) and labels (K, n, a) of one epoch, each clone in its own order."""
        orders = [
            torch.randperm(len(x), generator=g) if self.shuffled else torch.arange(len(x))
            for (x, _), g in zip(self.training, self.generators, strict=True)
        ]
        used = self.batches * self.batch_size
        inputs, labels = (
            torch.stack([rows[order[:used]] for rows, order in zip(part, orders, strict=True)])
            for part in zip(*self.training, strict=True)
        )
        yield from zip(
            inputs.split(self.batch_size, dim=1), labels.split(self.batch_size, dim=1), strict=True
        )
