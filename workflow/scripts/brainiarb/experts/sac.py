"""Soft Actor-Critic (Haarnoja et al. 2018): Stable-Baselines3's algorithm with a faster update.

The mathematics is that of `stable_baselines3.SAC.train`. The computation differs in five ways:

* The two critics share one vector of weights, as do their targets, and gradients are written out.
* oneDNN makes the matrix products (`brainiarb.actors.gradients`).
* The actor's update computes no gradient of the critics' weights.
* All minibatches of a call are drawn at once, and the loop reads no loss back.
* A fused Adam updates one vector of parameters, and the targets follow as one vector.
"""

from typing import Any

import stable_baselines3
import torch
from stable_baselines3.common.preprocessing import get_action_dim
from torch import Tensor

from brainiarb.actors.gradients import (
    Adam,
    LinearLayers,
    Stack,
    activations,
    apply_layers,
    input_gradient,
    parameter_gradient,
    stack_actor,
    stack_critics,
)
from brainiarb.actors.layers import LOG_2PI, LOG_STD_MAX, LOG_STD_MIN

SQUASH_EPSILON = 1e-6
"""The number that Stable-Baselines3 adds inside the logarithm of its tanh correction."""


def squash(heads: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return actions (n, a) of a tanh-squashed Gaussian and their log-probabilities (n).

    `heads` (n, 2a) holds means before the tanh and raw log standard deviations; `noise` (n, a) is
    standard normal.
    """
    mean, log_std = heads.chunk(2, dim=1)
    log_std = log_std.clamp(LOG_STD_MIN, LOG_STD_MAX)
    actions = torch.tanh(torch.addcmul(mean, log_std.exp(), noise))
    gaussian = -0.5 * (noise.square() + LOG_2PI) - log_std
    return actions, (gaussian - torch.log(1.0 - actions.square() + SQUASH_EPSILON)).sum(dim=1)


def heads_gradient(
    heads: Tensor, actions: Tensor, noise: Tensor, temperature: Tensor, slope: Tensor
) -> Tensor:
    """Return the gradient (n, 2a) of SAC's policy loss for the heads of the actor.

    The loss is the mean over n of temperature x log-probability - value (Haarnoja et al. 2018,
    eq. 7). `heads` (n, 2a) holds means and raw log standard deviations, `actions` (n, a) is the
    result of `squash` for `heads` and `noise` (n, a), and `slope` (n, a) is the gradient of the
    value at these actions.
    """
    raw_log_std = heads.chunk(2, dim=1)[1]
    derivative = 1.0 - actions.square()  # The derivative of tanh.
    entropy = 2.0 * actions * derivative / (derivative + SQUASH_EPSILON)
    mean = temperature * entropy - slope * derivative
    log_std = mean * noise * raw_log_std.clamp(LOG_STD_MIN, LOG_STD_MAX).exp() - temperature
    log_std *= (raw_log_std > LOG_STD_MIN) & (raw_log_std < LOG_STD_MAX)
    return torch.cat([mean, log_std], dim=1) / len(heads)


def lesser_slope(critics: list[LinearLayers], observations: Tensor, actions: Tensor) -> Tensor:
    """Return the gradient (n, a), by the actions, of the lesser of the values of two critics."""
    inputs = torch.cat([observations, actions], dim=1)
    (first, first_slope), (second, second_slope) = (
        input_gradient(critic, inputs) for critic in critics
    )
    slope = torch.where((first <= second).unsqueeze(1), first_slope, second_slope)
    return slope[:, observations.shape[1] :]


class SAC(stable_baselines3.SAC):
    """Stable-Baselines3's SAC with a faster update.

    The stock `SAC.load` opens its archive, which holds no state of the optimisers.
    """

    _critics: Stack
    _targets: Stack
    _actor: Stack
    _critic_optimizer: Adam
    _actor_optimizer: Adam

    @property
    def walks_as_given(self) -> bool:
        """Whether the actor is one that was given and has not learnt yet."""
        return False

    def _setup_model(self) -> None:
        super()._setup_model()
        self._prepare()

    def _prepare(self) -> None:
        """Stack the networks and give fused optimisers to actor and critics."""
        self._critics = stack_critics(self.critic.q_networks)
        self._targets = stack_critics(self.critic_target.q_networks)
        self._actor = stack_actor(self.actor)
        self._critic_optimizer, self._actor_optimizer = (
            Adam(stack.parameters, stack.gradient, self.lr_schedule(1.0))
            for stack in (self._critics, self._actor)
        )

    def optimizers(self) -> list[Any]:
        """Return the optimisers of critics, actor and, if it is learned, temperature."""
        optimizers = [self._critic_optimizer, self._actor_optimizer, self.ent_coef_optimizer]
        return [optimizer for optimizer in optimizers if optimizer is not None]

    def learning_state(self) -> dict[str, Any]:
        """Return the state of everything that learns except the optimisers."""
        return self.policy.state_dict()

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Continue from a learning state."""
        self.policy.load_state_dict(state)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Make `gradient_steps` updates of critics, actor, temperature and targets."""
        assert self.replay_buffer is not None
        self.policy.set_training_mode(True)
        replay = self.replay_buffer.sample(gradient_steps * batch_size, env=self._vec_normalize_env)
        noise = torch.randn(gradient_steps, 2, batch_size, get_action_dim(self.action_space))
        minibatches = zip(
            replay.observations.float().split(batch_size),
            replay.actions.float().split(batch_size),
            replay.next_observations.float().split(batch_size),
            replay.rewards.squeeze(1).split(batch_size),
            replay.dones.squeeze(1).split(batch_size),
            noise.to(self.device),
            strict=True,
        )
        for minibatch in minibatches:
            self._n_updates += 1
            self.update(*minibatch)
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

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
        """Make one update from a minibatch of n transitions.

        Observations are (n, o), actions (n, a), rewards and dones (n). `noise` (2, n, a) is
        standard normal; its parts draw the actions at the observations and at the next
        observations.
        """
        (actor,) = self._actor.networks
        actor_outputs = activations(actor, observations)
        heads = actor_outputs[-1]
        actions_pi, log_prob = squash(heads, noise[0])
        temperature = self._update_temperature(log_prob)

        next_actions, next_log_prob = squash(apply_layers(actor, next_observations), noise[1])
        later = torch.cat([next_observations, next_actions], dim=1)
        next_values = torch.cat(
            [apply_layers(target, later) for target in self._targets.networks], dim=1
        )
        next_values = next_values.amin(dim=1) - temperature * next_log_prob
        targets = rewards + (1.0 - dones) * self.gamma * next_values

        # Eq. 5 of Haarnoja et al. 2018: half the squared Bellman residual, summed over critics.
        now = torch.cat([observations, actions], dim=1)
        for critic, gradients in zip(self._critics.networks, self._critics.gradients, strict=True):
            outputs = activations(critic, now)
            residuals = (outputs[-1] - targets.unsqueeze(1)) / len(targets)
            parameter_gradient(critic, outputs, residuals, gradients)
        self._critic_optimizer.step()

        # Eq. 7: the policy minimises temperature x log-probability - the lesser of two values.
        slope = lesser_slope(self._critics.networks, observations, actions_pi)
        gradient = heads_gradient(heads, actions_pi, noise[0], temperature, slope)
        parameter_gradient(actor, actor_outputs, gradient, self._actor.gradients[0])
        self._actor_optimizer.step()

        self._targets.parameters.lerp_(self._critics.parameters, self.tau)

    def temperature(self) -> Tensor:
        """Return the weight of the entropy, which is fixed or learned."""
        if self.log_ent_coef is None:
            return self.ent_coef_tensor
        return self.log_ent_coef.detach().exp()

    def _update_temperature(self, log_prob: Tensor) -> Tensor:
        """Take a step on the temperature if it is learned; return its value before that step."""
        temperature = self.temperature()
        if self.ent_coef_optimizer is None or self.log_ent_coef is None:
            return temperature
        assert isinstance(self.target_entropy, float)
        # Eq. 18: the loss is the mean of -log(temperature) x (log-probability + target).
        gradient = -(log_prob.detach() + self.target_entropy).mean()
        self.log_ent_coef.grad = gradient.reshape(self.log_ent_coef.shape)
        self.ent_coef_optimizer.step()
        return temperature

    def _excluded_save_params(self) -> list[str]:
        stacks = ["_critics", "_targets", "_actor", "_critic_optimizer", "_actor_optimizer"]
        return [*super()._excluded_save_params(), *stacks]
