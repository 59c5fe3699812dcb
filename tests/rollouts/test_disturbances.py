"""Disturbances: a dose is what it says, alike for all agents."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.bodies.model import environment_facts, plain_model
from brainiarb.bodies.registry import get_body
from brainiarb.bodies.walkers import Walkers, sensing_model
from brainiarb.errors import Refused
from brainiarb.rollouts.disturbances import (
    MODEL_FIELDS,
    PUSH_SECONDS,
    PUSH_START,
    delayed,
    dose_responses,
    noisy_sensors,
    push,
    scaled_model,
    scaled_reset,
    undisturbed_dose,
)
from brainiarb.rollouts.recording import record_episodes
from builders import assert_same, bend, stand

WALKER = get_body("walker2d")
STEP = environment_facts(WALKER).step_seconds


def record(act=stand, disturb=None, agents=2, episodes=2, steps=20):
    return record_episodes(
        WALKER, act, agents=agents, episodes=episodes, steps=steps, seed=3, mode="mean",
        disturb=disturb and (lambda walkers, t: disturb(walkers, everyone(walkers), t)),
    )  # fmt: skip


def everyone(walkers):
    return np.arange(len(walkers.qpos))


def walkers(count=4):
    made = Walkers(WALKER, count)
    made.reset(np.arange(count), range(count))
    return made


# ---- disturbances


@pytest.mark.parametrize(
    "undisturbed",
    [
        {"disturb": push(WALKER, undisturbed_dose(WALKER, "push"), 2)},
        {"disturb": scaled_model(MODEL_FIELDS["friction"], undisturbed_dose(WALKER, "friction"))},
        {"disturb": scaled_model(MODEL_FIELDS["mass"], undisturbed_dose(WALKER, "mass"))},
        {"disturb": scaled_reset(WALKER, undisturbed_dose(WALKER, "reset_noise"))},
        {"act": noisy_sensors(stand, np.zeros(17), 2, 0)},
        {"act": delayed(stand, 0)},
    ],
    ids=["push", "friction", "mass", "reset_noise", "sensor_noise", "action_delay"],
)
def test_the_undisturbed_dose_changes_no_bit(undisturbed):
    assert_same(record(), record(**undisturbed))


def test_a_push_has_its_impulse_at_its_time_on_the_torso_only():
    episodes, pushed = 8, walkers(16)
    force = pushed.batch.bind("xfrc_applied")
    disturb = push(WALKER, 100.0, episodes)
    forces = []
    for t in range(300):
        disturb(pushed, everyone(pushed), t)
        forces.append(force.copy())
    series = np.array(forces)[:, :, 1, 0]
    assert (np.abs(forces).sum(axis=(2, 3)) == np.abs(series)).all()
    impulse = series.sum(axis=0) * STEP
    np.testing.assert_allclose(impulse, np.tile([5.0, -5.0], 8), rtol=1e-9)
    np.testing.assert_array_equal(series[:, :8], series[:, 8:])
    times = STEP * (np.arange(300) + 0.5)
    middle = np.einsum("tw,t->w", np.abs(series), times) / np.abs(series).sum(axis=0)
    expected = PUSH_START + np.arange(8) / episodes + PUSH_SECONDS / 2
    # A step that is pushed in part counts at its middle.
    np.testing.assert_allclose(middle[:8], expected, atol=0.1 * STEP)


def test_a_push_moves_the_walker_its_way():
    steps = round((PUSH_START + 0.1) / STEP)
    left, pushed = (record(disturb=d, episodes=1, steps=steps) for d in (None, push(WALKER, 50, 1)))
    speed = (pushed["qvel"][:, 0] - left["qvel"][:, 0]).reshape(2, -1)
    begin = round(PUSH_START / STEP)
    assert (speed[:, : begin + 1] == 0).all()
    assert (speed[:, begin + 2 : begin + 6] > 0).all()


@pytest.mark.parametrize("name", MODEL_FIELDS)
def test_models_are_scaled_once_and_in_every_disturbed_walker(name):
    changed = walkers(3)
    for t in range(3):
        scaled_model(MODEL_FIELDS[name], 0.8)(changed, np.array([0, 2]), t)
    original = sensing_model(WALKER)
    assert original.npair == 7
    for walker in range(3):
        model = changed.batch.get_model(walker)
        for field in ("geom_friction", "pair_friction", "body_mass", "body_inertia"):
            factor = 0.8 if field in MODEL_FIELDS[name] and walker != 1 else 1.0
            expected = factor * getattr(original, field)
            np.testing.assert_allclose(getattr(model, field), expected, rtol=1e-12)


@pytest.mark.parametrize("name", MODEL_FIELDS)
def test_a_changed_model_walks_otherwise(name):
    changed = record(bend, scaled_model(MODEL_FIELDS[name], 0.5), steps=30)
    plain = record(bend, steps=30)
    np.testing.assert_array_equal(changed["qpos"][0], plain["qpos"][0])
    assert not np.array_equal(changed["qpos"][29], plain["qpos"][29])


def test_the_noise_of_the_start_is_as_wide_as_told():
    starts = record(disturb=scaled_reset(WALKER, 0.1), episodes=20, steps=1)
    away = np.hstack([starts["qpos"] - plain_model(WALKER).qpos0, starts["qvel"]])
    np.testing.assert_array_equal(away[:20], away[20:])
    assert 0.09 < np.abs(away).max() <= 0.1
    # Sensors see the new start.
    np.testing.assert_array_equal(starts["observations"][:, 0], starts["qpos"][:, 1].astype("f4"))


def test_sensor_noise_has_its_size_and_is_alike_for_all_agents():
    seen = []
    std = np.linspace(0, 2, 17)
    act = noisy_sensors(lambda observations: seen.append(observations), std, 5, 0)
    for _ in range(400):
        act(np.ones((15, 17)))
    noise = np.array(seen) - 1
    np.testing.assert_array_equal(noise[:, :5], noise[:, 5:10])
    np.testing.assert_array_equal(noise[:, :5], noise[:, 10:])
    np.testing.assert_allclose(noise[:, :5].std(axis=(0, 1)), std, rtol=0.1)
    assert len(np.unique(noise[:, :5, 1])) == 400 * 5


def test_a_delayed_action_arrives_so_many_steps_later():
    act = delayed(lambda observations: observations * 10, 2)
    arrived = [float(act(np.full((1, 1), t))[0, 0]) for t in range(1, 6)]
    assert arrived == [0, 0, 10, 20, 30]


# ---- dose series


def respond(agents=2, **doses):
    doses = doses or {"friction": [1.5, 0.5, 1.0], "action_delay": [3], "push": []}
    return dose_responses(
        WALKER, bend, doses, agents=agents, episodes=2, observation_std=np.ones(17), seed=3
    )


def test_a_series_holds_its_doses_and_the_undisturbed_walk():
    table = respond()
    series = {name: sorted(set(rows["dose"])) for name, rows in table.groupby("disturbance")}
    assert series == {"friction": [0.5, 1, 1.5], "action_delay": [0, 3]}
    assert (table.groupby(["disturbance", "dose"]).size() == 4).all()
    plain = [
        table[(table["disturbance"] == name) & (table["dose"] == dose)][
            ["clone", "episode", "return", "length", "fell"]
        ].reset_index(drop=True)
        for name, dose in (("friction", 1), ("action_delay", 0))
    ]
    pd.testing.assert_frame_equal(*plain)
    assert plain[0]["fell"].all()
    late = table[(table["disturbance"] == "action_delay") & (table["dose"] == 3)]
    assert (late["length"].to_numpy() != plain[0]["length"].to_numpy()).any()


def test_what_an_agent_does_depends_on_no_other():
    of_two, of_three = respond(2), respond(3)
    kept = of_three[of_three["clone"] < 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(of_two, kept)


def test_a_walk_under_one_dose_depends_on_no_other_dose():
    doses = {
        "push": [300.0], "friction": [0.5], "mass": [0.8], "sensor_noise": [0.1],
        "action_delay": [2], "reset_noise": [0.05],
    }  # fmt: skip
    together = respond(**doses)
    for name in doses:
        alone = respond(**{name: doses[name]})
        beside = together[together["disturbance"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(beside, alone, check_exact=True)


def test_a_task_that_goes_on_after_a_fall_has_falls_and_no_noise_of_the_start():
    body = get_body("dm_walker_walk")
    table = dose_responses(
        body, lambda observations: np.zeros((len(observations), 6)),
        {"reset_noise": [0.1], "push": [100.0]},
        agents=1, episodes=2, observation_std=np.ones(24), seed=0,
    )  # fmt: skip
    assert set(table["disturbance"]) == {"push"}
    assert table["fell"].all()  # without torque it never gets up
    assert (table["length"] == 100).all()
    # The push comes when it should have got up.
    left, pushed = (
        record_episodes(
            body, lambda observations: np.zeros((len(observations), 6)), agents=1, episodes=1,
            steps=145, seed=0, mode="mean", disturb=disturb,
        )["qvel"][:, 1]
        for disturb in (None, lambda world, t: push(body, 100.0, 1)(world, np.arange(1), t))
    )  # fmt: skip
    moved = np.flatnonzero(left != pushed)
    assert moved[0] == round((2.5 + PUSH_START) / 0.025) + 1
    with pytest.raises(Refused, match="dm_walker_walk do not start with noise around a pose"):
        scaled_reset(body, 0.1)
