"""Transitions: recorded actions lead from recorded states to the recorded next states."""

from itertools import chain

import mujoco
import numpy as np
import pytest

from brainiarb.bodies.model import make_env
from brainiarb.bodies.registry import get_body
from brainiarb.rollouts.episodes import clone_episodes
from brainiarb.rollouts.noise import Noise
from brainiarb.rollouts.recording import record_samples
from brainiarb.rollouts.transitions import transitions
from builders import bend


def demonstrations(body):
    """Demonstrations that end by falls, by the end of a lane and after the last sample."""
    return record_samples(
        body, bend, agents=2, samples=300, steps=200, seed=5, mode="mean", noise=Noise(80)
    )


def replayed(body, state, actions):
    """Return the states and the observations after each action in the body's own environment."""
    env = make_env(body).unwrapped
    env.reset(seed=0)
    mujoco.mj_resetData(env.model, env.data)
    env.set_state(*state)
    states, observations = [], []
    for action in actions:
        observation = env.step(action.astype(float))[0]
        states.append(np.concatenate([env.data.qpos, env.data.qvel]))
        observations.append(observation.astype("f4"))
    return np.array(states), np.array(observations)


@pytest.mark.parametrize("name", ["walker2d", "halfcheetah"])
def test_recorded_actions_lead_to_the_recorded_next_states_bit_for_bit(name):
    body = get_body(name)
    arrays = demonstrations(body)
    steps = transitions(arrays)
    for rows in chain(*clone_episodes(arrays).values()):
        start = arrays["qpos"][rows][0], arrays["qvel"][rows][0]
        states, observations = replayed(body, start, steps.actions[rows])
        recorded = np.hstack([arrays["qpos"], arrays["qvel"]])[rows]
        np.testing.assert_array_equal(states[:-1], recorded[1:])
        np.testing.assert_array_equal(observations, steps.next_observations[rows], strict=True)


def test_an_episode_ends_by_a_fall_or_a_cut_with_an_observation_of_its_own():
    arrays = demonstrations(get_body("walker2d"))
    steps = transitions(arrays)
    ended = steps.terminals | steps.timeouts
    assert steps.terminals.any()
    assert steps.timeouts.any()
    assert not (steps.terminals & steps.timeouts).any()
    height, pitch = steps.next_observations[:, :2].T
    np.testing.assert_array_equal((height <= 0.8) | (np.abs(pitch) >= 1), steps.terminals)
    goes_on = np.flatnonzero(~ended)
    np.testing.assert_array_equal(steps.next_observations[goes_on], steps.observations[goes_on + 1])
    into_another = np.flatnonzero(ended)[:-1]
    same = steps.next_observations[into_another] == steps.observations[into_another + 1]
    assert not same.all(axis=1).any()
