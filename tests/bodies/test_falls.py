"""What counts as a fall: one rule, by which walkers are recorded and experts are trained."""

from dataclasses import replace

import numpy as np
import pytest
from stable_baselines3.common.env_util import make_vec_env

from brainiarb.bodies.falls import FallRule
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.bodies.walkers import Walkers
from brainiarb.experts.environment import training_env
from brainiarb.experts.training import build
from builders import TRAINING, every_gymnasium_body

WALKER = get_body("walker2d")
HEIGHT = 1  # the position that is the height of the torso of Walker2d


def test_a_state_on_or_beyond_a_bound_is_a_fall():
    rule = FallRule(np.array([-np.inf, 0.8]), np.array([np.inf, 2.0]), ends_episode=True)
    states = np.array([[-9, 1], [9, 1.9], [0, 0.8], [0, 2], [0, 5], [0, np.nan], [np.inf, 1]])
    assert rule.fallen(states).tolist() == [False, False] + 5 * [True]


def steps_of(envs, body, steps=150):
    """Step two environments by random actions; return observations, rewards and ends."""
    envs.seed(3)
    half_range = environment_facts(body).action_half_range
    rng, kept = np.random.default_rng(0), [envs.reset()]
    for _ in range(steps):
        observations, rewards, ends, infos = envs.step(
            half_range * rng.uniform(-1, 1, (2, len(half_range)))
        )
        survived = [info.get("reward_survive", 0.0) for info in infos]
        kept += [observations, rewards, ends, np.array(survived)]
    return kept


@every_gymnasium_body
def test_an_expert_trains_in_the_bodys_own_environment_to_the_bit(body):
    ours = steps_of(build(body, replace(TRAINING, environments=2)).get_env(), body)
    stock = steps_of(make_vec_env(body.env_id, 2), body)
    for our_values, stock_values in zip(ours, stock, strict=True):
        np.testing.assert_array_equal(our_values, stock_values)
    assert np.any(ours[3::4]) == (body.name != "halfcheetah")


def falls_of(body, steps=120):
    """Walk two walkers of a recording and two environments of a training alike.

    Return who fell and what was earned at each step: both (2, steps) for either.
    """
    walkers, envs = Walkers(body, 2), [training_env(body) for _ in range(2)]
    walkers.reset(np.arange(2), [5, 6])
    for env, seed in zip(envs, (5, 6), strict=True):
        env.reset(seed=seed)
    rng, recorded, trained = np.random.default_rng(1), [], []
    for _ in range(steps):
        actions = rng.uniform(-1, 1, (2, len(body.joints)))
        step = walkers.step(np.arange(2), actions)
        recorded.append((step.terminals, step.rewards))
        taken = [env.step(action) for env, action in zip(envs, actions, strict=True)]
        trained.append(([end for _, _, end, _, _ in taken], [reward for _, reward, *_ in taken]))
    return recorded, trained


@pytest.mark.parametrize("lowest", [None, 1.24, 0.0])
def test_a_changed_rule_changes_recording_and_training_alike(lowest, monkeypatch):
    if lowest is not None:
        monkeypatch.setattr(
            FallRule, "fallen", lambda _, states: states[:, HEIGHT] < lowest, raising=True
        )
    recorded, trained = falls_of(WALKER)
    (fell, rewards), (ended, earned) = (zip(*steps, strict=True) for steps in (recorded, trained))
    np.testing.assert_array_equal(fell, ended)
    np.testing.assert_allclose(rewards, earned, rtol=0, atol=1e-12)
    share = np.mean(fell)
    # A low bound of 1.24 m is met at once, one of 0 m never.
    assert {None: 0 < share < 0.9, 1.24: share > 0.9, 0.0: share == 0}[lowest]
