"""Gait of whole recordings with planted cycles, feet, tones and distances."""

import numpy as np
import pytest

from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_npz
from brainiarb.gait.measures import GaitSettings, analyse_gait
from brainiarb.gait.tables import (
    distances,
    episode_groups,
    margins,
    measure_gaits,
    within_expert_distances,
)
from brainiarb.rollouts.arrays import DTYPES, METADATA, open_rollouts, row_widths
from brainiarb.rollouts.episodes import clone_episodes
from brainiarb.statistics.measures import ABSENT, OK, UNSTABLE
from builders import recording as a_recording

SETTINGS = GaitSettings(transient=1.0, segment=1024, lowest=0.3, highest=20.0)
EPISODE = 2000


def recording(
    body="walker2d", frequency=1.25, speed=2.0, duty=0.4, lag=0.5, noise=0.02, episodes=4, clones=1,
    harmonics=(1.0, 0.4), every=1, shuffled=False, rows=EPISODE, seed=0,
):  # fmt: skip
    """A recording of a walk whose cycle, feet and speed are known.

    `every` is how often the first foot strikes in a cycle, the others once, each `lag` later.
    """
    body = get_body(body)
    rate = environment_facts(body).sampling_rate
    rng = np.random.default_rng(seed)
    n = rows * episodes * clones
    arrays = {name: np.zeros((n, *row_widths(body)[name]), dtype) for name, dtype in DTYPES.items()}
    t = np.tile(np.arange(rows) / rate, episodes * clones)
    arrays["episode_ids"][:] = np.repeat(np.arange(episodes * clones), rows)
    arrays["clone_ids"][:] = np.repeat(np.arange(clones), rows * episodes)
    phase = t * frequency
    for i in range(arrays["qpos"].shape[1]):
        waves = [a * np.sin(2 * np.pi * k * (phase + 0.1 * i)) for k, a in enumerate(harmonics, 1)]
        arrays["qpos"][:, i] = sum(waves) + noise * rng.standard_normal(n)
    if shuffled:
        arrays["qpos"] = arrays["qpos"][rng.permutation(n)]
    arrays["qpos"][:, 0] = speed * t
    arrays["qvel"][:] = rng.standard_normal(arrays["qvel"].shape)
    for foot in range(arrays["contacts"].shape[1]):
        turns = every if foot == 0 else 1
        arrays["contacts"][:, foot] = (turns * (phase - lag * foot)) % 1 < duty
    return body, rate, arrays


def analysed(**planted):
    body, rate, arrays = recording(**planted)
    return analyse_gait(body, arrays, rate, clone_episodes(arrays)[0], SETTINGS, 0)


@pytest.fixture(scope="module")
def walk():
    """A walk of 1.25 Hz at 2 m/s whose feet alternate, 40 % of the cycle on the ground each."""
    return analysed()


def values(gait):
    return {name: one.value for name, one in gait.measures.items()}


def test_a_planted_walk_is_measured(walk):
    found = values(walk)
    assert found["fundamental"] == pytest.approx(1.25, rel=0.002)
    assert found["fundamental_harmonic_sum"] == pytest.approx(1.25, rel=0.01)
    assert found["stride_frequency"] == pytest.approx(1.25, rel=0.002)
    assert found["stride_length"] == pytest.approx(1.6, rel=0.002)
    assert found["speed"] == pytest.approx(2.0, rel=1e-6)
    assert found["duty_factor_right"] == pytest.approx(0.4, abs=0.015)
    assert found["duty_factor_left"] == pytest.approx(0.4, abs=0.015)
    assert found["double_support"] == pytest.approx(0.0, abs=0.015)
    assert found["flight"] == pytest.approx(0.2, abs=0.015)
    assert found["step_phase"] == pytest.approx(0.5, abs=0.01)
    assert found["step_phase_concentration"] > 0.99
    assert found["symmetry_index"] < 4
    assert found["phase_agreement"] > 0.99
    assert found["cycle_strength"] > 0.95
    assert {one.note for one in walk.measures.values()} - {""} == {
        walk.measures["return_map_lambda"].note
    }


def test_a_limit_cycle_varies_by_its_noise_alone(walk):
    found = values(walk)
    assert found["stride_time_cv"] < 1.0
    assert found["recurrence_ratio"] < 0.05
    assert found["mean_sd"] == pytest.approx(np.degrees(0.02), rel=0.25)
    assert "refused" in walk.measures["return_map_lambda"].note


def test_harmonics_hold_their_planted_shares(walk):
    found = values(walk)
    power = np.array([1.0, 0.4]) ** 2
    shares = power / power.sum()
    assert found["harmonic_1"] == pytest.approx(shares[0], abs=0.02)
    assert found["harmonic_2"] == pytest.approx(shares[1], abs=0.02)
    assert found["harmonic_share"] > 0.98
    assert found["even_odd_ratio"] == pytest.approx(shares[1] / shares[0], rel=0.1)


def test_a_pure_tone_has_one_harmonic():
    found = values(analysed(harmonics=(1.0,)))
    assert found["harmonic_1"] > 0.97
    assert sum(found[f"harmonic_{k}"] for k in range(2, 9)) < 0.02


def test_every_stride_has_a_row(walk):
    strides = walk.strides
    assert len(strides) == values(walk)["strides"]
    # 15 s of each episode are left, and a stride takes 0.8 s.
    assert len(strides) == pytest.approx(4 * 15 / 0.8, abs=8)
    assert strides["start"].min() >= 1.0
    np.testing.assert_allclose(strides["length"] / strides["seconds"], strides["speed"])
    np.testing.assert_allclose(strides["duty_left"], 0.4, atol=0.02)


def test_in_a_two_to_one_gait_a_stride_is_the_whole_cycle():
    gait = analysed(every=2, duty=0.3)
    found = values(gait)
    assert found["stride_frequency"] == pytest.approx(1.25, rel=0.002)
    assert np.isnan(found["step_phase"])
    assert gait.measures["step_phase"].note == "a foot strikes at any phase"


def test_a_shuffled_walk_has_no_stable_cycle_and_keeps_what_needs_none():
    gait = analysed(shuffled=True)
    found = values(gait)
    for name in ("fundamental", "harmonic_1", "stride_frequency", "mean_sd", "return_map_lambda"):
        assert np.isnan(found[name]), name
        assert gait.measures[name].note.startswith("no stable cycle"), name
    assert found["speed"] == pytest.approx(2.0, rel=1e-6)
    assert found["duty_factor"] == pytest.approx(0.4, abs=0.015)


def test_a_weak_cycle_keeps_its_strides_as_unstable_but_has_no_fundamental():
    gait = analysed(noise=1.6, seed=1)
    assert 0 < gait.period.strength < 0.3
    assert np.isfinite(gait.measures["stride_time_cv"].value)
    for name in ("stride_time_cv", "mean_sd", "recurrence_ratio", "stride_frequency"):
        assert gait.measures[name].status == UNSTABLE, name
        assert gait.measures[name].note.startswith("no stable cycle"), name
    assert gait.measures["speed"].status == OK
    assert gait.measures["fundamental"].status == ABSENT


def test_a_fundamental_that_two_methods_place_apart_is_unstable():
    # Odd harmonics hold 8 % of the power: too much for half the period, too little for the sum.
    gait = analysed(harmonics=(0.35, 1.0, 0.0, 0.6))
    pair = [gait.measures[name] for name in ("fundamental", "fundamental_harmonic_sum")]
    assert pair[1].value == pytest.approx(2 * pair[0].value, rel=0.05)
    assert [measure.status for measure in pair] == [UNSTABLE, UNSTABLE]
    assert gait.measures["harmonic_1"].status == OK


def test_a_return_map_of_an_unstable_cycle_is_unstable_whatever_its_interval():
    body, rate, arrays = recording(noise=1.6, seed=1, episodes=8)
    # The velocities return to themselves although the joints hardly do.
    t = np.arange(len(arrays["qvel"]))[:, None]
    swing = np.cumsum(np.random.default_rng(0).standard_normal(len(t)))[:, None] / 30
    arrays["qvel"][:] = swing + 0.1 * np.sin(t / 7)
    gait = analyse_gait(body, arrays, rate, clone_episodes(arrays)[0], SETTINGS, 0)
    assert not gait.period.stable
    eigenvalue = gait.measures["return_map_lambda"]
    assert np.isfinite(eigenvalue.value)
    assert eigenvalue.status == UNSTABLE
    assert eigenvalue.note.startswith("no stable cycle")
    assert "bootstrap interval" in eigenvalue.note


@pytest.mark.parametrize(
    ("body", "phases"),
    [
        ("hopper", []),
        ("ant", ["step_phase_front_right", "step_phase_back_left", "step_phase_back_right"]),
    ],
)
def test_one_and_four_feet_are_measured_too(body, phases):
    gait = analysed(body=body, lag=0.25, frequency=1.25)
    found = values(gait)
    assert found["stride_frequency"] == pytest.approx(1.25, rel=0.02)
    assert [n for n in found if n.startswith("step_phase_") and "conc" not in n] == phases
    expected = [0.25, 0.5, 0.75][: len(phases)]
    assert [found[name] for name in phases] == pytest.approx(expected, abs=0.03)
    if not phases:
        assert gait.measures["double_support"].note == "one foot only"


def test_who_falls_at_once_has_notes_and_no_values():
    gait = analysed(rows=60)
    assert len(gait.strides) == 0
    for name, one in gait.measures.items():
        assert np.isnan(one.value), name
        assert one.note, name


def test_a_foot_that_never_strikes_is_named():
    body, rate, arrays = recording()
    arrays["contacts"][:, 0] = False
    gait = analyse_gait(body, arrays, rate, clone_episodes(arrays)[0], SETTINGS, 0)
    assert gait.measures["symmetry_index"].value == 200
    assert gait.measures["step_phase"].note == "the right foot strikes in no stride"
    assert gait.measures["stride_frequency"].value == pytest.approx(1.25, rel=0.002)


def test_a_file_read_by_episodes_gives_what_the_arrays_give(walk, tmp_path):
    body, rate, arrays = recording()
    metadata = {name: a_recording()[name] for name in METADATA}
    write_npz(tmp_path / "rollouts.npz", arrays | metadata)
    stored = open_rollouts(tmp_path / "rollouts.npz")
    np.testing.assert_array_equal(stored["qpos"][30:70], arrays["qpos"][30:70])
    found = analyse_gait(body, stored, rate, clone_episodes(stored)[0], SETTINGS, 0)
    np.testing.assert_equal(values(found), values(walk))


def test_groups_have_the_size_of_what_is_compared():
    episodes = [slice(i, i + 1) for i in range(9)]
    assert [len(group) for group in episode_groups(episodes, 4)] == [4, 4]
    assert [len(group) for group in episode_groups(episodes[:4], 4)] == [2, 2]
    assert [len(group) for group in episode_groups(episodes[:1], 4)] == [1]


def test_another_gait_is_further_away_than_the_expert_from_itself():
    groups = [analysed(noise=0.2, seed=seed) for seed in range(3)]
    null = [one["spectral_distance"].value for one in within_expert_distances(groups)]
    other = analysed(noise=0.2, frequency=1.5, seed=9)
    apart = distances(other.spectrum, groups[0].spectrum)
    assert 0 < max(null) < 0.15
    assert apart["spectral_distance"].value > 0.4
    assert apart["log_spectral_distance"].value > 3


def test_margins_are_at_least_the_spread_and_the_resolution(walk):
    table = margins(walk.measures, [walk.measures, walk.measures], 125.0).set_index("measure")
    assert "strides" not in table.index
    assert table.loc["speed", "margin"] == 0
    frequency = table.loc["fundamental"]
    assert frequency["margin"] == pytest.approx(1.25**2 / 250, rel=0.01)
    assert frequency["basis"] == "half a sample of the period"
    apart = analysed(frequency=1.35).measures
    table = margins(walk.measures, [walk.measures, apart], 125.0).set_index("measure")
    assert table.loc["fundamental", "margin"] == pytest.approx(0.1, rel=0.05)
    alone = margins(walk.measures, [walk.measures], 125.0)
    assert alone["margin"].isna().all()


def test_an_expert_and_its_clones_give_tables_with_a_null_and_a_ceiling():
    body, _, expert = recording(noise=0.2)
    clones = {0: recording(noise=0.2, episodes=2, clones=2, seed=1)[2]}
    others = {"other": recording(frequency=1.5, noise=0.2, seed=2)[2]}
    tables = measure_gaits(body, "sac_0", expert, clones, others, SETTINGS, 2, 0)
    counts = tables.distances.groupby("comparison").size().to_dict()
    assert counts == {"expert_clone": 2, "expert_expert": 2, "expert_itself": 2}
    mean = tables.distances.groupby("comparison")["spectral_distance"].mean()
    assert mean["expert_clone"] < 0.2 < mean["expert_expert"]
    agents = tables.measures[["level", "clone"]].drop_duplicates().to_numpy().tolist()
    assert agents == [[-1, -1], [0, 0], [0, 1]]
    missing = tables.measures[tables.measures["value"].isna()]
    assert (missing["note"] != "").all()
    spread = tables.measures.query("measure == 'fundamental_spread'")
    known = tables.margins.set_index("measure").loc["fundamental", "margin"]
    assert spread[["level", "value"]].to_numpy().tolist() == [[-1, known]]
    own = tables.measures.query("level == -1 and measure == 'spectral_distance'")
    assert own["value"].item() == pytest.approx(mean["expert_itself"])
    again = measure_gaits(body, "sac_0", expert, clones, others, SETTINGS, 2, 0)
    assert tables.measures.equals(again.measures)
