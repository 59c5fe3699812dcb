"""CrossQ (Bhatt et al. 2024): SAC with batch-normalised critics and without target networks.

It needs about a tenth of SAC's updates. The networks that learn have a batch norm before each
linear layer. The networks that act, which the archive holds, are the plain networks of SAC; the
norms are folded into them after every change. `benchmarks/NOTES.md` has the recipes that did not
bring a return of 4,500 sooner.
"""

from typing import Any

import torch
from torch import Tensor

from brainiarb.actors.actors import Actors
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.gradients import (
    Adam,
    apply_layers,
    linear_layers,
    stack_actor,
    stack_critics,
)
from brainiarb.errors import Refused
from brainiarb.experts.normed import NormedStack
from brainiarb.experts.sac import SAC, heads_gradient, lesser_slope, squash

ADAM_BETAS = (0.5, 0.999)
"""Decay rates of Adam's two averages."""
POLICY_DELAY = 3
"""Number of critic updates for each update of actor and temperature."""
MET_STATES = 4096
"""Number of states from which the norms of a given actor are made."""


class CrossQ(SAC):
    """CrossQ; its policy is always a plain SAC policy into which the norms are folded."""

    critics_first = 0
    """The number of updates in which only the critics learn (see `begin_from`)."""

    @property
    def walks_as_given(self) -> bool:
        """Whether the actor is one that was given and has not learnt yet."""
        last_of_actor = self._n_updates - self._n_updates % POLICY_DELAY
        return self.critics_first > 0 and last_of_actor <= self.critics_first

    def _prepare(self) -> None:
        self._plain_critics = stack_critics(self.critic.q_networks).networks
        self._plain_actor = stack_actor(self.actor).networks
        self._normed_critics = NormedStack(self._plain_critics)
        self._normed_actor = NormedStack(self._plain_actor)
        self._critic_optimizer, self._actor_optimizer = (
            Adam(stack.parameters, stack.gradient, self.lr_schedule(1.0), ADAM_BETAS)
            for stack in (self._normed_critics, self._normed_actor)
        )
        self._fold()

    def _fold(self) -> None:
        self._normed_critics.fold_into(self._plain_critics)
        self._normed_actor.fold_into(self._plain_actor)

    def begin_from(self, actors: Actors, critics_first: int) -> None:
        """Take the weights of one actor, which learns after so many updates of the critics (>= 1).

        Until then the actor walks as it is. Its norms, which change nothing at first, are made from
        the states that it has met. Raises Refused unless it has the layers of this algorithm's own.
        """
        layers = linear_layers(self.actor)
        own = Architecture(hidden=tuple(layer.out_features for layer in layers[:-2]))
        if actors.architecture != own:
            raise Refused(
                f"an actor goes on learning by CrossQ if it is {own.to_json()}; this one is "
                f"{actors.architecture.to_json()}: take clones of such layers"
            )
        given = actors.only(0).state_dict()
        with torch.no_grad():
            for layer, name in zip(layers, own.layers, strict=True):
                layer.weight.copy_(given[f"{name}.weight"][0])
                layer.bias.copy_(given[f"{name}.bias"][0])
        self.critics_first = critics_first

    def _begin_actor(self) -> None:
        """Unfold the given actor into the one that learns."""
        assert self.replay_buffer is not None
        met = self.replay_buffer.sample(MET_STATES, env=self._vec_normalize_env)
        (actor,) = self._normed_actor.networks
        actor.unfold(self._plain_actor[0], met.observations.float())

    def learning_state(self) -> dict[str, Any]:
        """Return the weights, the running statistics of the norms and the plain networks.

        The norms of critics are folded into their plain networks only when the actor learns.
        """
        return {
            "actor": self._normed_actor.state(),
            "critics": self._normed_critics.state(),
            "policy": self.policy.state_dict(),
        }

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Continue from a learning state."""
        self._normed_actor.load_state(state["actor"])
        self._normed_critics.load_state(state["critics"])
        self.policy.load_state_dict(state["policy"])

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
        """Make one update of the critics and, every third time, of actor and temperature.

        The arguments are those of `SAC.update`.
        """
        heads = apply_layers(self._plain_actor[0], next_observations)
        next_actions, next_log_prob = squash(heads, noise[1])

        # Both batches take one forward pass, so that they share the statistics of the norms.
        now = torch.cat([observations, actions], dim=1)
        later = torch.cat([next_observations, next_actions], dim=1)
        both = torch.cat([now, later])
        critics = self._normed_critics.networks
        outputs = torch.cat([critic.forward(both) for critic in critics], dim=1)
        values, next_values = outputs.chunk(2)
        next_values = next_values.amin(dim=1) - self.temperature() * next_log_prob
        targets = rewards + (1.0 - dones) * self.gamma * next_values
        # Eq. 5 of Haarnoja et al. 2018; no gradient passes through the targets.
        residuals = (values - targets.unsqueeze(1)) / len(rewards)
        gradient = torch.cat([residuals, torch.zeros_like(residuals)])
        for critic, column in zip(critics, gradient.split(1, dim=1), strict=True):
            critic.backward(column)
        self._critic_optimizer.step()
        if self._n_updates == self.critics_first:
            self._begin_actor()
        elif self._n_updates > self.critics_first and self._n_updates % POLICY_DELAY == 0:
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
        stacks = ["_plain_critics", "_plain_actor", "_normed_critics", "_normed_actor"]
        return [*super()._excluded_save_params(), *stacks]
