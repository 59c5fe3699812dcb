"""The walker of dm_control: its model, starts, observations and rewards are those of the suite."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from brainiarb.bodies.environment import TaskEnv
from brainiarb.bodies.model import environment_facts, make_env, plain_model
from brainiarb.bodies.observations import observation_table
from brainiarb.bodies.registry import get_body
from brainiarb.bodies.suite import above, above_linear
from brainiarb.bodies.walkers import Walkers
from brainiarb.rollouts.survival import episode_falls

WALKER = get_body("dm_walker_walk")
FACTS = environment_facts(WALKER)
EIGHT = np.arange(8)
HEIGHT = 14


@pytest.fixture(scope="module")
def suite():
    """dm_control's suite, which an extra of the project installs where it has wheels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUJOCO_GL", "disable")
        return pytest.importorskip(
            "dm_control.suite", reason="dm_control is not installed: pip install .[dm_control]"
        )


def test_the_compiled_model_equals_dm_controls(suite):
    theirs, ours = suite.load("walker", "walk").physics.model._model, plain_model(WALKER)
    looks = ("_", "cam_", "mat_", "tex_", "name", "geom_matid", "geom_rgba", "vis_", "light_")
    compared = 0
    for name in dir(theirs):
        value = getattr(theirs, name)
        if isinstance(value, np.ndarray) and not name.startswith(looks):
            np.testing.assert_array_equal(getattr(ours, name), value, err_msg=name)
            compared += 1
    assert compared > 200
    for name in dir(theirs.opt):
        value = getattr(theirs.opt, name)
        if isinstance(value, int | float | np.ndarray):
            np.testing.assert_array_equal(getattr(ours.opt, name), value, err_msg=name)


def flat(step):
    return np.concatenate([np.ravel(block) for block in step.observation.values()])


def test_eight_walkers_equal_dm_controls_environments_for_1000_steps(suite):
    envs = [suite.load("walker", "walk", task_kwargs={"random": int(seed)}) for seed in EIGHT]
    steps = [env.reset() for env in envs]
    walkers, rng = Walkers(WALKER, len(envs)), np.random.default_rng(0)
    walkers.reset(EIGHT, EIGHT)
    for number in range(1000):
        np.testing.assert_array_equal(walkers.observations(), [flat(step) for step in steps])
        data = [env.physics.data for env in envs]
        np.testing.assert_array_equal(walkers.qpos, [state.qpos for state in data])
        np.testing.assert_array_equal(walkers.qvel, [state.qvel for state in data])
        heights = [[env.physics.named.data.geom_xpos[geom][2] for geom in WALKER.height_geoms]
                   for env in envs]  # fmt: skip
        actions = rng.uniform(-1, 1, (len(envs), 6))
        step = walkers.step(EIGHT, actions)
        np.testing.assert_array_equal(step.heights, heights)
        steps = [env.step(action) for env, action in zip(envs, actions, strict=True)]
        rewards = [theirs.reward for theirs in steps]
        np.testing.assert_allclose(step.rewards, rewards, rtol=0, atol=1e-12)
        assert not step.terminals.any()
        assert [theirs.last() for theirs in steps] == [number == 999] * len(envs)


def test_the_order_of_the_observation_is_selectable():
    first = get_body("dm_walker_walk_height_first")
    names = [row.name for row in observation_table(WALKER)]
    sorted_names = [row.name for row in observation_table(first)]
    assert names[HEIGHT] == "height"
    assert sorted_names == ["height", *names[:HEIGHT], *names[HEIGHT + 1 :]]
    both = [Walkers(body, 2) for body in (WALKER, first)]
    for walkers in both:
        walkers.reset(np.arange(2), [3, 4])
    order = [names.index(name) for name in sorted_names]
    np.testing.assert_array_equal(both[1].observations(), both[0].observations()[:, order])


def test_a_tolerance_is_one_above_its_bound_and_as_published_a_margin_below_it():
    below = np.array([1.2, 5.0, 0.6, 0.0])
    np.testing.assert_allclose(above(below, 1.2, 0.6), [1, 1, 0.1, 1e-4])
    np.testing.assert_allclose(
        above_linear(np.array([2.0, 0.5, 0.0, -9.0]), 1, 0.5), [1, 0.5, 0, 0]
    )


def test_who_stands_still_earns_a_sixth_and_who_lies_nothing_for_speed():
    walkers = Walkers(WALKER, 2)
    two = np.arange(2)
    walkers.reset(two, [0, 1])
    walkers.qpos[:], walkers.qvel[:] = 0.0, 0.0
    walkers.qpos[1, :3] = -1.2, 0.0, np.pi / 2  # it lies on its front
    walkers.batch.forward()
    step = walkers.step(two, np.zeros((2, 6)))
    assert step.rewards[0] == pytest.approx(1 / 6, abs=0.01)
    assert step.rewards[1] < 0.03
    np.testing.assert_allclose(
        step.rewards, step.parts["stand"] * (5 * step.parts["move"] + 1) / 6, rtol=1e-15
    )


def test_as_an_environment_it_keeps_the_rules_of_gymnasium():
    check_env(TaskEnv(WALKER), skip_render_check=True)
    env = make_env(WALKER, 5)
    assert isinstance(env, gymnasium.wrappers.TimeLimit)
    first, _ = env.reset(seed=7)
    walkers = Walkers(WALKER, 1)
    walkers.reset(np.array([0]), [7])
    np.testing.assert_array_equal(first, walkers.observations()[0])
    taken = [env.step(env.action_space.sample()) for _ in range(5)]
    assert [(ended, cut) for _, _, ended, cut, _ in taken] == [(False, False)] * 4 + [(False, True)]
    assert taken[0][4].keys() == {"reward_stand", "reward_move"}


def recorded(heights):
    """The arrays of episodes whose torso has these heights (episodes, steps) in m."""
    episodes, steps = np.shape(heights)
    qpos = np.zeros((episodes * steps, FACTS.nq))
    qpos[:, 0] = np.ravel(heights) - 1.3
    return {
        "body": np.array(WALKER.name),
        "episode_ids": np.repeat(np.arange(episodes), steps),
        "terminals": np.zeros(episodes * steps, bool),
        "qpos": qpos,
        "qvel": np.zeros((episodes * steps, FACTS.nv)),
    }


def test_a_fall_is_a_torso_near_the_ground_after_the_time_to_get_up():
    grace = round(FACTS.fall.grace * FACTS.sampling_rate)
    assert grace == 100
    heights = np.full((4, 300), 1.2)
    heights[1, : grace - 1] = 0.1  # it lies, then gets up in time
    heights[2, 250:260] = 0.6  # it falls and gets up again
    heights[3] = 0.1  # it never gets up
    fell, survived = episode_falls(recorded(heights))
    assert fell.tolist() == [False, False, True, True]
    assert survived.tolist() == [300, 300, 250, grace]
    arrays = recorded(heights)
    arrays["terminals"][299] = True  # the simulation of the first episode became unstable
    fell, survived = episode_falls(arrays)
    assert fell.tolist() == [True, False, True, True]
    assert survived[0] == 300
