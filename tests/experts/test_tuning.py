"""Tuning: a clone goes on online from its own weights, each clone as if it were alone."""

from dataclasses import replace

import pytest
import torch

from brainiarb.actors.actors import untrained
from brainiarb.actors.architecture import Architecture
from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from brainiarb.experts.tuning import Tuning, tune

BODY = get_body("walker2d")
TUNING = Tuning(
    steps=64,
    critics_first=16,
    learning_rate=1e-3,
    temperature=0.2,
    batch_size=16,
    environments=2,
    evaluate_every=64,
    evaluation_episodes=2,
)


def clones(count=2, **given):
    architecture = Architecture(**{"hidden": (16, 16), **given})
    return untrained((17, 6), range(count), architecture=architecture)


def weights(actors):
    return torch.cat([value.flatten(1) for value in actors.state_dict().values()], dim=1)


def test_a_clone_keeps_its_weights_as_long_as_only_the_critics_learn():
    given = clones()
    still, curves = tune(BODY, given, replace(TUNING, critics_first=64), [5, 6])
    assert torch.equal(weights(still), weights(given))
    assert still.architecture == given.architecture
    assert curves[["clone", "step", "update"]].to_numpy().tolist() == [[0, 64, 64], [1, 64, 64]]


def test_then_it_learns_and_what_it_becomes_depends_on_its_weights_and_its_seed_alone():
    given = clones()
    both, _ = tune(BODY, given, TUNING, [5, 6])
    alone, _ = tune(BODY, given.only(1), TUNING, [6])
    moved = (weights(both) - weights(given)).abs().amax(dim=1)
    assert (moved > 0).all()
    assert moved.max() < 0.1  # 48 updates of a rate of 0.001 lead no further: it has not begun anew
    assert torch.equal(weights(alone)[0], weights(both)[1])


@pytest.mark.parametrize(
    "given", [{"activation": "Tanh"}, {"spread": "none"}, {"hidden": (16, 12)}, {"hidden": (16,)}]
)
def test_clones_of_other_layers_than_those_of_sac_are_refused(given):
    with pytest.raises(Refused, match="goes on learning by SAC if it is"):
        tune(BODY, clones(1, **given), TUNING, [5])
