"""Bodies of the user's own: the id of an environment, or a module with one BODY."""

import json

import numpy as np
import pytest

from brainiarb.bodies.model import environment_facts, legs, plain_model
from brainiarb.bodies.observations import observation_table, posture_table
from brainiarb.bodies.registry import get_body
from brainiarb.bodies.world import world_of
from brainiarb.errors import Refused
from brainiarb.experts.environment import training_env
from brainiarb.rollouts.arrays import check_rollouts
from brainiarb.rollouts.disturbances import push, scaled_model
from brainiarb.rollouts.recording import record_episodes

FEET = {"right": "foot_geom", "left": "foot_left_geom"}
WALKER = get_body("walker2d")


def described(**description):
    return get_body(json.dumps(description))


def test_a_described_body_is_read_from_its_model():
    body = described(gymnasium="Swimmer-v5")
    assert (body.name, body.env_id, body.feet) == ("gymnasium_swimmer", "Swimmer-v5", ())
    assert body.joints == ("motor1_rot", "motor2_rot")
    assert body.height_geoms == ("torso", "mid", "back")  # named after the parts they are alone in
    assert environment_facts(body).parts == ("forward", "ctrl")
    assert environment_facts(body).sampling_rate == 25
    assert [row.name for row in posture_table(body)] == [
        "free_body_rot angle", "motor1_rot angle", "motor2_rot angle",
    ]  # fmt: skip
    assert len(observation_table(body)) == environment_facts(body).observations == 8


def stepped(world, actions):
    count = actions.shape[1]
    everyone = np.arange(count)
    world.reset(everyone, everyone)
    seen = []
    for action in actions:
        seen.append(world.observations())
        step = world.step(everyone, action)
        seen += [world.qpos.copy(), step.rewards, step.heights, step.terminals]
    return seen


def test_environments_in_a_loop_equal_walkers_that_step_at_once():
    looped = described(gymnasium="Walker2d-v5", feet=FEET)
    assert (looped.joints, looped.height_geoms) == (WALKER.joints, WALKER.height_geoms)
    actions = np.random.default_rng(0).uniform(-1, 1, (60, 4, 6)).astype(np.float32).astype(float)
    both = [stepped(world_of(body, 4), actions) for body in (looped, WALKER)]
    for ours, theirs in zip(*both, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    assert any(terminals.any() for terminals in both[0][4::5])


def test_what_disturbs_walkers_disturbs_environments_alike():
    looped = described(gymnasium="Walker2d-v5", feet=FEET)
    for disturb in (push(WALKER, 40.0, 1), scaled_model(("body_mass", "body_inertia"), 0.8)):
        ways = [
            record_episodes(
                body, lambda observations: np.zeros((len(observations), 6)), agents=1, episodes=1,
                steps=140, seed=5, mode="mean",
                disturb=lambda world, t: disturb(world, np.arange(1), t),  # noqa: B023
            )
            for body in (looped, WALKER)
        ]  # fmt: skip
        np.testing.assert_allclose(ways[0]["qpos"], ways[1]["qpos"], rtol=0, atol=1e-9)


def test_a_recording_of_a_described_body_is_read_back():
    body = described(gymnasium="Swimmer-v5")
    rollouts = record_episodes(
        body, lambda observations: np.full((len(observations), 2), 0.5), agents=1, episodes=2,
        steps=6, seed=0, mode="mean",
    )  # fmt: skip
    check_rollouts(rollouts, "here")
    assert rollouts["contacts"].shape == (12, 0)
    np.testing.assert_allclose(
        rollouts["rewards"], rollouts["rewards_forward"] + rollouts["rewards_ctrl"], atol=1e-9
    )
    assert get_body(str(rollouts["body"])).joints == body.joints


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ({"gymnasium": "Swimer-v5"}, "cannot make 'Swimer-v5'"),
        ({"gymnasium": "CartPole-v1"}, "CartPole-v1 is no MuJoCo environment"),
        ({"gymnasium": "Swimmer-v5", "feet": {"left": "toe"}}, "no geom 'toe' for the foot 'left'"),
        ({"gymnasium": "Swimmer-v5", "foot": {}}, "foot, gymnasium where one of gymnasium, dm"),
        ({"gymnasium": "Swimmer-v5", "dm_control": "a-b"}, "dm_control, gymnasium where one of"),
        ({"dm_control": "nobody-walk"}, "dm_control cannot make 'nobody-walk'"),
    ],
)
def test_what_describes_no_body_is_refused(description, words):
    with pytest.raises(Refused, match=words):
        described(**description)


MODULE = """
from dataclasses import replace
from brainiarb.bodies.catalogue.hopper import BODY as HOPPER
BODY = replace(HOPPER, name="whatever", rates=(1.0, 4.0))
"""


def test_a_module_of_ones_own_is_a_body_under_the_name_of_its_file(tmp_path):
    file = tmp_path / "jumper.py"
    file.write_text(MODULE)
    body = get_body(str(file))
    assert (body.name, body.rates, body.stored) == ("jumper", (1.0, 4.0), str(file))
    assert plain_model(body).nu == 3
    assert get_body(str(file), [2, 3]).rates == (2, 3)


def test_a_module_without_a_body_is_refused(tmp_path):
    (tmp_path / "empty.py").write_text("BODY = 1\n")
    with pytest.raises(Refused, match=r"empty.py holds no BODY"):
        get_body(str(tmp_path / "empty.py"))
    with pytest.raises(Refused, match="there is no file"):
        get_body(str(tmp_path / "missing.py"))


def test_a_described_body_trains_in_its_own_environment():
    env = training_env(described(gymnasium="Swimmer-v5"))
    env.reset(seed=0)
    ends = [env.step(env.action_space.sample())[2:4] for _ in range(1000)]
    assert ends == [(False, False)] * 999 + [(False, True)]


@pytest.fixture
def suite():
    """dm_control, which an extra of the project installs where it has wheels."""
    return pytest.importorskip(
        "dm_control", reason="dm_control is not installed: pip install .[dm_control]"
    )


def test_a_humanoid_of_dm_control_is_a_body_whose_feet_have_two_geoms_each(suite):
    feet = {side: [f"right_{side}_foot", f"left_{side}_foot"] for side in ("right", "left")}
    body = described(dm_control="humanoid-walk", feet=feet, rates=[0.5, 4])
    assert environment_facts(body).sizes == (67, 21)
    assert [legs(body).count(leg) for leg in ("right", "left", "trunk")] == [4, 4, 11]
    rollouts = record_episodes(
        body, lambda observations: np.zeros((len(observations), 21)), agents=1, episodes=2,
        steps=60, seed=0, mode="mean",
    )  # fmt: skip
    check_rollouts(rollouts, "here")
    assert rollouts["contacts"].any(axis=0).all()


def test_an_environment_of_dm_control_is_a_body_that_equals_our_task(suite):
    feet = {"right": "right_foot", "left": "left_foot"}
    looped, ours = described(dm_control="walker-walk", feet=feet), get_body("dm_walker_walk")
    assert (looped.name, looped.env_id) == ("dm_control_walker_walk", ours.env_id)
    assert (looped.joints, looped.height_geoms) == (ours.joints, ours.height_geoms)
    assert observation_table(looped)[14].name == "height 0"
    actions = np.random.default_rng(0).uniform(-1, 1, (40, 3, 6))
    both = [stepped(world_of(body, 3), actions) for body in (looped, ours)]
    for theirs, own in zip(*both, strict=True):
        np.testing.assert_allclose(theirs, own, rtol=0, atol=1e-12)
