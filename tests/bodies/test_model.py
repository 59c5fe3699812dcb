import numpy as np
import pytest

from brainiarb.bodies.model import (
    environment_facts,
    forward_column,
    legs,
    make_env,
    plain_model,
    posture_columns,
    task_of,
)
from brainiarb.bodies.observations import observation_table, posture_table
from brainiarb.bodies.registry import get_body
from builders import every_body

WALKER = get_body("walker2d")
ANT = get_body("ant")


@every_body
def test_names_exist_in_the_model_and_joints_are_in_the_order_of_actions(body):
    model = plain_model(body)
    moving = [model.geom(geom).name for geom in range(model.ngeom) if model.geom_bodyid[geom] > 0]
    assert sorted(body.height_geoms) == sorted(moving)
    assert {geom for geoms in body.soles.values() for geom in geoms} <= {*moving}
    assert [model.joint(joint).name for joint in model.actuator_trnid[:, 0]] == list(body.joints)


def test_facts_of_walker2d():
    facts = environment_facts(WALKER)
    assert facts.sampling_rate == 125.0
    assert (facts.frame_skip, facts.nq, facts.nv, facts.observations) == (4, 9, 9, 17)
    assert (facts.healthy_reward, facts.reset_noise) == (1.0, 5e-3)
    assert facts.parts == ("forward", "healthy", "control", "contact")
    assert facts.fall.low[1:3].tolist() == [0.8, -1.0]
    assert facts.fall.high[1:3].tolist() == [2.0, 1.0]
    assert np.isinf(facts.fall.high).sum() == 16


def test_mujoco_does_not_read_the_clock_while_an_environment_steps():
    env = make_env(WALKER)
    env.reset(seed=0)
    env.step(env.action_space.sample())
    timers = env.unwrapped.data.timer
    assert timers.number.sum() > 0
    assert timers.duration.sum() == 0


@pytest.mark.parametrize(
    ("name", "rate", "sizes", "half_range", "healthy_z", "fields"),
    [
        ("hopper", 125, (11, 3), 1.0, (0.7, np.inf), {}),
        ("halfcheetah", 20, (17, 6), 1.0, (-np.inf, np.inf), {}),
        ("ant", 20, (105, 8), 1.0, (0.2, 1.0), {"cfrc_ext": 78}),
        (
            "humanoid", 1 / 0.015, (348, 17), 0.4, (1.0, 2.0),
            {"cinert": 130, "cvel": 78, "qfrc_actuator": 17, "cfrc_ext": 78},
        ),
    ],
)  # fmt: skip
def test_facts_of_the_other_bodies(name, rate, sizes, half_range, healthy_z, fields):
    body = get_body(name)
    facts = environment_facts(body)
    assert facts.sampling_rate == pytest.approx(rate)
    assert facts.sizes == sizes
    np.testing.assert_allclose(facts.action_half_range, half_range)
    np.testing.assert_array_equal(facts.action_centre, 0)
    z = [row.name for row in observation_table(body)].index(
        {"ant": "root z position", "humanoid": "root z position"}.get(name, "rootz position")
    )
    column = posture_columns(body)[z]
    assert (facts.fall.low[column], facts.fall.high[column]) == healthy_z
    blocks = {row.name: row.count for row in observation_table(body) if row.count > 1}
    assert blocks == fields
    assert facts.fall.ends_episode == (name != "halfcheetah")
    assert task_of(body).feels_contacts == (name in ("ant", "humanoid"))


@pytest.mark.parametrize(
    ("name", "forward", "posture"),
    [
        ("walker2d", 0, list(range(1, 9))),
        ("ant", 0, list(range(2, 15))),
        ("humanoid", 0, list(range(2, 24))),
        ("dm_walker_walk", 1, [0, *range(2, 9)]),
    ],
)
def test_a_posture_leaves_out_the_place_in_the_plane(name, forward, posture):
    body = get_body(name)
    assert forward_column(body) == forward
    assert posture_columns(body) == posture
    assert [row.unit for row in posture_table(body)].count("m") == 1


def test_legs_end_in_feet_and_what_feet_share_is_the_trunk():
    assert legs(WALKER) == ("trunk", *["right"] * 3, *["left"] * 3)
    assert legs(get_body("hopper")) == ("trunk", *["only"] * 3)
    assert legs(get_body("halfcheetah")) == ("trunk", "trunk", *["back"] * 3, *["front"] * 3)
    assert {leg: legs(ANT).count(leg) for leg in legs(ANT)} == {
        "trunk": 1, "front left": 3, "front right": 3, "back left": 3, "back right": 3,
    }  # fmt: skip
    assert legs(get_body("humanoid")) == (
        *["trunk"] * 5, *["right"] * 3, *["left"] * 3, *["trunk"] * 6,
    )  # fmt: skip


def test_make_env_sets_the_limit():
    assert make_env(WALKER, 7).spec.max_episode_steps == 7
    assert make_env(WALKER).spec.max_episode_steps == 1000
