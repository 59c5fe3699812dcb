"""The error of actions: known values, alone and for several policies at once."""

import numpy as np
import pytest

from brainiarb.actors.actions import action_mse


def test_actions_have_known_errors():
    actions = np.tanh(np.random.default_rng(0).normal(size=(40, 6)))
    assert action_mse(actions, actions) == 0
    assert action_mse(np.ones((4, 6)), -np.ones((4, 6))) == 4


def test_each_of_several_policies_has_an_error_of_its_own():
    rng = np.random.default_rng(1)
    expert, policies = rng.normal(size=(9, 2)), rng.normal(size=(3, 9, 2)).astype(np.float32)
    errors = action_mse(expert, policies)
    assert errors.tolist() == pytest.approx([action_mse(expert, policy) for policy in policies])


def test_without_states_there_is_no_error():
    assert np.isnan(action_mse(np.zeros((0, 6)), np.zeros((0, 6))))
    assert np.isnan(action_mse(np.zeros((0, 6)), np.zeros((3, 0, 6)))).tolist() == [True] * 3
