"""The settings of cloning: an unknown loss is refused, updates stay equally many."""

import pytest

from brainiarb.actors.architecture import Architecture
from brainiarb.clones.settings import Cloning, clone_architecture, with_equal_updates
from brainiarb.errors import Refused


@pytest.mark.parametrize("rows", [1, 30, 900, 18_000])
def test_few_samples_are_trained_on_with_as_many_updates(rows):
    cloning = Cloning("mse", 1e-3, 256, 30, 5, 0.1, -5.0)
    adapted = with_equal_updates(cloning, 20_000, rows)
    per_epoch = rows // adapted.batch_size
    updates = 30 * (18_000 // 256)
    assert updates <= adapted.epochs * per_epoch < updates + per_epoch
    assert adapted.patience / adapted.epochs == pytest.approx(5 / 30, rel=0.05)
    assert with_equal_updates(cloning, 20_000, 18_000) == cloning


def test_an_unknown_loss_is_refused():
    with pytest.raises(Refused, match="loss 'huber' is not known; use one of mse_nll, nll"):
        Cloning("huber", 1e-3, 256, 30, 5, 0.1, -5.0)


def test_clones_have_the_hidden_layers_of_the_expert_or_of_the_config():
    expert = Architecture((64, 32), "Tanh", "before", "none", "clip")
    assert clone_architecture(expert) == Architecture((64, 32), "Tanh")
    assert clone_architecture(expert, [8], "ReLU") == Architecture((8,))
