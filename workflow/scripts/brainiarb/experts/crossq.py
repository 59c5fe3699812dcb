"""CrossQ (Bhatt et al. 2024): SAC with batch-normalised critics and no target networks.

It needs about a tenth of SAC's updates. The networks that learn have a batch norm before each
linear layer; the networks that act, and that the archive holds, are the plain ones of SAC, into
which the norms are folded after every change.
"""

from typing import Any

import torch
from torch import Tensor, nn

from brainiarb.experts.normed import (
    Adam,
    Layers,
    NormedNetworks,
    apply_layers,
    input_gradient,
    linear_layers,
    stack_layers,
)
from brainiarb.experts.sac import SAC, SQUASH_EPSILON, squash
from brainiarb.layers import LOG_STD_MAX, LOG_STD_MIN

ADAM_BETAS = (0.5, 0.999)
POLICY_DELAY = 3  # critic updates per update of actor and temperature


def stack_actor(actor: nn.Module) -> Layers:
    """Move an actor into storage which it then views, its two heads as one layer."""
    *trunk, mean, log_std = linear_layers(actor)
    stacked = stack_layers([trunk]).detached()
    weight = torch.cat([mean.weight, log_std.weight]).detach().unsqueeze(0)
    bias = torch.cat([mean.bias, log_std.bias]).detach().unsqueeze(0)
    for head, weights, biases in zip(
        (mean, log_std), weight[0].chunk(2), bias[0].chunk(2), strict=True
    ):
        head.weight.data, head.bias.data = weights, biases
    return Layers([*stacked.weights, weight], [*stacked.biases, bias])


@torch.no_grad()
def heads_gradient(
    heads: Tensor, actions: Tensor, noise: Tensor, temperature: Tensor, slope: Tensor
) -> Tensor:
    """Return the gradient (n, 2a) of SAC's policy loss for the actor's heads.

    The loss is the mean over n of temperature x log-probability - value (Haarnoja et al. 2018,
    eq. 7). `heads` (n, 2a) are means and raw log standard deviations, `actions` (n, a) what
    `squash` made of them with `noise` (n, a), and `slope` (n, a) the value's gradient there.
    """
    raw_log_std = heads.chunk(2, dim=1)[1]
    derivative = 1.0 - actions.square()  # of tanh
    entropy = 2.0 * actions * derivative / (derivative + SQUASH_EPSILON)
    mean = temperature * entropy - slope * derivative
    log_std = mean * noise * raw_log_std.clamp(LOG_STD_MIN, LOG_STD_MAX).exp() - temperature
    log_std *= (raw_log_std > LOG_STD_MIN) & (raw_log_std < LOG_STD_MAX)
    return torch.cat([mean, log_std], dim=1) / len(heads)


class CrossQ(SAC):
    """CrossQ, whose policy is at any time a plain SAC policy with the norms folded in."""

    def _prepare(self) -> None:
        critics = [linear_layers(network) for network in self.critic.q_networks]
        self._plain_critics = stack_layers(critics).detached()
        self._plain_actor = stack_actor(self.actor)
        self._normed_critics = NormedNetworks(self._plain_critics)
        self._normed_actor = NormedNetworks(self._plain_actor)
        self._critic_adam, self._actor_adam = (
            Adam(nets.parameters, nets.gradient, self.lr_schedule(1.0), ADAM_BETAS)
            for nets in (self._normed_critics, self._normed_actor)
        )
        self._fold()

    def _fold(self) -> None:
        self._normed_critics.fold_into(self._plain_critics)
        self._normed_actor.fold_into(self._plain_actor)

    def optimizers(self) -> list[Any]:
        """Return the optimisers in use: of critics, actor and, where it is learned, temperature."""
        learned = [] if self.ent_coef_optimizer is None else [self.ent_coef_optimizer]
        return [self._critic_adam, self._actor_adam, *learned]

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
        heads = apply_layers(self._plain_actor, next_observations)[0]
        mean, log_std = heads.chunk(2, dim=1)
        next_actions, next_log_prob = squash(mean, log_std, noise[1])

        # One forward pass of both batches, so that they share the statistics of the norms.
        now = torch.cat([observations, actions], dim=1)
        later = torch.cat([next_observations, next_actions], dim=1)
        values = self._normed_critics.forward(torch.cat([now, later])).squeeze(2)
        values, next_values = values.chunk(2, dim=1)
        next_values = next_values.amin(dim=0) - self.temperature() * next_log_prob
        targets = rewards + (1.0 - dones) * self.gamma * next_values
        # Eq. 5 of Haarnoja et al. 2018; no gradient passes through the targets.
        residuals = (values - targets) / len(rewards)
        gradient = torch.cat([residuals, torch.zeros_like(residuals)], dim=1)
        self._normed_critics.backward(gradient.unsqueeze(2))
        self._critic_adam.step()
        if self._critic_adam.steps % POLICY_DELAY == 0:
            self._update_actor(observations, noise[0])

    def _update_actor(self, observations: Tensor, noise: Tensor) -> None:
        self._normed_critics.fold_into(self._plain_critics)
        heads = self._normed_actor.forward(observations)[0]
        mean, log_std = heads.chunk(2, dim=1)
        actions, log_prob = squash(mean, log_std, noise)
        temperature = self._update_temperature(log_prob)
        inputs = torch.cat([observations, actions], dim=1)
        values, slopes = input_gradient(self._plain_critics, inputs)
        slope = torch.where((values[0] <= values[1]).unsqueeze(1), slopes[0], slopes[1])
        slope = slope[:, observations.shape[1] :]
        gradient = heads_gradient(heads, actions, noise, temperature, slope)
        self._normed_actor.backward(gradient.unsqueeze(0))
        self._actor_adam.step()
        self._normed_actor.fold_into(self._plain_actor)

    def _excluded_save_params(self) -> list[str]:
        mine = ["_plain_critics", "_plain_actor", "_normed_critics", "_normed_actor"]
        return [*super()._excluded_save_params(), *mine, "_critic_adam", "_actor_adam"]
