"""Implicit Q-learning (Kostrikov, Nair and Levine 2021, arXiv 2110.06169) of K clones.

A value V is the expectile of what the demonstrated actions are worth. The actor imitates the
demonstrated actions, each with a weight that grows with its advantage Q - V. No value of an action
that was not demonstrated is ever asked for. Three things are not as in the paper:

* The actor is that of all clones, whose spread depends on the state, and it minimises the loss of
  cloning, weighted. With weights of 1 it is behaviour cloning. With the loss `nll` it maximises the
  likelihood as equation 7 has it. The default `mse_nll` fits the mean as the authors' code does: by
  squared errors of tanh(mean), for its spread does not depend on the state.
* Rewards are scaled by `reward_scale`, which does not fail where all episodes are alike.
* The minibatches of a pass hold each row once; the paper draws rows with replacement.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from brainiarb.actors.actors import Actors
from brainiarb.actors.gradients import Adam
from brainiarb.clones.bc import imitation_losses, trunk_outputs
from brainiarb.clones.critics import Critics, critics_and_targets, squared_error_slope
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.learners import Learners
from brainiarb.clones.losses import LossAndSlope
from brainiarb.clones.settings import Cloning
from brainiarb.rollouts.episodes import RETURN_STEPS
from brainiarb.seeds import derive_seed


@dataclass(frozen=True)
class IQLSettings:
    """The hyper-parameters of the paper for the locomotion tasks of MuJoCo, fixed beforehand.

    Their source is section 5 with appendix B, and the authors' `configs/mujoco_config.py`.
    """

    expectile: float = 0.7
    """The expectile that V is of the values of the demonstrated actions."""
    inverse_temperature: float = 3.0
    """What an advantage is multiplied with in the exponent of a weight."""
    largest_weight: float = 100.0
    """What weights are cut at."""
    discount: float = 0.99
    """What a later reward is multiplied with, for each step."""
    tau: float = 0.005
    """How far the targets move towards the critics in an update."""
    learning_rate: float = 3e-4
    """Learning rate of Adam for all networks; that of the actor falls to 0 as a cosine does."""
    hidden: tuple[int, ...] = (256, 256)
    """Units of the hidden layers of V and of the critics."""


PUBLISHED = IQLSettings()


class IQL:
    """K clones, each with a value V, two critics and their targets."""

    def __init__(
        self,
        actors: Actors,
        rows: TrainingRows,
        cloning: Cloning,
        updates: int,
        settings: IQLSettings = PUBLISHED,
    ) -> None:
        """Start from the weights of the actors; draw those of the critics by the seeds of rows.

        The learning rate of the actor falls to 0 in so many `updates`.
        """
        self.settings = settings
        self.learners = Learners(actors)
        self.loss, self._loss_and_slope = imitation_losses(cloning, rows.seeds)
        self._passed = trunk_outputs(cloning, rows.actions)
        of_value = [derive_seed(seed, "value") for seed in rows.seeds]
        self.values = Critics(rows.observations, settings.hidden, of_value, 1, rows.device)
        self.critics, self.targets = critics_and_targets(rows, settings.hidden)
        self._actor_optimizer, self._value_optimizer, self._critic_optimizer = (
            Adam(part.vector, part.gradient, settings.learning_rate)
            for part in (self.learners, self.values, self.critics)
        )
        scales = [[reward_scale(returns)] for returns in rows.returns]
        self._scales = torch.tensor(scales, device=rows.device)
        self._updates, self._made = updates, 0

    def update(self, batch: Sequence[Tensor], _running: Sequence[int], /) -> Tensor:
        """Make one update of all networks from K minibatches of transitions; return the losses (K).

        V moves first. The actor and the critics then see the V that has moved, and the actor sees
        the targets as they were, as in the authors' code.
        """
        inputs, actions, rewards, following, goes_on = batch
        settings, taken = self.settings, torch.cat([inputs, actions], dim=2)
        worth = self.targets.values(taken).amin(dim=1)
        self.values.set_gradients(
            inputs, worth, partial(expectile_slope, expectile=settings.expectile)
        )
        self._value_optimizer.step()
        both = self.values.values(torch.cat([inputs, following], dim=1)).squeeze(1)
        value, next_value = both.chunk(2, dim=1)

        weights = advantage_weights(
            worth - value, settings.inverse_temperature, settings.largest_weight
        )
        losses = self.learners.set_gradients(
            inputs, actions, weighted(self._loss_and_slope, weights), self._passed
        )
        self._actor_optimizer.learning_rate = settings.learning_rate * cosine(
            self._made, self._updates
        )
        self._actor_optimizer.step()

        targets = self._scales * rewards + settings.discount * goes_on * next_value
        self.critics.set_gradients(taken, targets, squared_error_slope)
        self._critic_optimizer.step()
        self.targets.vector.lerp_(self.critics.vector, settings.tau)
        self._made += 1
        return losses


def expectile_slope(values: Tensor, targets: Tensor, expectile: float) -> Tensor:
    """Return the gradient (n) of the expectile loss of values (n): equation 5.

    The loss is the mean of the squared difference of the targets (n) from the values, times
    `expectile` where the target is above the value, and times 1 - `expectile` elsewhere.
    """
    above = targets - values
    weighted_errors = torch.where(above > 0, expectile * above, (1 - expectile) * above)
    return weighted_errors * (-2 / len(values))


def advantage_weights(advantages: Tensor, inverse_temperature: float, largest: float) -> Tensor:
    """Return the weights (K, n) that rows with advantages (K, n) have for the actor: equation 7."""
    return (inverse_temperature * advantages).exp().clamp(max=largest)


def weighted(loss_and_slope: LossAndSlope, weights: Tensor) -> LossAndSlope:
    """Return a loss whose gradient is that of the loss with each row times its weight (K, n).

    The value of the loss stays without weights, so that all methods tell theirs in one unit.
    """

    def with_weights(heads: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        losses, slope = loss_and_slope(heads, labels)
        return losses, slope * weights.unsqueeze(2)

    return with_weights


def cosine(made: int, updates: int) -> float:
    """Return the share of the learning rate that is left after some of all updates."""
    return 0.5 * (1 + math.cos(math.pi * made / updates))


def reward_scale(returns: np.ndarray) -> float:
    """Return what rewards are multiplied with, so that returns span 1,000.

    The paper divides by the difference of the best return (e) and the worst one. That is close to
    0 where a deterministic expert walks alike in all episodes. So a return of 0, which an agent has
    that ends at once, counts as one of the returns. If all returns are 0, the scale is 1.
    """
    span = max(float(returns.max()), 0.0) - min(float(returns.min()), 0.0)
    return RETURN_STEPS / span if span > 0 else 1.0
