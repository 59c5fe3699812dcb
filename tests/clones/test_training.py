"""Cloning: gradients equal autograd's, clones together are clones alone, and they learn."""

from functools import partial

import numpy as np
import pytest
import torch

from brainiarb.actors.actors import mean_action, untrained
from brainiarb.clones.losses import LOSSES, mse, mse_nll, mse_nll_with_slope, nll, paper, with_slope
from brainiarb.clones.training import (
    Cloning,
    Learners,
    as_actors,
    choose_demonstrations,
    split_episodes,
    train_clones,
    trained_rows,
    with_equal_updates,
)
from brainiarb.rollouts.scaler import Scaler

OBSERVATIONS, ACTIONS, CLONES = 5, 2, 3
CLONING = Cloning(
    loss="mse_nll", learning_rate=1e-3, batch_size=32, epochs=3, patience=2, validation=0.3,
    log_std_floor=-5.0,
)  # fmt: skip
SCALER = Scaler(np.linspace(-1, 1, OBSERVATIONS), np.linspace(0.5, 2, OBSERVATIONS))


def teacher(observations):
    """Return the actions (n, a) of a policy that is smooth and in the range."""
    return np.tanh(observations @ np.linspace(-0.6, 0.6, OBSERVATIONS * ACTIONS).reshape(-1, 2))


def demonstrations(clones=range(CLONES), episodes=5, length=40):
    """Return episodes of every clone, each of the clone's own draw."""
    inputs = np.concatenate(
        [np.random.default_rng(k).normal(size=(episodes * length, OBSERVATIONS)) for k in clones]
    )
    rows = len(inputs) // len(clones)
    return {
        "inputs": inputs.astype(np.float32),
        "labels": teacher(inputs).astype(np.float32),
        "clone_ids": np.repeat(np.arange(len(clones)), rows),
        "episode_ids": np.repeat(np.arange(episodes * len(clones)), length),
    }


def train(clones=range(CLONES), **changes):
    return train_clones(
        demonstrations(clones),
        SCALER,
        Cloning(**{**vars(CLONING), **changes}),
        initial_seeds=[10 + k for k in clones],
        training_seeds=[20 + k for k in clones],
    )


def losses_and_passed(name, noise):
    """Return a loss, the same with its gradient, and how many of the heads' outputs train all."""
    if name == "mse_nll":
        floor = {"log_std_floor": -5.0}
        return partial(mse_nll, **floor), partial(mse_nll_with_slope, **floor), ACTIONS
    loss = {
        "mse": mse,
        "nll": partial(nll, log_std_floor=-5.0),
        "paper": partial(paper, noise=noise),
    }[name]
    return loss, with_slope(loss), None


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-9)])
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_written_out_equal_those_of_autograd(name, dtype, tolerance):
    torch.manual_seed(0)
    actors = untrained((OBSERVATIONS, ACTIONS), range(CLONES)).to(dtype)
    inputs = torch.randn(CLONES, 50, OBSERVATIONS, dtype=dtype) * 3
    labels = torch.rand(CLONES, 50, ACTIONS, dtype=dtype) * 2 - 1
    noise = torch.randn(labels.shape, dtype=dtype)
    loss, loss_and_slope, passed = losses_and_passed(name, noise)

    learners = Learners(actors)
    losses = learners.set_gradients(inputs, labels, loss_and_slope, passed)
    found = as_actors(learners.gradients)

    activity = actors(inputs)
    log_std = activity.log_std_linear
    if passed:
        head = actors.get_submodule("log_std_linear")
        log_std = head(torch.relu(activity.linear2).detach())
    expected = loss(activity.mean_linear, log_std, labels)
    expected.sum().backward()
    torch.testing.assert_close(losses, expected.detach(), atol=tolerance, rtol=tolerance)
    for key, parameter in actors.named_parameters():
        wanted = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        assert wanted.abs().max() > 1e-4 or (name == "mse" and key.startswith("log_std")), key
        torch.testing.assert_close(
            found.get_parameter(key).detach(), wanted, atol=tolerance, rtol=tolerance
        )


def test_the_default_loss_knows_its_slope_where_bounds_cut_the_spread_and_the_label():
    torch.manual_seed(0)
    heads = 8 * torch.randn(CLONES, 500, 2 * ACTIONS, dtype=torch.float64)
    labels = (1.5 * torch.randn(CLONES, 500, ACTIONS, dtype=torch.float64)).clamp(-1, 1)
    log_std = heads[..., ACTIONS:]
    assert all(cut.any() for cut in (log_std < -5, log_std > 2, labels.abs() == 1))
    expected = with_slope(partial(mse_nll, log_std_floor=-5.0))(heads, labels)
    torch.testing.assert_close(mse_nll_with_slope(heads, labels, log_std_floor=-5.0), expected)


def test_learners_become_the_actors_that_they_were():
    actors = untrained((OBSERVATIONS, ACTIONS), [1, 2])
    found = as_actors(Learners(actors).parameters).state_dict()
    assert found.keys() == actors.state_dict().keys()
    for name, value in actors.state_dict().items():
        assert torch.equal(found[name], value)


@pytest.mark.parametrize("loss", ["mse_nll", "nll", "mse"])
def test_clones_trained_together_are_the_clones_trained_alone(loss):
    together = train(loss=loss)
    for k in range(CLONES):
        alone = train([k], loss=loss)
        for name, value in alone.actors.state_dict().items():
            torch.testing.assert_close(
                together.actors.state_dict()[name][k], value[0], atol=1e-6, rtol=1e-5
            )
        mine = together.history.query("clone == @k")
        np.testing.assert_allclose(
            mine["validation_loss"], alone.history["validation_loss"], rtol=1e-4
        )
        held_out = tuple(episode - 5 * k for episode in together.held_out[k])
        assert held_out == alone.held_out[0]


@pytest.mark.parametrize("loss", LOSSES)
def test_training_again_gives_the_same_bits(loss):
    first, second = (train(loss=loss) for _ in range(2))
    assert first.history.equals(second.history)
    for name, value in first.actors.state_dict().items():
        assert torch.equal(second.actors.state_dict()[name], value)


def test_clones_learn_the_actions_and_keep_their_best_epoch():
    clones = train(epochs=30, patience=30)
    unseen = np.random.default_rng(99).normal(size=(200, OBSERVATIONS))
    found = mean_action(clones.actors)(np.tile(unseen, (CLONES, 1))).reshape(CLONES, 200, ACTIONS)
    assert np.square(found - teacher(unseen)).mean() < 0.01
    best = clones.history[clones.history["best"]].sort_values("clone")
    assert best["clone"].tolist() == list(range(CLONES))
    least = clones.history.groupby("clone")["validation_loss"].min()
    np.testing.assert_array_equal(best["validation_loss"], least)


def test_whole_episodes_are_held_out_at_least_one_and_never_all():
    ids = np.repeat(np.arange(4), [10, 1, 5, 3])
    for share, count in ((0.01, 1), (0.5, 2), (0.99, 3)):
        mask, episodes = split_episodes(ids, share, np.random.default_rng(0))
        assert len(episodes) == count
        np.testing.assert_array_equal(mask, np.isin(ids, episodes))
    mask, _ = split_episodes(np.zeros(10), 0.2, np.random.default_rng(0))
    assert mask.tolist() == [False] * 8 + [True] * 2


def test_the_first_episodes_of_every_clone_are_chosen_and_their_samples_held():
    given = demonstrations(episodes=4, length=10)
    chosen = choose_demonstrations(given, 3)
    assert np.bincount(chosen["clone_ids"]).tolist() == [30] * CLONES
    assert set(chosen["episode_ids"]) == {0, 1, 2, 4, 5, 6, 8, 9, 10}
    held = choose_demonstrations(given, 3, held_to=1)
    assert np.bincount(held["clone_ids"]).tolist() == [10] * CLONES
    assert set(held["episode_ids"]) == set(chosen["episode_ids"])


@pytest.mark.parametrize("rows", [1, 30, 900, 18_000])
def test_few_samples_are_trained_on_with_as_many_updates(rows):
    cloning = Cloning("mse", 1e-3, 256, 30, 5, 0.1, -5.0)
    found = with_equal_updates(cloning, 20_000, rows)
    per_epoch = rows // found.batch_size
    updates = 30 * (18_000 // 256)
    assert updates <= found.epochs * per_epoch < updates + per_epoch
    assert found.patience / found.epochs == pytest.approx(5 / 30, rel=0.05)
    assert with_equal_updates(cloning, 20_000, 18_000) == cloning


def test_episodes_of_very_different_lengths_leave_every_clone_a_minibatch():
    lengths = [400, 30, 35, 500]
    rng = np.random.default_rng(0)
    given = {
        "inputs": rng.normal(size=(sum(lengths), OBSERVATIONS)).astype(np.float32),
        "labels": rng.uniform(-1, 1, (sum(lengths), ACTIONS)).astype(np.float32),
        "clone_ids": np.repeat([0, 0, 1, 1], lengths),
        "episode_ids": np.repeat(range(4), lengths),
    }
    for first in range(20):
        seeds = [first, first + 1]
        rows = trained_rows(given, CLONING.validation, seeds)
        assert rows in lengths
        cloning = with_equal_updates(CLONING, 200, rows)
        clones = train_clones(given, SCALER, cloning, [1, 2], seeds)
        kept = [sum(lengths[2 * k : 2 * k + 2]) for k in range(2)]
        out = [sum(lengths[e] for e in clones.held_out[k]) for k in range(2)]
        assert min(a - b for a, b in zip(kept, out, strict=True)) == rows
