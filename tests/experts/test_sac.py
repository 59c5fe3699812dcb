"""The fast update of SAC is that of Stable-Baselines3."""

import pytest
import stable_baselines3
import torch

from brainiarb.experts.sac import SAC, heads_gradient, squash
from builders import learner


def one_update_of_both(temperature, monkeypatch, dtype):
    """Return our learner and the stock one after an update from equal weights, batch and noise."""
    fast = learner(SAC, ent_coef=temperature)
    stock = learner(stable_baselines3.SAC, ent_coef=temperature)
    stock.policy.load_state_dict(fast.policy.state_dict())
    for model in (fast, stock):
        model.policy.to(dtype)
        if model.log_ent_coef is not None:
            model.log_ent_coef.data = model.log_ent_coef.data.to(dtype)
    fast._prepare()
    replay = fast.replay_buffer.sample(32)
    replay = type(replay)(*(part if part is None else part.to(dtype) for part in replay))
    noise = torch.randn(2, 32, 6, generator=torch.Generator().manual_seed(2)).to(dtype)

    draws = iter(noise)
    monkeypatch.setattr(
        torch.distributions.Normal,
        "rsample",
        lambda self, shape=(): self.loc + self.scale * next(draws),
    )
    monkeypatch.setattr(stock.replay_buffer, "sample", lambda *_, **__: replay)
    # It would make the observations float32.
    monkeypatch.setattr(
        stable_baselines3.common.policies, "preprocess_obs", lambda obs, *_, **__: obs
    )
    stock.train(1, 32)
    fast.update(
        replay.observations,
        replay.actions,
        replay.next_observations,
        replay.rewards.squeeze(1),
        replay.dones.squeeze(1),
        noise,
    )
    return fast, stock


@pytest.mark.parametrize("temperature", [0.2, "auto"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-5)])
def test_one_update_equals_that_of_stable_baselines3(temperature, dtype, tolerance, monkeypatch):
    fast, stock = one_update_of_both(temperature, monkeypatch, dtype)
    gradients = {name: weight.grad for name, weight in stock.policy.named_parameters()}
    found, expected = fast.policy.state_dict(), stock.policy.state_dict()
    for name, value in expected.items():
        difference = (found[name] - value).abs()
        if dtype == torch.float32 and gradients[name] is not None:
            # Adam's first step is gradient / (|gradient| + 1e-8): where it is no larger than its
            # own rounding the step is arbitrary, in the stock update as in ours.
            difference[gradients[name].abs() < 1e-6] = 0
        assert difference.max() <= tolerance, name
    if temperature == "auto":
        torch.testing.assert_close(fast.log_ent_coef, stock.log_ent_coef, atol=tolerance, rtol=0)


def test_policy_gradient_equals_that_of_autograd():
    torch.manual_seed(0)
    heads = (torch.randn(64, 12) * 2).requires_grad_(True)
    heads.data[0, 6:], heads.data[1, 6:] = 3.0, -30.0  # outside the clamp
    noise, slope, temperature = torch.randn(64, 6), torch.randn(64, 6), torch.tensor(0.3)
    actions, log_prob = squash(heads, noise)
    loss = (temperature * log_prob - (slope * actions).sum(dim=1)).mean()
    (expected,) = torch.autograd.grad(loss, heads)
    found = heads_gradient(heads, actions, noise, temperature, slope)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
