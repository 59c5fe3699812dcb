"""Behaviour cloning: K clones of a level are trained together, each on its own demonstrations."""

import logging
from dataclasses import dataclass
from functools import partial

import pandas as pd
import torch
from torch import Tensor

from brainiarb.actors.actors import Actors, fold_scaler, untrained
from brainiarb.actors.architecture import DEFAULT, Architecture
from brainiarb.actors.gradients import Adam
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.learners import Learners, as_actors
from brainiarb.clones.losses import (
    Loss,
    LossAndSlope,
    mse,
    mse_nll,
    mse_nll_with_slope,
    nll,
    paper,
    with_slope,
)
from brainiarb.clones.settings import Cloning
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.scaler import Scaler


@dataclass(frozen=True)
class Clones:
    """K trained clones that take raw observations, and how their training went."""

    actors: Actors
    history: pd.DataFrame
    """Columns clone, epoch, training_loss, validation_loss, validation_mse, best."""
    held_out: tuple[tuple[int, ...], ...]
    """The episodes on which each clone was validated."""


def train_clones(
    demonstrations: Rollouts,
    scaler: Scaler,
    cloning: Cloning,
    initial_seeds: list[int],
    training_seeds: list[int],
    architecture: Architecture = DEFAULT,
    progress: str | None = None,
) -> Clones:
    """Train K clones together; clone k learns from the rows whose `clone_ids` is k.

    The `scaler` standardises the inputs; it is folded into the clones that are returned. Every
    clone draws its own minibatches, keeps the weights of its least validation loss and stops by
    itself. `initial_seeds` and `training_seeds` hold one seed per clone; `architecture` is from
    `settings.clone_architecture`. Raises Refused if a clone
    has less than one minibatch, or if a validation loss is not finite.
    """
    from tqdm import tqdm

    if cloning.loss == "paper":
        logging.warning(
            "the loss `paper` is the one of the study: it fits a sample of the policy, reduces the "
            "entropy and does not shuffle the demonstrations"
        )
    rows = TrainingRows(demonstrations, scaler, cloning, training_seeds)
    sizes = rows.observations, rows.actions
    learners = Learners(untrained(sizes, initial_seeds, architecture=architecture))
    optimizer = Adam(learners.vector, learners.gradient, cloning.learning_rate)
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
        running = waited < cloning.patience
        numbers = running.nonzero().flatten().tolist()
        for inputs, labels in rows.minibatches():
            total += learners.set_gradients(inputs, labels, loss_and_slope, passed, numbers)
            optimizer.step()
            batches += 1
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
    return Clones(fold_scaler(as_actors(weights, architecture), scaler), table, rows.held_out)


def _losses(cloning: Cloning, noise: torch.Generator) -> tuple[Loss, LossAndSlope]:
    """Return the loss of `cloning`, without and with its gradient."""
    floor = cloning.log_std_floor
    if cloning.loss == "mse_nll":
        return (
            partial(mse_nll, log_std_floor=floor),
            partial(mse_nll_with_slope, log_std_floor=floor),
        )

    def of_a_sample(mean: Tensor, log_std: Tensor, labels: Tensor) -> Tensor:
        return paper(mean, log_std, labels, torch.randn(labels.shape, generator=noise))

    by_autograd: dict[str, Loss] = {
        "mse": mse, "nll": partial(nll, log_std_floor=floor), "paper": of_a_sample,
    }  # fmt: skip
    loss = by_autograd[cloning.loss]
    return loss, with_slope(loss)


@torch.no_grad()
def _validate(learners: Learners, rows: TrainingRows, loss: Loss) -> tuple[Tensor, Tensor]:
    """Return the loss and the squared error of the mean action on held-out episodes, both (K,)."""
    losses, errors = [], []
    for layers, (inputs, labels) in zip(learners.networks, rows.validation, strict=True):
        mean, log_std = learners.apply(layers, inputs).unsqueeze(0).chunk(2, dim=2)
        losses.append(loss(mean, log_std, labels.unsqueeze(0)))
        errors.append(mse(mean, log_std, labels.unsqueeze(0)))
    return torch.cat(losses), torch.cat(errors)
