"""Recordings are whole, deterministic, independent of threads and of other agents."""

import json

import numpy as np
import pytest
import torch

from brainiarb.bodies.model import make_env
from brainiarb.bodies.observations import observation_table
from brainiarb.bodies.registry import get_body
from brainiarb.rollouts.arrays import EPISODE_DTYPES, check_rollouts
from brainiarb.rollouts.noise import Noise
from brainiarb.rollouts.recording import demonstration_steps, record_episodes, record_samples
from builders import assert_same, bend, stand

WALKER = get_body("walker2d")
ANGLES = slice(2, 8)
VELOCITIES = slice(11, 17)


def samples(noise=None, act=stand, agents=2, seed=5, **changes):
    options = {"samples": 150, "steps": 60, "mode": "mean"} | changes
    return record_samples(WALKER, act, agents=agents, seed=seed, noise=noise, **options)


def episodes(act=bend, agents=2, count=2, steps=120, seed=5, **changes):
    return record_episodes(
        WALKER, act, agents=agents, episodes=count, steps=steps, seed=seed, mode="mean", **changes
    )


def test_observed_columns_are_the_actuated_joints():
    joints = [row.joint for row in observation_table(WALKER)]
    assert joints[ANGLES] == joints[VELOCITIES] == list(WALKER.joints)


def test_episodes_are_whole_sorted_and_say_what_they_are():
    arrays = episodes()
    check_rollouts(arrays, "here")
    assert arrays["clone_ids"].tolist() == sorted(arrays["clone_ids"])
    assert np.unique(arrays["episode_ids"]).tolist() == [0, 1, 2, 3]
    for episode in range(4):
        rows = arrays["episode_ids"] == episode
        assert set(arrays["clone_ids"][rows]) == {episode // 2}
        ended = arrays["terminals"][rows] | arrays["timeouts"][rows]
        assert ended.tolist() == [False] * (rows.sum() - 1) + [True]
        # Time is continuous: the body moves by its velocity.
        assert np.abs(np.diff(arrays["qpos"][rows], axis=0)).max() < 0.5
    assert arrays["terminals"].sum() == 4
    assert (str(arrays["body"]), str(arrays["environment"])) == ("walker2d", "Walker2d-v5")
    assert str(arrays["mode"]) == "mean"
    assert set(json.loads(str(arrays["versions"]))) == {"gymnasium", "mujoco", "numpy"}
    assert arrays["sampling_rate"] == 125.0


@pytest.mark.parametrize("name", ["walker2d", "halfcheetah"])
def test_an_unstable_simulation_ends_its_episode_and_is_told(name, caplog):
    def kick(walkers, t):
        if t == 10:
            walkers.qvel[1] = 1e12

    body = get_body(name)
    arrays = record_episodes(
        body, lambda seen: np.zeros((len(seen), 6)), agents=1, episodes=2, steps=30, seed=0,
        mode="mean", disturb=kick,
    )  # fmt: skip
    assert np.bincount(arrays["episode_ids"]).tolist() == [30, 11]
    assert arrays["terminals"].nonzero()[0].tolist() == [40]
    assert "1 of 2 episodes end because their simulation became unstable" in caplog.text


def test_step_limit_is_a_timeout_and_no_fall():
    arrays = episodes(act=stand, steps=30)
    assert len(arrays["rewards"]) == 4 * 30
    assert arrays["timeouts"].sum() == 4
    assert not arrays["terminals"].any()


def test_rows_replay_in_gymnasium():
    arrays = episodes(agents=1, count=1)
    env = make_env(WALKER).unwrapped
    env.reset(seed=0)
    env.set_state(arrays["qpos"][0], arrays["qvel"][0])
    for row in range(len(arrays["rewards"])):
        np.testing.assert_allclose(env.data.qpos, arrays["qpos"][row], rtol=0, atol=1e-12)
        np.testing.assert_array_equal(arrays["observations"][row], env._get_obs().astype("f4"))
        _, reward, fell, _, info = env.step(arrays["actions"][row].astype(float))
        assert arrays["rewards"][row] == pytest.approx(reward, abs=1e-12)
        assert arrays["rewards_control"][row] == pytest.approx(info["reward_ctrl"], abs=1e-12)
        assert arrays["terminals"][row] == fell
    parts = sum(arrays[f"rewards_{part}"] for part in ("forward", "healthy", "control"))
    np.testing.assert_allclose(parts, arrays["rewards"], rtol=0, atol=1e-12)


def test_episode_e_starts_alike_for_every_agent_and_differs_from_the_others():
    arrays = episodes(agents=3, count=2, steps=5)
    starts = arrays["qpos"][::5]
    np.testing.assert_array_equal(starts[:2], starts[2:4])
    np.testing.assert_array_equal(starts[:2], starts[4:])
    assert (starts[0] != starts[1]).all()


@pytest.mark.parametrize(
    "record",
    [episodes, lambda **options: samples(Noise(80), **options)],
    ids=["episodes", "samples"],
)
def test_recording_is_deterministic_and_independent_of_threads(record):
    assert_same(record(threads=1), record(threads=2))


def test_rows_of_an_agent_do_not_depend_on_the_others():
    for record in (episodes, lambda **options: samples(Noise(80), **options)):
        of_two, of_three = record(agents=2), record(agents=3)
        rows = of_three["clone_ids"] < 2
        for name, values in of_two.items():
            expected = of_three[name]
            if name in EPISODE_DTYPES:
                expected = expected[: len(values)]
            elif expected.ndim:
                expected = expected[rows]
            np.testing.assert_array_equal(values, expected, err_msg=name)


def test_the_policy_sees_all_walkers_at_every_step():
    shapes = []

    def act(observations):
        shapes.append(observations.shape)
        assert observations.dtype == np.float64
        return bend(observations)

    arrays = episodes(act=act, agents=2, count=3)
    lengths = np.bincount(arrays["episode_ids"])
    assert len(set(lengths)) > 1
    assert shapes == [(6, 17)] * lengths.max()


def test_a_policy_has_one_thread_of_torch_and_what_is_outside_keeps_its_own():
    found, before = [], torch.get_num_threads()

    def act(observations):
        found.append(torch.get_num_threads())
        return np.full((len(observations), 6), np.nan if len(found) > 9 else 0.0)

    torch.set_num_threads(2)
    try:
        with pytest.raises(ValueError, match="not finite"):
            episodes(act=act, threads=2)
        assert (set(found), torch.get_num_threads()) == ({1}, 2)
    finally:
        torch.set_num_threads(before)


def test_samples_are_counted_exactly_however_often_walkers_fall():
    arrays = samples(Noise(160), samples=150, steps=60, act=bend)
    check_rollouts(arrays, "here")
    assert np.bincount(arrays["clone_ids"]).tolist() == [150, 150]
    ids = arrays["episode_ids"]
    assert ids.tolist() == sorted(ids)
    last = np.append(np.diff(ids) > 0, True)
    np.testing.assert_array_equal(last, arrays["terminals"] | arrays["timeouts"])
    assert not (arrays["terminals"] & arrays["timeouts"]).any()
    assert arrays["terminals"].sum() > 4
    # Three lanes of 60, 60 and 30 rows per agent end whatever happens.
    assert last.reshape(2, 150)[:, [59, 119, 149]].all()
    heights = arrays["qpos"][np.append(True, last[:-1]), 1]
    np.testing.assert_allclose(heights, 1.25, atol=0.005)
    assert len(np.unique(heights)) == len(heights)


def test_agents_get_independent_resets_and_noise():
    arrays = samples(Noise(40))
    noise = (arrays["actions"] - arrays["actions_clean"]).reshape(2, 150, 6)
    assert (arrays["qpos"][0] != arrays["qpos"][150]).all()
    assert (noise[0] != noise[1]).mean() > 0.9
    assert (noise[0, :60] != noise[0, 60:120]).mean() > 0.9


def test_a_longer_recording_does_not_change_the_noise_of_a_row():
    short = samples(Noise(20, "label"), samples=100, steps=50)
    long = samples(Noise(20, "label"), samples=100, steps=100)
    inside = np.abs(short["actions_clean"]) < 0.8
    inside &= np.abs(long["actions_clean"]) < 0.8
    added = [arrays["labels"] - arrays["actions_clean"] for arrays in (short, long)]
    np.testing.assert_allclose(added[0][inside], added[1][inside], atol=1e-6)


def test_disturbance_is_applied_before_its_step():
    def push(walkers, t):
        force = 300.0 if t == 3 else 0.0
        walkers.batch.bind("xfrc_applied")[:, 1, 0] = force

    pushed, left = episodes(act=stand, steps=8, disturb=push), episodes(act=stand, steps=8)
    difference = np.abs(pushed["qvel"] - left["qvel"]).max(axis=1).reshape(4, 8)
    assert (difference[:, :4] == 0).all()
    assert (difference[:, 4:] > 0.01).all()


def test_progress_goes_to_stderr_only_when_asked(capfd):
    episodes(steps=3)
    assert capfd.readouterr().err == ""
    episodes(steps=3, progress="recording level 40")
    captured = capfd.readouterr()
    assert "recording level 40" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda seen: np.zeros((len(seen), 3)), r"shape \(4, 3\) where \(4, 6\)"),
        (lambda seen: np.full((len(seen), 6), np.nan), "not finite"),
    ],
)
def test_bad_policies_are_refused(act, message):
    with pytest.raises(ValueError, match=message):
        episodes(act=act)


@pytest.mark.parametrize(
    ("samples", "steps"), [(20_000, 1000), (4000, 1000), (2000, 500), (401, 101), (3, 1)]
)
def test_demonstrations_are_at_least_four_episodes(samples, steps):
    assert demonstration_steps(samples) == steps


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r"'median'.*mean, sampled"):
        samples(mode="median")
