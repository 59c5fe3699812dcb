from dataclasses import replace

import gymnasium
import mujoco
import numpy as np
import pytest

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import (
    environment_facts,
    joint_columns,
    make_env,
    plain_model,
    task_of,
)
from brainiarb.bodies.observations import observation_table
from brainiarb.bodies.registry import get_body
from brainiarb.bodies.walkers import Walkers, sensing_model
from builders import every_body, every_gymnasium_body

WALKER = get_body("walker2d")
ANT = get_body("ant")


def standing(walkers: Walkers) -> np.ndarray:
    """Springs and dampers that hold the legs straight: most walkers stand for long."""
    columns = np.array(joint_columns(walkers.body))
    # A quaternion has four numbers, its angular velocity three.
    velocities = walkers.qvel[:, columns - (walkers.facts.nq - walkers.facts.nv)]
    return np.clip(-walkers.qpos[:, columns] - 0.05 * velocities, -1, 1)


def actions_for(walkers: Walkers, rng: np.random.Generator, noise: np.ndarray) -> np.ndarray:
    shape = (len(noise), len(walkers.body.joints))
    return np.clip(standing(walkers) + noise[:, None] * rng.uniform(-1, 1, shape), -1, 1)


@every_body
def test_sensors_do_not_change_a_bit_of_the_dynamics(body):
    steps, feet = 2000 if body is WALKER else 400, len(body.feet)
    original, model = plain_model(body), sensing_model(body)
    half_range = environment_facts(body).action_half_range
    plain, sensing = mujoco.MjData(original), mujoco.MjData(model)
    rng = np.random.default_rng(0)
    touched = 0
    for _ in range(steps):
        plain.ctrl[:] = sensing.ctrl[:] = rng.uniform(-0.5, 0.5, len(body.joints)) * half_range
        mujoco.mj_step(original, plain)
        mujoco.mj_step(model, sensing)
        touched += (sensing.sensordata[:feet] > 0).any()
        states = []
        for that_model, data in ((original, plain), (model, sensing)):
            state = np.empty(mujoco.mj_stateSize(that_model, mujoco.mjtState.mjSTATE_INTEGRATION))
            mujoco.mj_getState(that_model, data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
            states.append(state)
        np.testing.assert_array_equal(*states)
    assert touched > steps / 20


@every_gymnasium_body
def test_walkers_equal_gymnasium_environments_stepped_alone(body):
    steps = 500 if body is WALKER else 200
    noise = np.array([0.0, 0.1, 1.0])
    everyone = np.arange(3)
    envs = [make_env(body, 10_000) for _ in everyone]
    walkers, rng = Walkers(body, 3), np.random.default_rng(1)
    facts = walkers.facts
    walkers.reset(everyone, everyone)
    alone = np.array([env.reset(seed=seed)[0] for seed, env in enumerate(envs)])
    np.testing.assert_array_equal(walkers.observations(), alone)
    ours, theirs, falls = [], [], np.zeros(3, int)
    for number in range(steps):
        actions = actions_for(walkers, rng, noise)
        step = walkers.step(everyone, actions)
        parts = [step.rewards, *step.parts.values()]
        ours.append(
            np.column_stack(
                [walkers.observations(), walkers.qpos, walkers.qvel, step.terminals, *parts]
            )
        )
        for walker, env in enumerate(envs):
            executed = facts.action_centre + facts.action_half_range * actions[walker]
            observation, reward, fell, _, info = env.step(executed)
            state = env.unwrapped.state_vector()
            named = ("reward_forward", "reward_survive", "reward_ctrl", "reward_contact")
            parts = [info.get(name, 0.0) for name in named]
            theirs.append(np.concatenate([observation, state, [fell, reward], parts]))
            if fell:
                falls[walker] += 1
                seed = 100 * number + walker
                walkers.reset(np.array([walker]), [seed])
                env.reset(seed=seed)
    ours = np.concatenate(ours)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    # What is compared was there to be seen: numbers moved (parts that touch nothing feel nothing),
    # contacts cost what they cost, walkers fell.
    moved = np.ptp(ours[:, : facts.observations], axis=0) > 0
    blocks = {row.name: row.count for row in observation_table(body)}
    forces = blocks.get("cfrc_ext", 0)
    assert moved[: facts.observations - forces].mean() > 0.95
    assert forces == 0 or moved[-forces:].sum() > 6
    assert (ours[:, -1] < 0).any() == walkers.task.feels_contacts
    if body is WALKER:
        assert falls[0] == 0
    assert (falls[-1] >= 2) == (body.name not in ("halfcheetah", "ant"))


def walk(body: Body, threads: int, steps: int = 60) -> list[np.ndarray]:
    walkers, rng = Walkers(body, 5, threads), np.random.default_rng(2)
    everyone = np.arange(5)
    walkers.reset(everyone, everyone)
    seen = []
    for _ in range(steps):
        step = walkers.step(everyone, rng.uniform(-1, 1, (5, len(body.joints))))
        seen += [walkers.observations(), walkers.qpos.copy(), step.heights, step.contact_forces]
    return seen


@pytest.mark.parametrize("body", [WALKER, ANT], ids=lambda body: body.name)
def test_threads_change_no_bit(body):
    for one, two in zip(walk(body, 1), walk(body, 2), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("body", [WALKER, ANT], ids=lambda body: body.name)
def test_walkers_left_out_stand_still_and_do_not_matter(body):
    together, alone = Walkers(body, 3), Walkers(body, 1)
    together.reset(np.arange(3), [4, 5, 6])
    alone.reset(np.array([0]), [5])
    start = together.observations()
    action = np.full((1, len(body.joints)), 0.3)
    for _ in range(20):
        together.step(np.array([1]), action)
        alone.step(np.array([0]), action)
    np.testing.assert_array_equal(together.qpos[1], alone.qpos[0])
    np.testing.assert_array_equal(together.observations()[1], alone.observations()[0])
    np.testing.assert_array_equal(together.observations()[[0, 2]], start[[0, 2]])


def direct_forces(body: Body, data: mujoco.MjData) -> np.ndarray:
    """Return the normal force on each foot from the contacts of data that are up to date."""
    model = plain_model(body)
    forces, wrench = np.zeros(len(body.feet)), np.zeros(6)
    for foot, geoms in enumerate(body.soles.values()):
        numbers = {model.geom(geom).id for geom in geoms}
        for number in range(data.ncon):
            if not numbers.isdisjoint(data.contact[number].geom.tolist()):
                mujoco.mj_contactForce(model, data, number, wrench)
                forces[foot] += wrench[0]
    return forces


def direct_sensors(
    body: Body, state: mujoco.MjData, action: np.ndarray, data: mujoco.MjData
) -> np.ndarray:
    """Heights in a state, then foot forces of every simulation step of its environment step.

    Data of the plain model are stepped alone, and forward kinematics are computed by themselves.
    """
    model, facts = plain_model(body), environment_facts(body)
    data.qpos, data.qvel = state.qpos, state.qvel
    data.ctrl = facts.action_centre + facts.action_half_range * action
    data.qacc_warmstart = state.qacc_warmstart
    forces = []
    for _ in range(facts.frame_skip):
        warm = data.qacc_warmstart.copy()
        mujoco.mj_forward(model, data)
        if not forces:
            heights = [data.geom(name).xpos[2] for name in body.height_geoms]
        forces.append(direct_forces(body, data))
        data.qacc_warmstart = warm
        mujoco.mj_step(model, data)
    return np.concatenate([heights, *forces])


SHINS = replace(
    WALKER,
    name="walker2d whose feet have shins",
    feet=(("right", ("foot_geom", "leg_geom")), ("left", ("foot_left_geom", "leg_left_geom"))),
)


@pytest.mark.parametrize("body", [WALKER, ANT, SHINS], ids=lambda body: body.name)
def test_heights_are_those_at_the_action_and_forces_those_of_all_simulation_steps(body):
    walkers, rng = Walkers(body, 3), np.random.default_rng(3)
    everyone = np.arange(3)
    walkers.reset(everyone, everyone)
    state, data = mujoco.MjData(walkers.batch.get_model(0)), mujoco.MjData(plain_model(body))
    heights, forces, computed = [], [], []
    for _ in range(150):  # also beyond the fall, where legs and torso lie on the floor
        actions = actions_for(walkers, rng, np.array([0.0, 0.3, 1.0]))
        computed.append(
            [
                direct_sensors(body, walkers.batch.get_data(walker, state), actions[walker], data)
                for walker in range(3)
            ]
        )
        step = walkers.step(everyone, actions)
        heights.append(step.heights)
        forces.append(step.contact_forces)
    parts = len(body.height_geoms)
    np.testing.assert_allclose(heights, np.array(computed)[..., :parts], rtol=1e-9, atol=1e-9)
    each = np.array(computed)[..., parts:].reshape(150, 3, -1, len(body.feet))
    np.testing.assert_allclose(forces, each.mean(axis=2), rtol=1e-6, atol=1e-6)
    touches = np.array(forces) > 0
    np.testing.assert_array_equal(touches, (each > 0).any(axis=2))
    assert (touches.sum(axis=0) > 10).all()
    assert (touches.sum(axis=0) < 150).all()
    # Some touches are seen in a later simulation step only.
    assert (touches & ~(each[:, :, 0] > 0)).any()


def test_a_touch_that_is_shorter_than_an_environment_step_is_seen():
    body = get_body("halfcheetah")
    walkers, one = Walkers(body, 1), np.array([0])
    still = np.zeros((1, len(body.joints)))
    for speed, touched in ((0.0, False), (-8.0, True)):
        walkers.reset(one, [0])
        # From 0.2 m above the ground only a fast cheetah reaches it within the step of 0.05 s.
        walkers.qpos[0, 1] += 0.2
        walkers.qvel[0, 1] = speed
        assert (walkers.step(one, still).contact_forces > 0).any() == touched
    # It is lifted before its next step, so that no step begins with a touch.
    walkers.qpos[0, 1] += 2.0
    walkers.qvel[0] = 0.0
    assert (walkers.step(one, still).contact_forces == 0).all()


def test_a_standing_walker_presses_its_weight():
    walkers = Walkers(WALKER, 1)
    walkers.reset(np.array([0]), [0])
    for _ in range(250):
        step = walkers.step(np.array([0]), standing(walkers))
    model = plain_model(WALKER)
    weight = model.body_mass.sum() * 9.81
    assert step.contact_forces.sum() == pytest.approx(weight, rel=0.1)


@every_gymnasium_body
def test_reset_follows_gymnasium_whatever_happened_before(body):
    walkers = Walkers(body, 2)
    everyone = np.arange(2)
    walkers.reset(everyone, [1, 2])
    for _ in range(10):
        walkers.step(everyone, np.ones((2, len(body.joints))))
    walkers.reset(np.array([1]), [9])
    observation, _ = gymnasium.make(body.env_id).reset(seed=9)
    np.testing.assert_array_equal(walkers.observations()[1], observation)


@pytest.fixture
def lopsided(tmp_path):
    """An ant with a load on the front of its torso, so the torso's centre of mass is off centre."""
    spec = mujoco.MjSpec.from_file(make_env(ANT).unwrapped.fullpath)
    spec.body("torso").add_geom(
        name="load", type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.1, 0, 0], pos=[0.3, 0, 0.1]
    )
    spec.compile()
    (tmp_path / "lopsided.xml").write_text(spec.to_xml())
    gymnasium.register(
        id="LopsidedAnt-v0",
        entry_point="gymnasium.envs.mujoco.ant_v5:AntEnv",
        kwargs={"xml_file": str(tmp_path / "lopsided.xml")},
    )
    yield replace(ANT, name="lopsided", env_id="LopsidedAnt-v0")
    del gymnasium.registry["LopsidedAnt-v0"]


def test_forward_reward_is_for_the_point_of_the_torso_that_the_environment_rewards(lopsided):
    assert plain_model(lopsided).body("torso").ipos[0] > 0.01
    env, walkers, rng = make_env(lopsided), Walkers(lopsided, 1), np.random.default_rng(0)
    env.reset(seed=3)
    walkers.reset(np.array([0]), [3])
    for _ in range(20):
        action = rng.uniform(-1, 1, 8)
        *_, info = env.step(action)
        reward = walkers.step(np.array([0]), action[None]).parts["forward"][0]
        assert reward == pytest.approx(info["reward_forward"], abs=1e-12)


@every_body
@pytest.mark.parametrize("planted", [1e9, np.inf, np.nan])
def test_a_simulation_that_mujoco_reset_is_unstable_and_ends_its_episode(body, planted):
    walkers, everyone = Walkers(body, 3), np.arange(3)
    walkers.reset(everyone, [0, 1, 2])
    still = np.zeros((3, len(body.joints)))
    assert not walkers.step(everyone, still).unstable.any()
    walkers.qvel[1] = planted
    step = walkers.step(everyone, still)
    assert step.unstable.tolist() == [False, True, False]
    assert step.terminals[1]
    if task_of(body).environment:
        assert step.parts["forward"][1] == step.parts["healthy"][1] == 0
    assert np.isfinite(step.rewards).all()
    # One reset ends one episode: the walker that starts anew is stable.
    walkers.reset(np.array([1]), [3])
    assert not walkers.step(everyone, still).unstable.any()
