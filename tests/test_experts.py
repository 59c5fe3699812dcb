"""The fast update is SAC's, CrossQ's norms fold exactly, training goes on after a kill."""

import numpy as np
import pytest
import stable_baselines3
import torch
from torch import nn

from brainiarb.experts.crossq import CrossQ, fold, with_norms
from brainiarb.experts.sac import SAC, linear_layers
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


def test_folding_norms_changes_no_output():
    torch.manual_seed(0)
    plain = nn.Sequential(
        nn.Linear(23, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )
    normed = with_norms(plain)
    inputs = torch.randn(1000, 23) * torch.linspace(0.1, 9, 23) + 3
    for _ in range(200):
        normed(inputs)
    for module in normed:
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
    normed.eval()
    fold(normed, linear_layers(plain))
    torch.testing.assert_close(plain(inputs), normed(inputs), atol=1e-4, rtol=0)


def test_what_acts_in_crossq_is_what_learns_with_the_norms_folded_in():
    model = learner(CrossQ)
    model.train(6, 32)
    observations = torch.randn(50, 17)
    model._normed_actor.eval()
    mean, log_std = model._normed_actor(observations)
    features = model.actor.latent_pi(observations)
    torch.testing.assert_close(model.actor.mu(features), mean, atol=1e-4, rtol=0)
    torch.testing.assert_close(model.actor.log_std(features), log_std, atol=1e-4, rtol=0)


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
