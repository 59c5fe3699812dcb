"""Tuning: a clone goes on online from its own weights, each clone as if it were alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from brainiarb.actors.actors import mean_action, untrained
from brainiarb.actors.architecture import Architecture
from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from brainiarb.experts.crossq import CrossQ
from brainiarb.experts.tuning import Tuning, tune
from builders import learner

BODY = get_body("walker2d")
TUNING = Tuning(
    steps=64,
    critics_first=16,
    learning_rate=1e-3,
    temperature=None,
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


def test_a_clone_walks_as_it_is_until_its_critics_have_learnt():
    model, given = learner(CrossQ), untrained((17, 6), [3])
    model.begin_from(given, critics_first=4)
    observations = torch.randn(50, 17)
    expected = mean_action(given)(observations.numpy())

    def farthest():
        acted = model.actor(observations, deterministic=True).detach().numpy()
        return np.abs(acted - expected).max()

    for updates in (4, 1):  # the actor learns in every third update
        model.train(updates, 32)
        assert model.walks_as_given
        assert farthest() < 1e-6
    model.train(1, 32)
    assert not model.walks_as_given
    assert 1e-4 < farthest() < 0.2  # one update from its own weights, not from new ones


def test_the_clone_that_was_given_is_not_kept_for_what_it_became():
    given = clones()
    late = replace(TUNING, evaluate_every=16, critics_first=56)
    tuned, curves = tune(BODY, given, late, [5, 6])
    assert ((weights(tuned) - weights(given)).abs().amax(dim=1) > 0).all()
    assert curves.groupby("clone")["step"].max().tolist() == [64, 64]


def test_then_it_learns_and_what_it_becomes_depends_on_its_weights_and_its_seed_alone():
    given = clones()
    both, curves = tune(BODY, given, TUNING, [5, 6])
    alone, _ = tune(BODY, given.only(1), TUNING, [6])
    assert both.architecture == given.architecture
    assert curves[["clone", "step", "update"]].to_numpy().tolist() == [[0, 64, 64], [1, 64, 64]]
    assert torch.equal(weights(alone)[0], weights(both)[1])
    assert not torch.equal(weights(both)[0], weights(both)[1])


def test_a_budget_that_ends_before_the_clone_learns_is_refused():
    with pytest.raises(Refused, match="must be at least 65, 3 more than critics_first, found 64"):
        tune(BODY, clones(1), replace(TUNING, critics_first=62), [5])


@pytest.mark.parametrize(
    "given", [{"activation": "Tanh"}, {"spread": "none"}, {"hidden": (16, 12)}, {"hidden": (16,)}]
)
def test_clones_of_other_layers_than_those_of_sac_are_refused(given):
    with pytest.raises(Refused, match="goes on learning by CrossQ if it is"):
        tune(BODY, clones(1, **given), TUNING, [5])
