"""CrossQ (Bhatt et al. 2024): SAC with batch-normalised critics and no target networks.

It needs about a tenth of SAC's updates. The networks that learn have a batch norm before each
linear layer; the networks that act, and that the archive holds, are the plain ones of SAC, into
which the norms are folded after every change.

What was tried to reach a return of 4,500 on Walker2d sooner, and how well the best evaluation of
each training was; seeds differ by more than recipes do, so that a gain on a few of them is none:

* half an update per step, which costs hardly more time per update: after 50,000 updates 4,150,
  2,950, 3,484 and 4,474 against 1,187, 2,951, 3,352 and 981 on four seeds, but on the shipped
  seeds 0 and 1 after 120,000 updates 4,339 and 4,703 (with the average below), where their own
  recipe had 5,250 and 4,824;
* a quarter of an update per step: 3,611 and 3,100 after 60,000 updates against 4,221 and 3,414;
* half an update per step with batches of 64, a third faster: two seeds at 4,500 after 75,000 and
  70,000 updates, the shipped seeds 0 and 1 at 4,281 and 3,791 after 150,000;
* evaluating the average of the actor's weights (decay 0.998 per update of the actor): it walked
  less than half as well as the actor at 1 of 69 evaluations, the actor less than half as well as
  it at 9, but the best of its evaluations was no better.
"""

from typing import Any

import torch
from torch import Tensor

from brainiarb.actors.gradients import apply_layers, fused_adam, stack_actor, stack_critics
from brainiarb.experts.normed import NormedStack
from brainiarb.experts.sac import SAC, heads_gradient, lesser_slope, squash

ADAM_BETAS = (0.5, 0.999)
POLICY_DELAY = 3  # critic updates per update of actor and temperature


class CrossQ(SAC):
    """CrossQ, whose policy is at any time a plain SAC policy with the norms folded in."""

    def _prepare(self) -> None:
        self._plain_critics = stack_critics(self.critic.q_networks).networks
        self._plain_actor = stack_actor(self.actor).networks
        self._normed_critics = NormedStack(self._plain_critics)
        self._normed_actor = NormedStack(self._plain_actor)
        self._critic_optimizer, self._actor_optimizer = (
            fused_adam(nets.parameters, nets.gradient, self.lr_schedule(1.0), ADAM_BETAS)
            for nets in (self._normed_critics, self._normed_actor)
        )
        self._fold()

    def _fold(self) -> None:
        self._normed_critics.fold_into(self._plain_critics)
        self._normed_actor.fold_into(self._plain_actor)

    def learning_state(self) -> dict[str, Any]:
        """Return what learns: weights and running statistics."""
        return {"actor": self._normed_actor.state(), "critics": self._normed_critics.state()}

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Go on from a learning state."""
        self._normed_actor.load_state(state["actor"])
        self._normed_critics.load_state(state["critics"])
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
        heads = apply_layers(self._plain_actor[0], next_observations)
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
        self._normed_actor.fold_into(self._plain_actor)

    def _excluded_save_params(self) -> list[str]:
        mine = ["_plain_critics", "_plain_actor", "_normed_critics", "_normed_actor"]
        return [*super()._excluded_save_params(), *mine]
