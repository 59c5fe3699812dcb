"""Behaviour cloning: K clones of a level, each from its own demonstrations, trained together."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from brainiarb.losses import LOSSES, mse, mse_nll, nll, paper
from brainiarb.policies import Activity, Actors, fold_scaler, untrained
from brainiarb.rollouts import Rollouts, Scaler


@dataclass(frozen=True)
class Cloning:
    """How clones are trained; each field is a key of `cloning` in the config."""

    loss: str
    """`mse_nll`, `nll`, `mse` or `paper`: see `losses`."""
    learning_rate: float
    """Of Adam."""
    batch_size: int
    """Time steps per update and clone."""
    epochs: int
    """At most."""
    patience: int
    """Epochs without a better validation loss before a clone's training stops."""
    validation: float
    """Share of a clone's episodes that is held out, at least one."""
    log_std_floor: float
    """Least log standard deviation that the likelihood can reach."""

    def __post_init__(self) -> None:
        """Refuse a loss that is not known."""
        if self.loss not in LOSSES:
            raise ValueError(f"loss {self.loss!r} is not known; use one of {', '.join(LOSSES)}")


@dataclass(frozen=True)
class Clones:
    """K trained clones that take raw observations, and how their training went."""

    actors: Actors
    history: pd.DataFrame
    """Columns clone, epoch, training_loss, validation_loss, validation_mse, best."""
    held_out: tuple[tuple[int, ...], ...]
    """The episodes each clone was validated on."""


def split_episodes(
    episode_ids: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a mask (n) of the rows held out and the episodes they belong to.

    Whole episodes are held out, at least one and never all: neighbouring rows are so alike that
    a split by rows would let the validation loss see the training data.
    """
    episodes = np.unique(episode_ids)
    if len(episodes) < 2:
        raise ValueError(
            f"expected demonstrations of at least 2 episodes per clone, found {len(episodes)}; "
            "raise noise.samples"
        )
    held_out = max(1, min(round(share * len(episodes)), len(episodes) - 1))
    chosen = np.sort(rng.permutation(episodes)[:held_out])
    return np.isin(episode_ids, chosen), chosen


def train_clones(
    demonstrations: Rollouts,
    scaler: Scaler,
    cloning: Cloning,
    initial_seeds: list[int],
    training_seeds: list[int],
    progress: str | None = None,
) -> Clones:
    """Train K clones together; clone k learns from the rows whose `clone_ids` is k.

    Inputs are standardised by `scaler`, which is folded into the clones that are returned.
    Every clone draws its own minibatches, keeps its best weights by validation loss and stops by
    itself. `initial_seeds` and `training_seeds` hold one seed per clone.
    """
    if cloning.loss == "paper":
        logging.warning(
            "loss paper is the study's: it fits a sample, reduces entropy and does not shuffle"
        )
    rows = _Rows(demonstrations, scaler, cloning, training_seeds)
    actors = untrained((rows.observations, rows.actions), initial_seeds)
    optimizer = torch.optim.Adam(actors.parameters(), lr=cloning.learning_rate, fused=True)
    clones = len(initial_seeds)
    noise = torch.Generator().manual_seed(training_seeds[0])
    loss = _loss(cloning, noise)
    detach = cloning.loss == "mse_nll"

    best = torch.full((clones,), torch.inf)
    weights = {name: value.detach().clone() for name, value in actors.state_dict().items()}
    waited = torch.zeros(clones, dtype=torch.int64)
    history = []
    for epoch in tqdm(range(cloning.epochs), desc=progress, disable=progress is None):
        total, batches = torch.zeros(clones), 0
        for inputs, labels in rows.minibatches():
            losses = loss(actors(inputs, detach_log_std=detach), labels)
            optimizer.zero_grad()
            losses.sum().backward()
            optimizer.step()
            total += losses.detach()
            batches += 1
        running = waited < cloning.patience
        validation, error = _validate(actors, rows, loss, detach)
        better = running & (validation < best)
        best = torch.where(better, validation, best)
        waited = torch.where(better, 0, waited + 1)
        for name, value in actors.state_dict().items():
            weights[name][better] = value[better]
        history += [
            {
                "clone": k,
                "epoch": epoch,
                "training_loss": float(total[k] / batches),
                "validation_loss": float(validation[k]),
                "validation_mse": float(error[k]),
                "best": bool(better[k]),
            }
            for k in range(clones)
            if running[k]
        ]
        if not (waited < cloning.patience).any():
            break
    if not torch.isfinite(best).all():
        raise ValueError(
            "cloning diverged: a validation loss is not finite; lower cloning.learning_rate"
        )
    table = pd.DataFrame(history)
    table["best"] = table.index.isin(table[table["best"]].groupby("clone")["epoch"].idxmax())
    return Clones(fold_scaler(Actors(weights), scaler), table, rows.held_out)


class _Rows:
    """Standardised demonstrations of K clones, split by episode, as tensors."""

    def __init__(
        self, demonstrations: Rollouts, scaler: Scaler, cloning: Cloning, seeds: list[int]
    ) -> None:
        inputs = (demonstrations["inputs"].astype(np.float64) - scaler.mean) / scaler.std
        labels = demonstrations["labels"]
        self.observations, self.actions = inputs.shape[1], labels.shape[1]
        self.batch_size, self.shuffled = cloning.batch_size, cloning.loss != "paper"
        self.training: list[tuple[Tensor, Tensor]] = []
        self.validation: list[tuple[Tensor, Tensor]] = []
        held_out = []
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        for clone, seed in enumerate(seeds):
            mine = demonstrations["clone_ids"] == clone
            out, episodes = split_episodes(
                demonstrations["episode_ids"][mine],
                cloning.validation,
                np.random.default_rng(seed),
            )
            x = torch.from_numpy(inputs[mine]).float()
            y = torch.from_numpy(labels[mine]).float()
            kept = torch.from_numpy(~out)
            self.training.append((x[kept], y[kept]))
            self.validation.append((x[~kept], y[~kept]))
            held_out.append(tuple(map(int, episodes)))
        self.held_out = tuple(held_out)
        shortest = min(len(x) for x, _ in self.training)
        if shortest < cloning.batch_size:
            raise ValueError(
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
        for batch in range(self.batches):
            rows = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
            picked = [
                (x[order[rows]], y[order[rows]])
                for (x, y), order in zip(self.training, orders, strict=True)
            ]
            yield torch.stack([x for x, _ in picked]), torch.stack([y for _, y in picked])


def _loss(cloning: Cloning, noise: torch.Generator) -> Callable[[Activity, Tensor], Tensor]:
    if cloning.loss == "mse":
        return mse
    if cloning.loss == "nll":
        return lambda activity, labels: nll(activity, labels, cloning.log_std_floor)
    if cloning.loss == "mse_nll":
        return lambda activity, labels: mse_nll(activity, labels, cloning.log_std_floor)
    return lambda activity, labels: paper(
        activity, labels, torch.randn(labels.shape, generator=noise)
    )


@torch.no_grad()
def _validate(
    actors: Actors, rows: _Rows, loss: Callable[[Activity, Tensor], Tensor], detach: bool
) -> tuple[Tensor, Tensor]:
    """Return loss and squared error of the mean action on held-out episodes, both (K,)."""
    losses, errors = [], []
    for k, (inputs, labels) in enumerate(rows.validation):
        one = actors.only(k)
        activity = one(inputs, detach_log_std=detach)
        losses.append(loss(activity, labels.unsqueeze(0)))
        errors.append(mse(activity, labels.unsqueeze(0)))
    return torch.cat(losses), torch.cat(errors)
