"""The fast update is SAC's, CrossQ's norms fold exactly, training goes on after a kill."""

import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from typing import ClassVar

import numpy as np
import pytest
import stable_baselines3
import torch
from torch import nn

from brainiarb.actors import gradients
from brainiarb.actors.gradients import (
    activations,
    apply_layers,
    input_gradient,
    linear_layers,
    parameter_gradient,
    stack_actor,
    stack_networks,
)
from brainiarb.bodies.registry import get_body
from brainiarb.experts.crossq import CrossQ
from brainiarb.experts.normed import NORM_EPSILON, NORM_MOMENTUM, NormedStack
from brainiarb.experts.sac import SAC, heads_gradient, squash
from brainiarb.experts.training import KeepBest, Training, evaluate, train
from builders import TRAINING
from conftest import ROOT

BODY = get_body("walker2d")


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


@pytest.mark.parametrize("onednn", [True, False])
@pytest.mark.parametrize("relu", [True, False])
def test_products_are_those_of_torch(onednn, relu, monkeypatch):
    monkeypatch.setattr(gradients, "ONEDNN", onednn and gradients.ONEDNN)
    inputs, weight, bias = torch.randn(9, 5), torch.randn(7, 5), torch.randn(7)
    expected = nn.functional.linear(inputs, weight, bias)
    found = gradients.linear(inputs, weight, bias, relu)
    torch.testing.assert_close(found, expected.relu() if relu else expected)
    torch.testing.assert_close(gradients.multiply(inputs.t(), found), inputs.t() @ found)


SIZES = [(23, 16), (16, 16), (16, 1)]


class AutogradNetwork(nn.Module):
    """What a NormedNetwork computes, as torch's own modules."""

    def __init__(self, layers):
        super().__init__()
        modules = []
        for weight, bias, gain, shift in zip(*layers, strict=True):
            linear = nn.Linear(*reversed(weight.shape))
            linear.weight.data, linear.bias.data = weight.clone(), bias.clone()
            norm = nn.BatchNorm1d(linear.in_features, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)
            norm.weight.data, norm.bias.data = gain.clone(), shift.clone()
            modules += [norm, linear, nn.ReLU()]
        self.layers = nn.Sequential(*modules[:-1])

    def forward(self, inputs):
        return self.layers(inputs)


def normed_network():
    """Return a network with norms, the same as torch's own modules, and a plain one of its size."""
    torch.manual_seed(0)
    plain = stack_networks([[[nn.Linear(*size)] for size in SIZES]]).networks
    (normed,) = NormedStack(plain).networks
    for gain, shift in zip(normed.layers.gains, normed.layers.shifts, strict=True):
        nn.init.uniform_(gain, 0.5, 2.0)
        nn.init.normal_(shift)
    return normed, AutogradNetwork(normed.layers), plain[0]


def test_gradients_written_out_equal_those_of_autograd():
    normed, reference, _ = normed_network()
    inputs = torch.randn(64, 23) * torch.linspace(0.1, 9, 23) + 3
    wanted = torch.randn(64, 1)
    outputs = normed.forward(inputs)
    normed.backward(wanted)
    expected = reference(inputs)
    torch.testing.assert_close(outputs, expected, atol=1e-5, rtol=1e-5)
    expected.backward(wanted)
    norms = [m for m in reference.modules() if isinstance(m, nn.BatchNorm1d)]
    for layer, (linear, norm) in enumerate(zip(linear_layers(reference), norms, strict=True)):
        for found, parameter in zip(
            normed.gradients, (linear.weight, linear.bias, norm.weight, norm.bias), strict=True
        ):
            torch.testing.assert_close(found[layer], parameter.grad, atol=1e-4, rtol=1e-4)


def test_folding_norms_changes_no_output():
    normed, reference, plain = normed_network()
    inputs = torch.randn(1000, 23) * torch.linspace(0.1, 9, 23) + 3
    for _ in range(300):
        normed.forward(inputs)
        reference(inputs)
    normed.fold_into(plain)
    expected = reference.eval()(inputs)
    torch.testing.assert_close(apply_layers(plain, inputs), expected, atol=1e-4, rtol=1e-4)


def test_gradients_of_plain_networks_equal_those_of_autograd():
    torch.manual_seed(0)
    nets = [[[nn.Linear(*size)] for size in SIZES] for _ in range(2)]
    stack = stack_networks(nets)
    inputs, wanted = torch.randn(64, 23, requires_grad=True), torch.randn(64, 1)
    for net, layers, slopes in zip(nets, stack.networks, stack.gradients, strict=True):
        (first,), (second,), (third,) = net
        expected = third(second(first(inputs).relu()).relu())
        found = activations(layers, inputs.detach())
        torch.testing.assert_close(found[-1], expected)

        values, at_inputs = input_gradient(layers, inputs.detach())
        (slope,) = torch.autograd.grad(expected.sum(), inputs, retain_graph=True)
        torch.testing.assert_close(values, expected.squeeze(1))
        torch.testing.assert_close(at_inputs, slope)

        parameter_gradient(layers, found, wanted, slopes)
        expected.backward(wanted)
        for layer, module in enumerate((first, second, third)):
            torch.testing.assert_close(slopes.weights[layer], module.weight.grad)
            torch.testing.assert_close(slopes.biases[layer], module.bias.grad)


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


def test_what_acts_in_crossq_is_what_learns_with_the_norms_folded_in():
    model = learner(CrossQ)
    before = model.actor.mu.weight.clone()
    model.train(6, 32)
    assert not torch.equal(model.actor.mu.weight, before)
    observations = torch.randn(50, 17)
    features = model.actor.latent_pi(observations)
    heads = torch.cat([model.actor.mu(features), model.actor.log_std(features)], dim=1)
    folded = stack_actor(learner(CrossQ).actor).networks
    model._normed_actor.fold_into(folded)
    torch.testing.assert_close(heads, apply_layers(folded[0], observations), atol=1e-5, rtol=0)


def test_training_gives_an_archive_of_the_best_weights_that_stock_sac_opens(tmp_path):
    trained = train(BODY, TRAINING)
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

    def evaluate(model, body, episodes, seed):
        evaluations.append(model.num_timesteps)
        if len(evaluations) == 2:
            raise KeyboardInterrupt
        return np.array([[1.0, 10.0], [2.0, 10.0]])

    monkeypatch.setattr("brainiarb.experts.training.evaluate", evaluate)
    with pytest.raises(KeyboardInterrupt):
        train(BODY, TRAINING, state)
    trained = train(BODY, TRAINING, state)
    assert trained.record["resumed"] == 1
    assert trained.record["steps_done"] == 320
    assert list(trained.curve["step"]) == [160, 320]
    assert list(trained.curve["resumed"]) == [0, 1]
    trained.model.save(tmp_path / "expert.zip")
    assert stable_baselines3.SAC.load(tmp_path / "expert.zip").resumed == 1


KILLED = """
import sys, time
from pathlib import Path
from brainiarb.bodies.registry import get_body
from brainiarb.experts import training
training.CHECKPOINT_SECONDS = 0.0
training.evaluate = lambda *_, **__: (print("evaluating", flush=True), time.sleep(600))
settings = training.Training(**eval(sys.argv[1]))
training.train(get_body("walker2d"), settings, Path(sys.argv[2]))
"""


def test_training_killed_at_any_point_goes_on_from_its_last_checkpoint(tmp_path):
    state = tmp_path / "expert.training"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow/scripts")}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, repr(asdict(TRAINING)), state],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        said = process.stdout.readline()
        process.kill()
    assert said == "evaluating\n"
    assert process.returncode == -signal.SIGKILL
    left = torch.load(state, weights_only=True)
    assert 0 < left["steps"] < TRAINING.evaluate_every
    trained = train(BODY, TRAINING, state)
    assert trained.record["resumed"] == 1
    assert trained.record["steps_done"] == 320
    assert trained.record["wall_time_s"] > left["wall_time"]
    assert list(trained.curve["step"]) == [160, 320]


def leave_a_state(path, training):
    """Write the state of a training that has not taken a step."""
    keep = KeepBest(BODY, training, path)
    keep.init_callback(learner(CrossQ))
    keep.save_state()
    assert path.exists()


def test_a_state_of_other_settings_is_not_gone_on_from(tmp_path):
    state = tmp_path / "expert.training"
    leave_a_state(state, replace(TRAINING, learning_rate=1e-4))
    assert train(BODY, TRAINING, state).record["resumed"] == 0


def test_a_damaged_state_is_one_clear_error(tmp_path):
    state = tmp_path / "expert.training"
    state.write_bytes(b"half a state")
    with pytest.raises(ValueError, match=r"expert\.training is no whole state .* delete it"):
        train(BODY, TRAINING, state)


class Writer:
    """What Stable-Baselines3 needs of TensorBoard's writer; it keeps the scalars."""

    scalars: ClassVar[dict[str, list[tuple[float, int]]]] = {}

    def __init__(self, log_dir):
        self.log_dir = log_dir

    def add_scalar(self, name, value, step):
        self.scalars.setdefault(name, []).append((value, step))

    def flush(self):
        pass

    close = flush


def test_logs_for_tensorboard_are_written_where_asked_for(tmp_path, monkeypatch):
    for module in (stable_baselines3.common.logger, stable_baselines3.common.utils):
        monkeypatch.setattr(module, "SummaryWriter", Writer)
    monkeypatch.setattr(Writer, "scalars", {})
    trained = train(BODY, TRAINING, logs=tmp_path / "tensorboard")
    rows = trained.curve[["return_mean", "step"]].itertuples(index=False, name=None)
    assert Writer.scalars["evaluation/return_mean"] == list(rows)
    assert "train/temperature" in Writer.scalars
    assert (tmp_path / "tensorboard").is_dir()


def test_missing_tensorboard_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(stable_baselines3.common.logger, "SummaryWriter", None)
    with pytest.raises(ValueError, match="tensorboard is not installed: install it"):
        train(BODY, TRAINING, logs=tmp_path / "tensorboard")


def test_an_evaluation_walks_seeded_episodes_and_leaves_the_threads_as_they_were():
    model = learner(CrossQ)
    torch.set_num_threads(2)
    try:
        found = evaluate(model, BODY, 3, seed=1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert found.shape == (3, 2)
    assert len(set(found[:, 0])) == 3
    np.testing.assert_array_equal(found, evaluate(model, BODY, 3, seed=1))
    assert not np.array_equal(found, evaluate(model, BODY, 3, seed=2))
    with torch.no_grad():
        model.actor.log_std.bias += 1.0
    np.testing.assert_array_equal(found, evaluate(model, BODY, 3, seed=1))


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ValueError, match="sac or crossq, found 'ppo'"):
        train(BODY, Training(**{**TRAINING.__dict__, "algorithm": "ppo"}))
