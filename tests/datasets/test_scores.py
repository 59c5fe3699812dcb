"""Reference scores: D4RL's for its bodies, else those of random actions and of the expert."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.datasets.scores import (
    D4RL,
    SCORE,
    d4rl_references,
    random_returns,
    reference_scores,
    with_scores,
)


@pytest.mark.parametrize("environment", ["Hopper-v2", "Hopper-v5", "Hopper"])
def test_d4rl_has_references_for_any_version_of_an_environment(environment):
    assert d4rl_references(environment) == (-20.272305, 3234.3)


@pytest.mark.parametrize("environment", ["Humanoid-v5", "dm_control/walker-walk", "Hopper-v5-own"])
def test_d4rl_has_no_references_for_other_environments(environment):
    assert d4rl_references(environment) is None


def test_a_published_return_has_its_published_score():
    # The return of D4RL's walker2d-expert-v2 and its published score, to the published digit.
    table = with_scores(pd.DataFrame({"clone": [0], "return": [4925.9]}), "Walker2d-v5")
    assert table.columns.tolist() == ["clone", "return", SCORE]
    assert table[SCORE].round(1).tolist() == [107.3]


def test_the_score_of_a_mean_return_is_the_mean_of_the_scores():
    returns = pd.DataFrame({"return": [100.0, 4000.0, -50.0]})
    scores = with_scores(returns, "Ant-v5")[SCORE]
    (of_mean,) = with_scores(returns.mean().to_frame().T, "Ant-v5")[SCORE]
    assert scores.mean() == pytest.approx(of_mean)


def test_a_table_of_another_environment_stays_as_it_is():
    returns = pd.DataFrame({"return": [100.0], "length": [3]})
    pd.testing.assert_frame_equal(with_scores(returns, "Humanoid-v5"), returns)


def test_a_body_of_d4rl_is_normalised_as_published():
    scores = reference_scores(get_body("walker2d"), np.array([5000.0]), seed=0)
    assert (scores.lowest, scores.highest) == D4RL["Walker2d"]
    assert scores.episodes is None


def test_another_body_is_normalised_by_random_actions_and_its_expert():
    body = get_body("humanoid")
    scores = reference_scores(body, np.array([5000.0, 5200.0, 5400.0]), seed=1)
    assert scores.highest == 5200
    assert scores.episodes == 3
    assert scores.lowest == random_returns(body, 3, seed=1).mean()
    # It earns 5 for each step without a fall, and falls within half a second of random actions.
    assert 50 < scores.lowest < 300


def test_random_actions_depend_on_the_seed_alone():
    body = get_body("hopper")
    first = random_returns(body, 4, seed=2)
    np.testing.assert_array_equal(random_returns(body, 4, seed=2), first)
    assert (random_returns(body, 4, seed=3) != first).any()
