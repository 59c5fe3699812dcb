"""Behaviour cloning: the learners imitate the demonstrated actions and nothing else."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from brainiarb.actors.actors import Actors
from brainiarb.actors.gradients import Adam
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.learners import Learners
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


class BC:
    """K clones that minimise the loss of cloning."""

    def __init__(
        self, actors: Actors, rows: TrainingRows, cloning: Cloning, _updates: int = 0
    ) -> None:
        """Start from the weights of the actors."""
        self.learners = Learners(actors)
        self.loss, self._loss_and_slope = imitation_losses(cloning, rows.seeds)
        self._passed = trunk_outputs(cloning, rows.actions)
        self._optimizer = Adam(self.learners.vector, self.learners.gradient, cloning.learning_rate)

    def update(self, batch: Sequence[Tensor], running: Sequence[int], /) -> Tensor:
        """Make one update from inputs (K, n, o) and labels (K, n, a); return the losses (K)."""
        losses = self.learners.set_gradients(
            batch[0], batch[1], self._loss_and_slope, self._passed, running
        )
        self._optimizer.step()
        return losses


def imitation_losses(cloning: Cloning, seeds: Sequence[int]) -> tuple[Loss, LossAndSlope]:
    """Return the loss of `cloning`, without and with its gradient.

    The loss `paper` draws its samples by the first of the seeds.
    """
    floor = cloning.log_std_floor
    if cloning.loss == "mse_nll":
        return (
            partial(mse_nll, log_std_floor=floor),
            partial(mse_nll_with_slope, log_std_floor=floor),
        )
    noise = torch.Generator().manual_seed(seeds[0])

    def of_a_sample(mean: Tensor, log_std: Tensor, labels: Tensor) -> Tensor:
        sample = torch.randn(labels.shape, generator=noise).to(labels.device)
        return paper(mean, log_std, labels, sample)

    by_autograd: dict[str, Loss] = {
        "mse": mse, "nll": partial(nll, log_std_floor=floor), "paper": of_a_sample,
    }  # fmt: skip
    loss = by_autograd[cloning.loss]
    return loss, with_slope(loss)


def trunk_outputs(cloning: Cloning, actions: int) -> int | None:
    """Return how many of the outputs of the heads train the trunk; None stands for all of them."""
    return actions if cloning.loss == "mse_nll" else None
