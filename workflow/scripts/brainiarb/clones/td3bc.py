"""TD3 with behaviour cloning (Fujimoto and Gu 2021, arXiv 2106.06860) of K clones.

A deterministic actor climbs the value of its actions and is pulled to the demonstrated ones. The
actor has no spread, so nothing of a spread can be compared with that of an expert. Two things are
not as in the paper:

* Inputs are standardised as those of all clones are (`rollouts.scaler`), by the expert's own walk.
* The minibatches of a pass hold each row once; the paper draws rows with replacement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from brainiarb.actors.actors import Actors
from brainiarb.actors.gradients import Adam
from brainiarb.clones.critics import Critics, critics_and_targets, squared_error_slope
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.learners import Learners
from brainiarb.clones.losses import mse
from brainiarb.clones.settings import Cloning
from brainiarb.seeds import derive_seed


@dataclass(frozen=True)
class TD3BCSettings:
    """The hyper-parameters of the paper, fixed beforehand.

    Their source is its table of hyper-parameters, and the defaults of the authors' `TD3_BC.py`.
    """

    alpha: float = 2.5
    """The weight of the values, in means of their absolute values."""
    discount: float = 0.99
    """What a later reward is multiplied with, for each step."""
    tau: float = 0.005
    """How far the targets move towards their networks in an update of the actor."""
    noise: float = 0.2
    """Standard deviation of the noise on the actions of the target, in half-ranges."""
    largest_noise: float = 0.5
    """What that noise is cut at."""
    delay: int = 2
    """Updates of the critics for each update of the actor and of the targets."""
    learning_rate: float = 3e-4
    """Learning rate of Adam for all networks."""
    hidden: tuple[int, ...] = (256, 256)
    """Units of the hidden layers of the critics."""


PUBLISHED = TD3BCSettings()


class TD3BC:
    """K clones, each with two critics, and the targets of all of these."""

    def __init__(
        self,
        actors: Actors,
        rows: TrainingRows,
        _cloning: Cloning,
        _updates: int = 0,
        settings: TD3BCSettings = PUBLISHED,
    ) -> None:
        """Start from the weights of the actors; draw those of the critics by the seeds of rows."""
        self.settings, self.loss = settings, mse
        self.learners, self.target_learners = Learners(actors), Learners(actors)
        self.critics, self.targets = critics_and_targets(rows, settings.hidden)
        self._actor_optimizer, self._critic_optimizer = (
            Adam(part.vector, part.gradient, settings.learning_rate)
            for part in (self.learners, self.critics)
        )
        self._generators = [
            torch.Generator().manual_seed(derive_seed(seed, "noise")) for seed in rows.seeds
        ]
        self._made = 0

    def update(self, batch: Sequence[Tensor], _running: Sequence[int], /) -> Tensor | None:
        """Make one update from K minibatches of transitions: of the critics, and in turn the actor.

        Returns the squared errors (K) of the actors, or None if they have not moved.
        """
        inputs, actions, rewards, following, goes_on = batch
        settings = self.settings
        next_actions = smoothed(
            self.target_learners.outputs(following),
            self._noise(actions),
            settings.noise,
            settings.largest_noise,
        )
        later = self.targets.values(torch.cat([following, next_actions], dim=2)).amin(dim=1)
        targets = rewards + settings.discount * goes_on * later
        taken = torch.cat([inputs, actions], dim=2)
        self.critics.set_gradients(taken, targets, squared_error_slope)
        self._critic_optimizer.step()
        self._made += 1
        if self._made % settings.delay:
            return None
        losses = self.learners.set_gradients(
            inputs,
            actions,
            partial(climb_and_copy, critics=self.critics, states=inputs, alpha=settings.alpha),
        )
        self._actor_optimizer.step()
        self.targets.vector.lerp_(self.critics.vector, settings.tau)
        self.target_learners.vector.lerp_(self.learners.vector, settings.tau)
        return losses

    def _noise(self, like: Tensor) -> Tensor:
        """Return standard normal noise (K, n, a); each learner has its own."""
        return torch.stack(
            [torch.randn(like.shape[1:], generator=own) for own in self._generators]
        ).to(like)


def smoothed(outputs: Tensor, noise: Tensor, scale: float, largest: float) -> Tensor:
    """Return the actions (K, n, a) of the target at which the critics are asked.

    They are those of the outputs (K, n, a) of its last layer, with standard normal noise (K, n, a)
    times `scale`, which is cut at `largest`, and they stay in [-1, 1].
    """
    return (torch.tanh(outputs) + (scale * noise).clamp(-largest, largest)).clamp(-1, 1)


def climb_and_copy(
    outputs: Tensor, labels: Tensor, critics: Critics, states: Tensor, alpha: float
) -> tuple[Tensor, Tensor]:
    """Return squared errors (K) of actions, and the gradient (K, n, a) of the loss of the actor.

    That loss is the mean over n of the squared error of the actions tanh(outputs) from the labels
    (K, n, a) - lambda Q, with the first critic's values Q in states (K, n, o), and lambda =
    `alpha` / mean |Q|, which is a constant to the gradient (section 5 of the paper).
    """
    actions = torch.tanh(outputs)
    errors = actions - labels
    values, climbs = critics.first_slopes(states, actions)
    weights = alpha / values.abs().mean(dim=1)
    by_actions = errors * (2 / labels.shape[2]) - weights[:, None, None] * climbs
    slope = by_actions * (1 - actions.square()) / labels.shape[1]
    return errors.square().mean(dim=(1, 2)), slope
