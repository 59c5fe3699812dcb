"""Cloning: clones trained together are the clones trained alone, and they learn."""

import numpy as np
import pytest
import torch

from brainiarb.actors.actors import mean_action
from brainiarb.clones.losses import LOSSES
from brainiarb.errors import Refused
from devices import every_device, needs_gpu
from small_clones import ACTIONS, CLONES, OBSERVATIONS, teacher, train


@pytest.mark.parametrize("loss", ["mse_nll", "nll", "mse"])
def test_clones_trained_together_are_the_clones_trained_alone(loss):
    together = train(loss=loss)
    for k in range(CLONES):
        alone = train([k], loss=loss)
        for name, value in alone.actors.state_dict().items():
            torch.testing.assert_close(
                together.actors.state_dict()[name][k], value[0], atol=1e-6, rtol=1e-5
            )
        of_clone = together.history.query("clone == @k")
        np.testing.assert_allclose(
            of_clone["validation_loss"], alone.history["validation_loss"], rtol=1e-4
        )
        held_out = tuple(episode - 5 * k for episode in together.held_out[k])
        assert held_out == alone.held_out[0]


@every_device
@pytest.mark.parametrize("loss", LOSSES)
def test_training_again_gives_the_same_bits(loss, device):
    first, second = (train(loss=loss, device=device) for _ in range(2))
    assert first.history.equals(second.history)
    for name, value in first.actors.state_dict().items():
        assert torch.equal(second.actors.state_dict()[name], value)


@needs_gpu
@pytest.mark.parametrize("loss", LOSSES)
def test_clones_of_cuda_are_those_of_the_cpu_but_for_rounding(loss):
    here, there = (train(loss=loss, device=device) for device in ("cpu", "cuda"))
    assert here.held_out == there.held_out
    np.testing.assert_allclose(
        there.history["validation_loss"], here.history["validation_loss"], rtol=1e-3
    )
    for name, value in here.actors.state_dict().items():
        found = there.actors.state_dict()[name]
        assert found.is_cpu
        torch.testing.assert_close(found, value, atol=1e-3, rtol=1e-3)


def test_clones_learn_the_actions_and_keep_their_best_epoch():
    clones = train(epochs=30, patience=30)
    unseen = np.random.default_rng(99).normal(size=(200, OBSERVATIONS))
    actions = mean_action(clones.actors)(np.tile(unseen, (CLONES, 1))).reshape(CLONES, 200, ACTIONS)
    assert np.square(actions - teacher(unseen)).mean() < 0.01
    best = clones.history[clones.history["best"]].sort_values("clone")
    assert best["clone"].tolist() == list(range(CLONES))
    least = clones.history.groupby("clone")["validation_loss"].min()
    np.testing.assert_array_equal(best["validation_loss"], least)


def test_a_diverged_training_is_refused():
    with pytest.raises(Refused, match=r"cloning by bc diverged: .* lower cloning\.learning_rate"):
        train(learning_rate=1e30)
