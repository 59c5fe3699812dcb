"""Training: K clones of a level learn together by a method, each from its own demonstrations."""

import logging
import math
from dataclasses import dataclass, replace

import pandas as pd
import torch
from torch import Tensor

from brainiarb.actors.actors import Actors, fold_scaler, untrained
from brainiarb.actors.architecture import DEFAULT, Architecture
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.learners import as_actors
from brainiarb.clones.losses import mse
from brainiarb.clones.methods import METHODS, Method
from brainiarb.clones.settings import Cloning, Schedule
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.scaler import Scaler


@dataclass(frozen=True)
class Clones:
    """K trained clones that take raw observations, and how their training went."""

    actors: Actors
    history: pd.DataFrame
    """Columns clone, epoch, training_loss, validation_loss, validation_mse, best. The losses say
    how far the clone is from the demonstrated actions; best marks the epoch that is kept."""
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
    method: str = "bc",
    schedule: Schedule | None = None,
    device: str = "cpu",
) -> Clones:
    """Train K clones together; clone k learns from the rows whose `clone_ids` is k.

    The `scaler` standardises the inputs; it is folded into the clones that are returned. Every
    clone draws its own minibatches. By the `method` `bc` it keeps the weights of its least
    validation loss and stops by itself; by the other methods it trains for as long as they do, and
    keeps its last weights. A `schedule` replaces the one of the method. `initial_seeds` and
    `training_seeds` hold one seed per clone; `architecture` is from `settings.clone_architecture`.
    They train on the torch `device`, draw the same numbers on each, and come back on the CPU.
    Raises Refused if the method is not known, if a clone has less than one minibatch, or if a
    validation loss is not finite.
    """
    from tqdm import tqdm

    if method not in METHODS:
        raise Refused(f"method {method!r} is not known; use one of {', '.join(METHODS)}")
    kind = METHODS[method]
    schedule = schedule or kind.schedule(cloning)
    if not schedule.shuffled:
        logging.warning(
            "the loss `paper` is the one of the study: it fits a sample of the policy, reduces the "
            "entropy and does not shuffle the demonstrations"
        )
    rows = TrainingRows(
        demonstrations,
        scaler,
        cloning.validation,
        training_seeds,
        schedule.batch_size,
        shuffled=schedule.shuffled,
        transitions=schedule.transitions,
        device=device,
    )
    architecture = replace(architecture, spread=kind.spread)
    sizes = rows.observations, rows.actions
    actors = untrained(sizes, initial_seeds, architecture=architecture).to(device)
    training = kind.build(actors, rows, cloning, schedule.epochs * rows.batches)
    clones, parameters = len(initial_seeds), training.learners.parameters

    best = torch.full((clones,), torch.inf)
    weights = [value.clone() for value in parameters]
    waited = torch.zeros(clones, dtype=torch.int64)
    patience = math.inf if schedule.patience is None else schedule.patience
    history = []
    for epoch in tqdm(range(schedule.epochs), desc=progress, disable=progress is None):
        total, batches = torch.zeros(clones, device=device), 0
        running = waited < patience
        numbers = running.nonzero().flatten().tolist()
        for batch in rows.minibatches():
            losses = training.update(batch, numbers)
            if losses is not None:
                total += losses
                batches += 1
        validation, error = _validate(training, rows)
        better = running if schedule.patience is None else running & (validation < best)
        best = torch.where(better, validation, best)
        waited = torch.where(better, 0, waited + 1)
        chosen = better.to(device)
        for kept, value in zip(weights, parameters, strict=True):
            kept[chosen] = value[chosen]
        total = total.cpu()
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
        if not (waited < patience).any():
            break
    if not torch.isfinite(best).all():
        raise Refused(
            f"cloning by {method} diverged: a validation loss is not finite; {schedule.advice}"
        )
    table = pd.DataFrame(history)
    table["best"] = table.index.isin(table[table["best"]].groupby("clone")["epoch"].idxmax())
    learnt = as_actors([value.cpu() for value in weights], architecture)
    return Clones(fold_scaler(learnt, scaler), table, rows.held_out)


@torch.no_grad()
def _validate(training: Method, rows: TrainingRows) -> tuple[Tensor, Tensor]:
    """Return the loss and the squared error of the mean action on held-out episodes, both (K,).

    They are on the CPU.
    """
    losses, errors = [], []
    learners = training.learners
    for layers, (inputs, labels, *_) in zip(learners.networks, rows.validation, strict=True):
        heads = learners.apply(layers, inputs).unsqueeze(0)
        mean, log_std = heads.tensor_split([labels.shape[1]], dim=2)
        losses.append(training.loss(mean, log_std, labels.unsqueeze(0)))
        errors.append(mse(mean, log_std, labels.unsqueeze(0)))
    return torch.cat(losses).cpu(), torch.cat(errors).cpu()
