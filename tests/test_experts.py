"""The fast update is SAC's, CrossQ's norms fold exactly, training goes on after a kill."""

import numpy as np
import pytest
import stable_baselines3
import torch
from torch import nn

from brainiarb.experts.crossq import ADAM_BETAS, CrossQ, heads_gradient, stack_actor
from brainiarb.experts.normed import (
    NORM_EPSILON,
    NORM_MOMENTUM,
    Adam,
    NormedNetworks,
    apply_layers,
    input_gradient,
    linear_layers,
    stack_layers,
)
from brainiarb.experts.sac import SAC, squash
from brainiarb.experts.training import Training, train


def learner(algorithm, **options):
    model = algorithm(
        "MlpPolicy",
        "Walker2d-v5",
        learning_rate=1e-3,
        batch_size=32,
        buffer_size=500,
        seed=0,
        device="cpu",
        **options,
    )
    model._setup_learn(100)
    rng = np.random.default_rng(1)
    for _ in range(200):
        model.replay_buffer.add(
            rng.normal(size=(1, 17)),
            rng.normal(size=(1, 17)),
            rng.uniform(-1, 1, (1, 6)),
            rng.normal(size=1),
            rng.random(1) < 0.1,
            [{}],
        )
    return model


@pytest.mark.parametrize("temperature", [0.2, "auto"])
def test_one_update_equals_that_of_stable_baselines3(temperature, monkeypatch):
    fast = learner(SAC, ent_coef=temperature)
    stock = learner(stable_baselines3.SAC, ent_coef=temperature)
    stock.policy.load_state_dict(fast.policy.state_dict())
    replay = fast.replay_buffer.sample(32)
    noise = torch.randn(2, 32, 6, generator=torch.Generator().manual_seed(2))

    draws = iter(noise)
    monkeypatch.setattr(
        torch.distributions.Normal,
        "rsample",
        lambda self, shape=(): self.loc + self.scale * next(draws),
    )
    monkeypatch.setattr(stock.replay_buffer, "sample", lambda *_, **__: replay)
    stock.train(1, 32)
    fast.update(
        replay.observations.float(),
        replay.actions.float(),
        replay.next_observations.float(),
        replay.rewards.squeeze(1),
        replay.dones.squeeze(1),
        noise,
    )
    found, expected = fast.policy.state_dict(), stock.policy.state_dict()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, atol=1e-5, rtol=0, msg=name)
    if temperature == "auto":
        torch.testing.assert_close(fast.log_ent_coef, stock.log_ent_coef, atol=1e-5, rtol=0)


class AutogradNetwork(nn.Module):
    """What NormedNetworks computes, as torch's own modules."""

    def __init__(self, layers, index):
        super().__init__()
        modules = []
        for weight, bias in zip(layers.weights, layers.biases, strict=True):
            linear = nn.Linear(*weight.shape[:0:-1])
            linear.weight.data, linear.bias.data = weight[index].clone(), bias[index].clone()
            norm = nn.BatchNorm1d(linear.in_features, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)
            norm.weight.data = layers.gains[len(modules) // 3][index, 0].clone()
            norm.bias.data = layers.shifts[len(modules) // 3][index, 0].clone()
            modules += [norm, linear, nn.ReLU()]
        self.layers = nn.Sequential(*modules[:-1])

    def forward(self, inputs):
        return self.layers(inputs)


def normed_pair():
    torch.manual_seed(0)
    nets = [[nn.Linear(23, 16), nn.Linear(16, 16), nn.Linear(16, 1)] for _ in range(2)]
    plain = stack_layers(nets).detached()
    normed = NormedNetworks(plain)
    for gain, shift in zip(normed.layers.gains, normed.layers.shifts, strict=True):
        nn.init.uniform_(gain, 0.5, 2.0)
        nn.init.normal_(shift)
    return normed, [AutogradNetwork(normed.layers, index) for index in range(2)], plain


def test_gradients_written_out_equal_those_of_autograd():
    normed, references, _ = normed_pair()
    inputs = torch.randn(64, 23) * torch.linspace(0.1, 9, 23) + 3
    wanted = torch.randn(2, 64, 1)
    outputs = normed.forward(inputs)
    normed.backward(wanted)
    for index, reference in enumerate(references):
        expected = reference(inputs)
        torch.testing.assert_close(outputs[index], expected, atol=1e-5, rtol=1e-5)
        expected.backward(wanted[index])
        norms = [m for m in reference.modules() if isinstance(m, nn.BatchNorm1d)]
        for layer, (linear, norm) in enumerate(zip(linear_layers(reference), norms, strict=True)):
            for found, parameter in (
                (normed.gradients.weights, linear.weight),
                (normed.gradients.biases, linear.bias),
                (normed.gradients.gains, norm.weight),
                (normed.gradients.shifts, norm.bias),
            ):
                torch.testing.assert_close(
                    found[layer][index].view_as(parameter), parameter.grad, atol=1e-4, rtol=1e-4
                )


def test_folding_norms_changes_no_output():
    normed, references, plain = normed_pair()
    inputs = torch.randn(1000, 23) * torch.linspace(0.1, 9, 23) + 3
    for _ in range(300):
        normed.forward(inputs)
        for reference in references:
            reference(inputs)
    normed.fold_into(plain)
    for index, reference in enumerate(references):
        expected = reference.eval()(inputs)
        # Torch's running variance is the unbiased one: a factor of 1000 / 999 apart.
        torch.testing.assert_close(
            apply_layers(plain, inputs)[index], expected, atol=2e-3, rtol=2e-3
        )


def test_value_slopes_equal_those_of_autograd():
    _, _, plain = normed_pair()
    inputs = torch.randn(64, 23, requires_grad=True)
    expected = apply_layers(plain, inputs)
    values, slopes = input_gradient(plain, inputs.detach())
    torch.testing.assert_close(values, expected.squeeze(2))
    for index in range(2):
        (slope,) = torch.autograd.grad(expected[index].sum(), inputs, retain_graph=True)
        torch.testing.assert_close(slopes[index], slope)


def test_policy_gradient_equals_that_of_autograd():
    torch.manual_seed(0)
    heads = (torch.randn(64, 12) * 2).requires_grad_(True)
    heads.data[0, 6:], heads.data[1, 6:] = 3.0, -30.0  # outside the clamp
    noise, slope, temperature = torch.randn(64, 6), torch.randn(64, 6), torch.tensor(0.3)
    actions, log_prob = squash(*heads.chunk(2, dim=1), noise)
    loss = (temperature * log_prob - (slope * actions).sum(dim=1)).mean()
    (expected,) = torch.autograd.grad(loss, heads)
    found = heads_gradient(heads, actions, noise, temperature, slope)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_adam_equals_that_of_torch():
    torch.manual_seed(0)
    found, expected = torch.zeros(20), torch.zeros(20, requires_grad=True)
    gradient = torch.zeros(20)
    fast = Adam(found, gradient, 1e-3, ADAM_BETAS)
    reference = torch.optim.Adam([expected], lr=1e-3, betas=ADAM_BETAS)
    for _ in range(10):
        gradient.copy_(torch.randn(20))
        expected.grad = gradient.clone()
        fast.step()
        reference.step()
    torch.testing.assert_close(found, expected.detach())


def test_what_acts_in_crossq_is_what_learns_with_the_norms_folded_in():
    model = learner(CrossQ)
    before = model.actor.mu.weight.clone()
    model.train(6, 32)
    assert not torch.equal(model.actor.mu.weight, before)
    observations = torch.randn(50, 17)
    features = model.actor.latent_pi(observations)
    heads = torch.cat([model.actor.mu(features), model.actor.log_std(features)], dim=1)
    folded = stack_actor(learner(CrossQ).actor)
    model._normed_actor.fold_into(folded)
    torch.testing.assert_close(heads, apply_layers(folded, observations)[0], atol=1e-5, rtol=0)


TRAINING = Training(
    algorithm="crossq",
    seed=0,
    steps=320,
    learning_rate=1e-3,
    temperature=None,
    batch_size=16,
    critic_width=16,
    learning_starts=100,
    environments=2,
    evaluate_every=160,
    evaluation_episodes=2,
)


def test_training_gives_an_archive_of_the_best_weights_that_stock_sac_opens(tmp_path):
    trained = train("Walker2d-v5", TRAINING)
    trained.model.save(tmp_path / "expert.zip")
    stock = stable_baselines3.SAC.load(tmp_path / "expert.zip")
    observation = np.zeros((1, 17))
    np.testing.assert_array_equal(
        stock.predict(observation, deterministic=True)[0],
        trained.model.predict(observation, deterministic=True)[0],
    )
    curve = trained.curve
    assert list(curve["step"]) == [160, 320]
    best = curve.loc[curve["return_mean"].idxmax()]
    assert trained.record["selected_step"] == best["step"]
    assert (tmp_path / "expert.zip").stat().st_size < 2e6


def test_training_that_was_killed_goes_on(tmp_path, monkeypatch):
    state = tmp_path / "expert.training"
    evaluations = []

    def evaluate(model, environment, episodes, seed):
        evaluations.append(model.num_timesteps)
        if len(evaluations) == 2:
            raise KeyboardInterrupt
        return np.array([[1.0, 10.0], [2.0, 10.0]])

    monkeypatch.setattr("brainiarb.experts.training.evaluate", evaluate)
    with pytest.raises(KeyboardInterrupt):
        train("Walker2d-v5", TRAINING, state)
    trained = train("Walker2d-v5", TRAINING, state)
    assert trained.record["resumed"] == 1
    assert trained.record["steps_done"] == 320
    assert list(trained.curve["step"]) == [160, 320]


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ValueError, match="sac or crossq, found 'ppo'"):
        train("Walker2d-v5", Training(**{**TRAINING.__dict__, "algorithm": "ppo"}))
