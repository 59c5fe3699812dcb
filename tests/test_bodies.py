import gymnasium
import mujoco
import numpy as np
import pytest

from brainiarb.bodies import (
    BODIES,
    Body,
    Walkers,
    environment_facts,
    get_body,
    joint_columns,
    make_env,
    observation_table,
    plain_model,
    sensing_model,
)

WALKER = get_body("walker2d")
# Bodies that are not in the registry show that another entry is all that a new body needs.
HOPPER = Body(
    "hopper",
    "Hopper-v5",
    (("only", "foot_geom"),),
    ("torso_geom", "thigh_geom", "leg_geom", "foot_geom"),
    ("thigh_joint", "leg_joint", "foot_joint"),
    10.0,
)
CHEETAH = Body(
    "halfcheetah",
    "HalfCheetah-v5",
    (("back", "bfoot"), ("front", "ffoot")),
    ("torso", "head", "bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot"),
    ("bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot"),
    np.inf,
)


def standing(walkers: Walkers) -> np.ndarray:
    """Springs and dampers that hold the legs straight: most walkers stand for long."""
    columns = joint_columns(walkers.body)
    return np.clip(-walkers.qpos[:, columns] - 0.05 * walkers.qvel[:, columns], -1, 1)


def actions_for(walkers: Walkers, rng: np.random.Generator, noise: np.ndarray) -> np.ndarray:
    shape = (len(noise), len(walkers.body.joints))
    return np.clip(standing(walkers) + noise[:, None] * rng.uniform(-1, 1, shape), -1, 1)


def test_unknown_body_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'wlaker2d'.*walker2d"):
        get_body("wlaker2d")


@pytest.mark.parametrize("body", [*BODIES.values(), HOPPER, CHEETAH], ids=lambda body: body.name)
def test_names_exist_in_the_model_and_joints_are_in_the_order_of_actions(body):
    model = plain_model(body)
    moving = [model.geom(geom).name for geom in range(model.ngeom) if model.geom_bodyid[geom] > 0]
    assert sorted(body.height_geoms) == sorted(moving)
    assert all(geom in moving for _, geom in body.feet)
    assert [model.joint(joint).name for joint in model.actuator_trnid[:, 0]] == list(body.joints)


def test_facts_of_walker2d():
    facts = environment_facts(WALKER)
    assert facts.sampling_rate == 125.0
    assert (facts.frame_skip, facts.nq, facts.nv, facts.observations) == (4, 9, 9, 17)
    assert (facts.forward_weight, facts.healthy_reward, facts.control_weight) == (1.0, 1.0, 1e-3)
    assert facts.healthy_low[1:3].tolist() == [0.8, -1.0]
    assert facts.healthy_high[1:3].tolist() == [2.0, 1.0]
    assert np.isinf(facts.healthy_high).sum() == 16


def test_make_env_sets_the_limit():
    assert make_env(WALKER, 7).spec.max_episode_steps == 7
    assert make_env(WALKER).spec.max_episode_steps == 1000


def test_observation_table_describes_each_number():
    table = observation_table(WALKER)
    assert [row.index for row in table] == list(range(17))
    assert [row.unit for row in table] == ["m"] + 7 * ["rad"] + 2 * ["m/s"] + 7 * ["rad/s"]
    assert table[0].description == "z position of the torso"
    assert table[5].description == "angle of the left thigh joint"
    assert table[16].quantity == "angular velocity"
    env = make_env(WALKER).unwrapped
    for row in table:
        env.reset(seed=0)
        before = env._get_obs()
        joint = env.data.joint(row.joint)
        if row.unit.endswith("/s"):
            joint.qvel += 0.25
        else:
            joint.qpos += 0.25
        assert np.flatnonzero(env._get_obs() != before).tolist() == [row.index]


def test_sensors_do_not_change_a_bit_of_the_dynamics():
    original, model = plain_model(WALKER), sensing_model(WALKER)
    plain, sensing = mujoco.MjData(original), mujoco.MjData(model)
    rng = np.random.default_rng(0)
    touched = 0
    for _ in range(2000):
        plain.ctrl[:] = sensing.ctrl[:] = rng.uniform(-0.5, 0.5, 6)
        mujoco.mj_step(original, plain)
        mujoco.mj_step(model, sensing)
        touched += (sensing.sensordata[:2] > 0).any()
        states = []
        for that_model, data in ((original, plain), (model, sensing)):
            state = np.empty(mujoco.mj_stateSize(that_model, mujoco.mjtState.mjSTATE_INTEGRATION))
            mujoco.mj_getState(that_model, data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
            states.append(state)
        np.testing.assert_array_equal(*states)
    assert touched > 100


@pytest.mark.filterwarnings("ignore:compiler attribute 'settotalmass'")
@pytest.mark.parametrize("body", [WALKER, HOPPER, CHEETAH], ids=lambda body: body.name)
def test_walkers_equal_gymnasium_environments_stepped_alone(body):
    steps = 500 if body is WALKER else 100
    noise = np.array([0.0, 0.1, 1.0])
    everyone = np.arange(3)
    envs = [make_env(body, 10_000) for _ in everyone]
    walkers, rng = Walkers(body, 3), np.random.default_rng(1)
    walkers.reset(everyone, everyone)
    alone = np.array([env.reset(seed=seed)[0] for seed, env in enumerate(envs)])
    np.testing.assert_array_equal(walkers.observations(), alone)
    ours, theirs, falls = [], [], np.zeros(3, int)
    for number in range(steps):
        actions = actions_for(walkers, rng, noise)
        step = walkers.step(everyone, actions)
        parts = [step.rewards, step.rewards_forward, step.rewards_healthy, step.rewards_control]
        ours.append(
            np.column_stack(
                [walkers.observations(), walkers.qpos, walkers.qvel, step.terminals, *parts]
            )
        )
        for walker, env in enumerate(envs):
            observation, reward, fell, _, info = env.step(actions[walker])
            state = env.unwrapped.state_vector()
            parts = [info["reward_forward"], info.get("reward_survive", 0.0), info["reward_ctrl"]]
            theirs.append(np.concatenate([observation, state, [fell, reward], parts]))
            if fell:
                falls[walker] += 1
                seed = 100 * number + walker
                walkers.reset(np.array([walker]), [seed])
                env.reset(seed=seed)
    np.testing.assert_allclose(np.concatenate(ours), theirs, rtol=0, atol=1e-12)
    if body is WALKER:
        assert falls[0] == 0
        assert falls[-1] >= 2


def walk(threads: int, steps: int = 60) -> list[np.ndarray]:
    walkers, rng = Walkers(WALKER, 5, threads), np.random.default_rng(2)
    everyone = np.arange(5)
    walkers.reset(everyone, everyone)
    seen = []
    for _ in range(steps):
        step = walkers.step(everyone, rng.uniform(-1, 1, (5, 6)))
        seen += [walkers.observations(), walkers.qpos.copy(), step.heights, step.contact_forces]
    return seen


def test_threads_change_no_bit():
    for one, two in zip(walk(1), walk(2), strict=True):
        np.testing.assert_array_equal(one, two)


def test_walkers_left_out_stand_still_and_do_not_matter():
    together, alone = Walkers(WALKER, 3), Walkers(WALKER, 1)
    together.reset(np.arange(3), [4, 5, 6])
    alone.reset(np.array([0]), [5])
    start = together.qpos.copy()
    action = np.full((1, 6), 0.3)
    for _ in range(20):
        together.step(np.array([1]), action)
        alone.step(np.array([0]), action)
    np.testing.assert_array_equal(together.qpos[1], alone.qpos[0])
    np.testing.assert_array_equal(together.qpos[[0, 2]], start[[0, 2]])


def direct_sensors(state: mujoco.MjData, action: np.ndarray, data: mujoco.MjData) -> list[float]:
    """Heights and foot forces of a state from its contacts, on plain data of their own."""
    model = plain_model(WALKER)
    data.qpos, data.qvel, data.ctrl = state.qpos, state.qvel, action
    data.qacc_warmstart = state.qacc_warmstart
    mujoco.mj_forward(model, data)
    heights = [data.geom(name).xpos[2] for name in WALKER.height_geoms]
    forces, wrench = np.zeros(len(WALKER.feet)), np.zeros(6)
    for foot, (_, geom) in enumerate(WALKER.feet):
        for number in range(data.ncon):
            if model.geom(geom).id in data.contact[number].geom:
                mujoco.mj_contactForce(model, data, number, wrench)
                forces[foot] += wrench[0]
    return [*heights, *forces]


def test_heights_and_forces_are_those_of_the_state_in_which_the_action_is_taken():
    walkers, rng = Walkers(WALKER, 3), np.random.default_rng(3)
    everyone = np.arange(3)
    walkers.reset(everyone, everyone)
    state, data = mujoco.MjData(walkers.batch.get_model(0)), mujoco.MjData(plain_model(WALKER))
    sensed, computed = [], []
    for _ in range(150):  # also beyond the fall, where legs and torso lie on the floor
        actions = actions_for(walkers, rng, np.array([0.0, 0.3, 1.0]))
        computed.append(
            [
                direct_sensors(walkers.batch.get_data(walker, state), actions[walker], data)
                for walker in range(3)
            ]
        )
        step = walkers.step(everyone, actions)
        sensed.append(np.hstack((step.heights, step.contact_forces)))
    np.testing.assert_allclose(sensed, computed, rtol=1e-9, atol=1e-9)
    loaded = (np.array(sensed)[:, :, -2:] > 0).sum(axis=0)
    assert (loaded > 10).all()
    assert (loaded < 150).all()


def test_a_standing_walker_presses_its_weight():
    walkers = Walkers(WALKER, 1)
    walkers.reset(np.array([0]), [0])
    for _ in range(250):
        step = walkers.step(np.array([0]), standing(walkers))
    model = plain_model(WALKER)
    weight = model.body_mass.sum() * 9.81
    assert step.contact_forces.sum() == pytest.approx(weight, rel=0.1)


def test_reset_follows_gymnasium_whatever_happened_before():
    walkers = Walkers(WALKER, 2)
    everyone = np.arange(2)
    walkers.reset(everyone, [1, 2])
    for _ in range(10):
        walkers.step(everyone, np.ones((2, 6)))
    walkers.reset(np.array([1]), [9])
    observation, _ = gymnasium.make("Walker2d-v5").reset(seed=9)
    np.testing.assert_array_equal(walkers.observations()[1], observation)
