"""Behaviour cloning: K clones of a level, each from its own demonstrations, trained together."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from brainiarb.actors.actors import Actors, fold_scaler, untrained
from brainiarb.actors.archives import PARTS
from brainiarb.actors.gradients import (
    LinearLayers,
    activations,
    apply_layers,
    fused_adam,
    parameter_gradient,
    views,
)
from brainiarb.actors.layers import LAYERS
from brainiarb.clones.losses import (
    LOSSES,
    Loss,
    LossAndSlope,
    mse,
    mse_nll,
    mse_nll_with_slope,
    nll,
    paper,
    with_slope,
)
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import balanced_rows
from brainiarb.rollouts.scaler import Scaler


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
            raise Refused(f"loss {self.loss!r} is not known; use one of {', '.join(LOSSES)}")


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
    a split by rows would let the validation loss see the training data. Of a single episode it is
    the end.
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
    """Return the first `episodes` of every clone.

    With `held_to`, each clone keeps as many rows as its first `held_to` episodes have, evenly from
    all that were chosen.
    """
    clones, ids = demonstrations["clone_ids"], demonstrations["episode_ids"]
    kept = []
    for clone in np.unique(clones):
        mine = np.flatnonzero(clones == clone)
        rank = np.searchsorted(np.unique(ids[mine]), ids[mine])
        rows = mine[rank < episodes]
        if held_to is not None:
            count = int((rank < held_to).sum())
            rows = rows[balanced_rows(clones[rows], ids[rows], count)]
        kept.append(rows)
    chosen = np.concatenate(kept)
    return {name: value[chosen] if value.ndim else value for name, value in demonstrations.items()}


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
    """Return how many rows are not held out, of the clone that has the fewest."""
    return min(int((~out).sum()) for out, _ in hold_out(demonstrations, share, seeds))


def with_equal_updates(cloning: Cloning, samples: int, rows: int) -> Cloning:
    """Return `cloning` for `rows` to train on, with as many updates as it makes of `samples`.

    The number of demonstrations would else be mixed up with that of updates. Of `samples`, a share
    is held out; a minibatch holds at most half of the `rows`.
    """
    batch = max(1, min(cloning.batch_size, rows // 2))
    trained = int(samples * (1 - cloning.validation))
    updates = cloning.epochs * max(1, trained // cloning.batch_size)
    epochs = -(-updates // max(1, rows // batch))
    patience = max(1, round(cloning.patience * epochs / cloning.epochs))
    return replace(cloning, batch_size=batch, epochs=epochs, patience=patience)


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
    from tqdm import tqdm

    if cloning.loss == "paper":
        logging.warning(
            "loss paper is the study's: it fits a sample, reduces entropy and does not shuffle"
        )
    rows = _Rows(demonstrations, scaler, cloning, training_seeds)
    learners = Learners(untrained((rows.observations, rows.actions), initial_seeds))
    optimizer = fused_adam(learners.vector, learners.gradient, cloning.learning_rate)
    clones = len(initial_seeds)
    noise = torch.Generator().manual_seed(training_seeds[0])
    loss, loss_and_slope = _losses(cloning, noise)
    passed = rows.actions if cloning.loss == "mse_nll" else None

    best = torch.full((clones,), torch.inf)
    weights = [value.clone() for value in learners.parameters]
    waited = torch.zeros(clones, dtype=torch.int64)
    history = []
    for epoch in tqdm(range(cloning.epochs), desc=progress, disable=progress is None):
        total, batches = torch.zeros(clones), 0
        for inputs, labels in rows.minibatches():
            total += learners.set_gradients(inputs, labels, loss_and_slope, passed)
            optimizer.step()
            batches += 1
        running = waited < cloning.patience
        validation, error = _validate(learners, rows, loss)
        better = running & (validation < best)
        best = torch.where(better, validation, best)
        waited = torch.where(better, 0, waited + 1)
        for kept, value in zip(weights, learners.parameters, strict=True):
            kept[better] = value[better]
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
        raise Refused(
            "cloning diverged: a validation loss is not finite; lower cloning.learning_rate"
        )
    table = pd.DataFrame(history)
    table["best"] = table.index.isin(table[table["best"]].groupby("clone")["epoch"].idxmax())
    return Clones(fold_scaler(as_actors(weights), scaler), table, rows.held_out)


class Learners:
    """K actors side by side with gradients written out, each its own products.

    Both heads are one layer, mean above log_std. `parameters` are the weights (K, out, in) of the
    three layers, then their biases (K, out), and `gradients` theirs: views of `vector` and of
    `gradient` (p,).
    """

    def __init__(self, actors: Actors) -> None:
        """Copy the weights of the actors."""
        tensors = {name: value.detach() for name, value in actors.state_dict().items()}
        stacked = [
            torch.cat([tensors[f"{name}.{part}"] for name in layer], dim=1)
            for part in PARTS
            for layer in (LAYERS[:1], LAYERS[1:2], LAYERS[2:])
        ]
        self.vector = torch.cat([value.flatten() for value in stacked])
        self.gradient = torch.zeros_like(self.vector)
        self.parameters, self.gradients = (
            views(vector, stacked) for vector in (self.vector, self.gradient)
        )
        depth = len(stacked) // 2
        self.networks, self._slopes = (
            [
                LinearLayers(list(each[:depth]), list(each[depth:]))
                for each in zip(*stacks, strict=True)
            ]
            for stacks in (self.parameters, self.gradients)
        )

    def set_gradients(
        self, inputs: Tensor, labels: Tensor, loss: LossAndSlope, passed: int | None = None
    ) -> Tensor:
        """Set all gradients of the loss at inputs (K, n, o), labels (K, n, a); return it (K,).

        Only the first `passed` of the 2 a outputs of the heads, all by default, train the trunk.
        """
        found = [activations(layers, x) for layers, x in zip(self.networks, inputs, strict=True)]
        losses, slopes = loss(torch.stack([each[-1] for each in found]), labels)
        for layers, each, slope, gradients in zip(
            self.networks, found, slopes, self._slopes, strict=True
        ):
            parameter_gradient(layers, each, slope, gradients, passed)
        return losses


def as_actors(parameters: Sequence[Tensor]) -> Actors:
    """Return the actors whose weights and biases the `parameters` of learners are."""
    depth = len(parameters) // 2
    tensors = {}
    for part, (*trunk, heads) in zip(PARTS, (parameters[:depth], parameters[depth:]), strict=True):
        for name, value in zip(LAYERS, [*trunk, *heads.chunk(2, dim=1)], strict=True):
            tensors[f"{name}.{part}"] = value
    return Actors(tensors)


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
        for clone, (out, episodes) in enumerate(
            hold_out(demonstrations, cloning.validation, seeds)
        ):
            mine = demonstrations["clone_ids"] == clone
            x = torch.from_numpy(inputs[mine]).float()
            y = torch.from_numpy(labels[mine]).float()
            kept = torch.from_numpy(~out)
            self.training.append((x[kept], y[kept]))
            self.validation.append((x[~kept], y[~kept]))
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


def _losses(cloning: Cloning, noise: torch.Generator) -> tuple[Loss, LossAndSlope]:
    """Return the loss, and the same with its gradient."""
    floor = cloning.log_std_floor
    if cloning.loss == "mse_nll":
        return (
            partial(mse_nll, log_std_floor=floor),
            partial(mse_nll_with_slope, log_std_floor=floor),
        )

    def of_a_sample(mean: Tensor, log_std: Tensor, labels: Tensor) -> Tensor:
        return paper(mean, log_std, labels, torch.randn(labels.shape, generator=noise))

    others: dict[str, Loss] = {
        "mse": mse, "nll": partial(nll, log_std_floor=floor), "paper": of_a_sample,
    }  # fmt: skip
    loss = others[cloning.loss]
    return loss, with_slope(loss)


@torch.no_grad()
def _validate(learners: Learners, rows: _Rows, loss: Loss) -> tuple[Tensor, Tensor]:
    """Return loss and squared error of the mean action on held-out episodes, both (K,)."""
    losses, errors = [], []
    for layers, (inputs, labels) in zip(learners.networks, rows.validation, strict=True):
        mean, log_std = apply_layers(layers, inputs).unsqueeze(0).chunk(2, dim=2)
        losses.append(loss(mean, log_std, labels.unsqueeze(0)))
        errors.append(mse(mean, log_std, labels.unsqueeze(0)))
    return torch.cat(losses), torch.cat(errors)
