"""Soft Actor-Critic (Haarnoja et al. 2018): Stable-Baselines3's algorithm with a faster update.

The mathematics is that of `stable_baselines3.SAC.train`; what differs is how it is computed:

* the two critics, and their targets, are one stack of weights: one product for both;
* the actor step takes no gradient with respect to critic weights;
* all minibatches of a call are drawn at once, and no loss is read back inside the loop;
* Adam is the fused one.
"""

from typing import Any

import stable_baselines3
import torch
from stable_baselines3.common.preprocessing import get_action_dim
from torch import Tensor

from brainiarb.experts.normed import Layers, apply_layers, linear_layers, stack_layers
from brainiarb.layers import LOG_2PI, LOG_STD_MAX, LOG_STD_MIN

SQUASH_EPSILON = 1e-6  # as in Stable-Baselines3's tanh correction


def q_values(critics: Layers, observations: Tensor, actions: Tensor) -> Tensor:
    """Return the values (C, n) that C critics give to n pairs of observation and action."""
    return apply_layers(critics, torch.cat([observations, actions], dim=1)).squeeze(2)


def sample_action(actor: Any, observations: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return an actor's squashed actions (n, a) and their log-probabilities (n,)."""
    features = actor.latent_pi(observations)
    return squash(actor.mu(features), actor.log_std(features), noise)


def squash(mean: Tensor, log_std: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return actions (n, a) of a tanh-squashed Gaussian and their log-probabilities (n,).

    `mean` before the squashing, raw `log_std` and standard normal `noise` are all (n, a).
    """
    log_std = log_std.clamp(LOG_STD_MIN, LOG_STD_MAX)
    actions = torch.tanh(torch.addcmul(mean, log_std.exp(), noise))
    gaussian = -0.5 * (noise.square() + LOG_2PI) - log_std
    return actions, (gaussian - torch.log(1.0 - actions.square() + SQUASH_EPSILON)).sum(dim=1)


class SAC(stable_baselines3.SAC):
    """Stable-Baselines3's SAC; its archive opens with the stock `SAC.load`, optimisers cold."""

    _critics: Layers
    _targets: Layers
    _critic_optimizer: torch.optim.Adam
    _actor_optimizer: torch.optim.Adam

    def _setup_model(self) -> None:
        super()._setup_model()
        self._prepare()

    def _prepare(self) -> None:
        """Stack the critics and their targets, and give actor and critics fused optimisers."""
        fused: dict[str, Any] = {"lr": self.lr_schedule(1.0), "fused": True}
        critics, targets = (
            [linear_layers(network) for network in networks.q_networks]
            for networks in (self.critic, self.critic_target)
        )
        self._critics = stack_layers(critics)
        self._targets = stack_layers(targets).detached()
        self._critic_optimizer = torch.optim.Adam(self._critics.tensors(), **fused)
        self._actor_optimizer = torch.optim.Adam(self.actor.parameters(), **fused)

    def optimizers(self) -> list[Any]:
        """Return the optimisers in use: of critics, actor and, where it is learned, temperature."""
        used = [self._critic_optimizer, self._actor_optimizer, self.ent_coef_optimizer]
        return [optimizer for optimizer in used if optimizer is not None]

    def learning_state(self) -> dict[str, Any]:
        """Return what learns besides the optimisers."""
        return self.policy.state_dict()

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Go on from a learning state."""
        self.policy.load_state_dict(state)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Make `gradient_steps` updates of critics, actor, temperature and targets."""
        assert self.replay_buffer is not None
        self.policy.set_training_mode(True)
        replay = self.replay_buffer.sample(gradient_steps * batch_size, env=self._vec_normalize_env)
        noise = torch.randn(gradient_steps, 2, batch_size, get_action_dim(self.action_space))
        for step in range(gradient_steps):
            rows = slice(step * batch_size, (step + 1) * batch_size)
            self.update(
                replay.observations[rows].float(),
                replay.actions[rows].float(),
                replay.next_observations[rows].float(),
                replay.rewards[rows].squeeze(1),
                replay.dones[rows].squeeze(1),
                noise[step].to(self.device),
            )
        self._n_updates += gradient_steps
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def update(
        self,
        observations: Tensor,
        actions: Tensor,
        next_observations: Tensor,
        rewards: Tensor,
        dones: Tensor,
        noise: Tensor,
    ) -> None:
        """Make one update from a minibatch of n transitions.

        Observations are (n, o), actions (n, a), rewards and dones (n,); `noise` (2, n, a) is
        standard normal, for the actions at the observations and at the next observations.
        """
        actions_pi, log_prob = sample_action(self.actor, observations, noise[0])
        temperature = self._update_temperature(log_prob)

        with torch.no_grad():
            next_actions, next_log_prob = sample_action(self.actor, next_observations, noise[1])
            next_values = q_values(self._targets, next_observations, next_actions).amin(dim=0)
            next_values = next_values - temperature * next_log_prob
            targets = rewards + (1.0 - dones) * self.gamma * next_values

        # Eq. 5 of Haarnoja et al. 2018: half the squared Bellman residual, summed over critics.
        residuals = q_values(self._critics, observations, actions) - targets
        self._critic_optimizer.zero_grad()
        (0.5 * residuals.square().mean(dim=1).sum()).backward()
        self._critic_optimizer.step()

        # Eq. 7: the policy minimises temperature x log-probability - value.
        values = q_values(self._critics.detached(), observations, actions_pi).amin(dim=0)
        self._actor_optimizer.zero_grad()
        (temperature * log_prob - values).mean().backward()
        self._actor_optimizer.step()

        torch._foreach_lerp_(
            self._targets.tensors(), self._critics.detached().tensors(), weight=self.tau
        )

    def temperature(self) -> Tensor:
        """Return the weight of the entropy, fixed or learned."""
        if self.log_ent_coef is None:
            return self.ent_coef_tensor
        return self.log_ent_coef.detach().exp()

    def _update_temperature(self, log_prob: Tensor) -> Tensor:
        """Return the temperature in force, after a step on it where it is learned."""
        temperature = self.temperature()
        if self.ent_coef_optimizer is None or self.log_ent_coef is None:
            return temperature
        assert isinstance(self.target_entropy, float)
        # The loss is -log(temperature) x (log-probability + target), averaged (eq. 18 there).
        gradient = -(log_prob.detach() + self.target_entropy).mean()
        self.log_ent_coef.grad = gradient.reshape(self.log_ent_coef.shape)
        self.ent_coef_optimizer.step()
        return temperature

    def _excluded_save_params(self) -> list[str]:
        mine = ["_critics", "_targets", "_critic_optimizer", "_actor_optimizer"]
        return [*super()._excluded_save_params(), *mine]
