"""CrossQ (Bhatt et al. 2024): SAC with batch-normalised critics and no target networks.

It needs about a tenth of SAC's updates. The networks that learn have a batch norm before each
linear layer; the networks that act, and that the archive holds, are the plain ones of SAC, into
which the norms are folded after every change.

How the recipe of config/train_fast.yaml was found, on Walker2d: the best return of any evaluation
of the actor or its average, each number a seed, the same in every row:

| batch | updates per step | updates | returns                    |
|-------|------------------|---------|----------------------------|
| 128   | 1                | 50,000  | 4,208, 2,951, 3,381, 1,162 |
| 128   | 0.5              | 50,000  | 4,150, 2,950, 4,105, 4,474 |
| 128   | 0.25             | 50,000  | 3,141, 3,041               |
| 64    | 0.5              | 70,000  | 4,214, 4,626               |

All rows take about as long. After 50,000 updates the actor walked less than half as well as its
average at 9 of 69 evaluations, the average less than half as well as the actor at one. Decays of
the average of 0.995 and 0.9995 in place of 0.998 made no clear difference.
"""

from typing import Any

import torch
from torch import Tensor

from brainiarb.experts.networks import apply_layers, fused_adam, stack_actor, stack_critics
from brainiarb.experts.normed import NormedStack
from brainiarb.experts.sac import SAC, heads_gradient, lesser_slope, squash

ADAM_BETAS = (0.5, 0.999)
POLICY_DELAY = 3  # critic updates per update of actor and temperature


class CrossQ(SAC):
    """CrossQ, whose policy is at any time a plain SAC policy with the norms folded in."""

    def _prepare(self) -> None:
        self._plain_critics = stack_critics(self.critic.q_networks).networks
        self._actor = stack_actor(self.actor)
        self._normed_critics = NormedStack(self._plain_critics)
        self._normed_actor = NormedStack(self._actor.networks)
        self._critic_optimizer, self._actor_optimizer = (
            fused_adam(nets.parameters, nets.gradient, self.lr_schedule(1.0), ADAM_BETAS)
            for nets in (self._normed_critics, self._normed_actor)
        )
        self._fold()
        self._average = self._actor.parameters.clone()

    def _fold(self) -> None:
        self._normed_critics.fold_into(self._plain_critics)
        self._normed_actor.fold_into(self._actor.networks)

    def learning_state(self) -> dict[str, Any]:
        """Return what learns: weights and running statistics."""
        return {
            "actor": self._normed_actor.state(),
            "critics": self._normed_critics.state(),
            "average": self._average,
        }

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Go on from a learning state."""
        self._normed_actor.load_state(state["actor"])
        self._normed_critics.load_state(state["critics"])
        self._average.copy_(state["average"])
        self._fold()

    @torch.no_grad()
    def update(
        self,
        observations: Tensor,
        actions: Tensor,
        next_observations: Tensor,
        rewards: Tensor,
        dones: Tensor,
        noise: Tensor,
    ) -> None:
        """Make one update of the critics and, every third time, of actor and temperature."""
        heads = apply_layers(self._actor.networks[0], next_observations)
        next_actions, next_log_prob = squash(heads, noise[1])

        # One forward pass of both batches, so that they share the statistics of the norms.
        now = torch.cat([observations, actions], dim=1)
        later = torch.cat([next_observations, next_actions], dim=1)
        both = torch.cat([now, later])
        critics = self._normed_critics.networks
        values, next_values = torch.cat([each.forward(both) for each in critics], dim=1).chunk(2)
        next_values = next_values.amin(dim=1) - self.temperature() * next_log_prob
        targets = rewards + (1.0 - dones) * self.gamma * next_values
        # Eq. 5 of Haarnoja et al. 2018; no gradient passes through the targets.
        residuals = (values - targets.unsqueeze(1)) / len(rewards)
        gradient = torch.cat([residuals, torch.zeros_like(residuals)])
        for critic, column in zip(critics, gradient.split(1, dim=1), strict=True):
            critic.backward(column)
        self._critic_optimizer.step()
        if self._n_updates % POLICY_DELAY == 0:
            self._update_actor(observations, noise[0])

    def _update_actor(self, observations: Tensor, noise: Tensor) -> None:
        self._normed_critics.fold_into(self._plain_critics)
        (actor,) = self._normed_actor.networks
        heads = actor.forward(observations)
        actions, log_prob = squash(heads, noise)
        temperature = self._update_temperature(log_prob)
        slope = lesser_slope(self._plain_critics, observations, actions)
        gradient = heads_gradient(heads, actions, noise, temperature, slope)
        actor.backward(gradient)
        self._actor_optimizer.step()
        self._normed_actor.fold_into(self._actor.networks)
        self._follow_actor()

    def _excluded_save_params(self) -> list[str]:
        mine = ["_plain_critics", "_normed_critics", "_normed_actor"]
        return [*super()._excluded_save_params(), *mine]
