"""CrossQ (Bhatt et al. 2024): SAC with batch-normalised critics and no target networks.

It needs about a tenth of SAC's updates. The networks that learn have a batch norm before each
linear layer; the networks that act, and that the archive holds, are the plain ones of SAC, into
which the norms are folded after every change.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from brainiarb.experts.sac import SAC, linear_layers, sample_action, squash

NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.01
ADAM_BETAS = (0.5, 0.999)
POLICY_DELAY = 3  # critic updates per update of actor and temperature


def with_norms(network: nn.Module) -> nn.Sequential:
    """Return a network like the given one, with a batch norm before each of its linear layers."""
    modules: list[nn.Module] = []
    for linear in linear_layers(network):
        norm = nn.BatchNorm1d(linear.in_features, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)
        normed = nn.Linear(linear.in_features, linear.out_features)
        normed.load_state_dict(linear.state_dict())
        modules += [norm, normed, nn.ReLU()]
    return nn.Sequential(*modules[:-1]).to(linear.weight.device)


@torch.no_grad()
def fold(normed: nn.Module, plain: list[nn.Linear]) -> None:
    """Write into plain linear layers what a network with norms computes in evaluation.

    A norm is then y = g x + c with g = gain / sqrt(variance + eps) and c = shift - g mean, so that
    W y + b = (W g) x + (b + W c), exactly.
    """
    norms = [module for module in normed.modules() if isinstance(module, nn.BatchNorm1d)]
    for norm, linear, target in zip(norms, linear_layers(normed), plain, strict=True):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        torch.mul(linear.weight, gain, out=target.weight)
        torch.add(
            linear.bias, linear.weight @ (norm.bias - gain * norm.running_mean), out=target.bias
        )


class NormedActor(nn.Module):
    """SAC's actor with norms: a trunk that both heads read through one more norm."""

    def __init__(self, actor: nn.Module) -> None:
        super().__init__()
        *trunk, mean, log_std = linear_layers(actor)
        heads = nn.Linear(mean.in_features, 2 * mean.out_features)
        heads.weight.data = torch.cat([mean.weight, log_std.weight]).detach().clone()
        heads.bias.data = torch.cat([mean.bias, log_std.bias]).detach().clone()
        self.layers = with_norms(nn.Sequential(*trunk, heads))

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean before the squashing and the raw log standard deviation, both (n, a)."""
        mean, log_std = self.layers(observations).chunk(2, dim=1)
        return mean, log_std

    def fold_into(self, actor: nn.Module) -> None:
        """Write the actor without norms."""
        *trunk, mean, log_std = linear_layers(actor)
        heads = nn.Linear(mean.in_features, 2 * mean.out_features, device=mean.weight.device)
        fold(self.layers, [*trunk, heads])
        for part, layer in enumerate((mean, log_std)):
            layer.weight.data.copy_(heads.weight.chunk(2)[part])
            layer.bias.data.copy_(heads.bias.chunk(2)[part])


class CrossQ(SAC):
    """CrossQ, whose policy is at any time a plain SAC policy with the norms folded in."""

    def _prepare(self) -> None:
        self._normed_actor = NormedActor(self.actor)
        self._normed_critics = nn.ModuleList(with_norms(q) for q in self.critic.q_networks)
        adam: dict[str, Any] = {"lr": self.lr_schedule(1.0), "betas": ADAM_BETAS, "fused": True}
        self._critic_optimizer = torch.optim.Adam(self._normed_critics.parameters(), **adam)
        self._actor_optimizer = torch.optim.Adam(self._normed_actor.parameters(), **adam)
        self._critic_updates = 0
        self._fold_critics()
        self._normed_actor.fold_into(self.actor)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_normed_actor", "_normed_critics"]

    def learning_state(self) -> dict[str, Tensor]:
        """Return what learns: weights, gains and running statistics."""
        return nn.ModuleList([self._normed_actor, self._normed_critics]).state_dict()

    def load_learning_state(self, state: dict[str, Tensor]) -> None:
        """Go on from a learning state."""
        nn.ModuleList([self._normed_actor, self._normed_critics]).load_state_dict(state)
        self._fold_critics()
        self._normed_actor.fold_into(self.actor)

    def _fold_critics(self) -> None:
        for normed, plain in zip(self._normed_critics, self.critic.q_networks, strict=True):
            fold(normed, linear_layers(plain))

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
        with torch.no_grad():
            next_actions, next_log_prob = sample_action(self.actor, next_observations, noise[1])
        temperature = self.temperature()

        # One forward pass of both batches, so that they share the statistics of the norms.
        inputs = torch.cat(
            [
                torch.cat([observations, actions], dim=1),
                torch.cat([next_observations, next_actions], dim=1),
            ]
        )
        values, next_values = torch.cat([q(inputs) for q in self._normed_critics], dim=1).chunk(2)
        targets = next_values.detach().amin(dim=1) - temperature * next_log_prob
        targets = rewards + (1.0 - dones) * self.gamma * targets
        residuals = values - targets.unsqueeze(1)
        self._critic_optimizer.zero_grad()
        (0.5 * residuals.square().mean(dim=0).sum()).backward()
        self._critic_optimizer.step()

        self._critic_updates += 1
        if self._critic_updates % POLICY_DELAY == 0:
            self._update_actor(observations, noise[0])

    def _update_actor(self, observations: Tensor, noise: Tensor) -> None:
        self._fold_critics()
        mean, log_std = self._normed_actor(observations)
        actions, log_prob = squash(mean, log_std, noise)
        temperature = self._update_temperature(log_prob)
        inputs = torch.cat([observations, actions], dim=1)
        values = torch.cat([_detached(q, inputs) for q in self.critic.q_networks], dim=1)
        self._actor_optimizer.zero_grad()
        (temperature * log_prob - values.amin(dim=1)).mean().backward()
        self._actor_optimizer.step()
        self._normed_actor.fold_into(self.actor)


def _detached(network: nn.Module, inputs: Tensor) -> Tensor:
    """Apply a plain network without a gradient for its weights."""
    layers = linear_layers(network)
    for layer in layers[:-1]:
        inputs = functional.relu(
            functional.linear(inputs, layer.weight.detach(), layer.bias.detach())
        )
    return functional.linear(inputs, layers[-1].weight.detach(), layers[-1].bias.detach())
