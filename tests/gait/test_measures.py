"""The gait of one agent with planted cycles, feet and tones."""

from dataclasses import replace

import numpy as np
import pytest

from brainiarb.files import write_npz
from brainiarb.gait import strides
from brainiarb.gait.measures import GaitSettings, analyse_gait
from brainiarb.gait.walk import walks_of
from brainiarb.rollouts.arrays import open_rollouts
from brainiarb.statistics.measures import ABSENT, OK, UNSTABLE
from builders import planted_recording, planted_walks

SETTINGS = GaitSettings(segment=1024, lowest=0.3, highest=20.0)


def analysed(**planted):
    (walk,) = planted_walks(**planted)
    return analyse_gait(walk, SETTINGS, 0)


@pytest.fixture(scope="module")
def gait():
    """A walk of 1.25 Hz at 2 m/s whose feet alternate, 40 % of the cycle on the ground each."""
    return analysed()


def values(gait):
    return {name: measure.value for name, measure in gait.measures.items()}


def test_a_planted_walk_is_measured(gait):
    measured = values(gait)
    assert measured["fundamental"] == pytest.approx(1.25, rel=0.002)
    assert measured["spectral_peak"] == pytest.approx(1.25, rel=0.01)
    assert measured["stride_frequency"] == pytest.approx(1.25, rel=0.002)
    assert measured["stride_length"] == pytest.approx(1.6, rel=0.002)
    assert measured["speed"] == pytest.approx(2.0, rel=1e-6)
    assert measured["duty_factor_right"] == pytest.approx(0.4, abs=0.015)
    assert measured["duty_factor_left"] == pytest.approx(0.4, abs=0.015)
    assert measured["double_support"] == pytest.approx(0.0, abs=0.015)
    assert measured["flight"] == pytest.approx(0.2, abs=0.015)
    assert measured["step_phase"] == pytest.approx(0.5, abs=0.01)
    assert measured["step_phase_concentration"] > 0.99
    assert measured["symmetry_index"] < 4
    assert measured["phase_agreement"] > 0.99
    assert measured["cycle_strength"] > 0.95
    noted = [name for name, measure in gait.measures.items() if measure.note]
    # A stride lasts exactly 100 rows, so that its time does not vary.
    assert noted == [
        "stride_time_cv_late_early", "return_map_lambda", "alternation", "period_2",
    ]  # fmt: skip
    assert measured["settling_time"] == 1.0
    assert measured["period_2"] == 0


def test_a_limit_cycle_varies_by_its_noise_alone(gait):
    measured = values(gait)
    assert measured["stride_time_cv"] < 1.0
    assert measured["recurrence_ratio"] < 0.05
    assert measured["mean_sd"] == pytest.approx(np.degrees(0.02), rel=0.25)
    assert "refused" in gait.measures["return_map_lambda"].note


def test_harmonics_hold_their_planted_shares(gait):
    measured = values(gait)
    power = np.array([1.0, 0.4]) ** 2
    shares = power / power.sum()
    assert measured["harmonic_1"] == pytest.approx(shares[0], abs=0.02)
    assert measured["harmonic_2"] == pytest.approx(shares[1], abs=0.02)
    assert measured["harmonic_share"] > 0.98
    assert measured["even_odd_ratio"] == pytest.approx(shares[1] / shares[0], rel=0.1)


def test_a_pure_tone_has_one_harmonic():
    measured = values(analysed(harmonics=(1.0,)))
    assert measured["harmonic_1"] > 0.97
    assert sum(measured[f"harmonic_{k}"] for k in range(2, 9)) < 0.02


def test_every_stride_has_a_row(gait):
    table = gait.strides
    assert len(table) == values(gait)["strides"]
    # 15 s of each episode are left, a stride takes 0.8 s, and the first and last are not whole.
    assert set(table["foot"]) == {"right", "left"}
    for _, of_foot in table.groupby("foot"):
        assert len(of_foot) == pytest.approx(4 * 15 / 0.8, abs=8)
    assert table["start"].min() >= 1.0
    np.testing.assert_allclose(table["length"] / table["seconds"], table["speed"])
    np.testing.assert_allclose(table["duty_left"], 0.4, atol=0.02)


def test_in_a_two_to_one_gait_each_foot_has_strides_of_its_own():
    gait = analysed(every=2, duty=0.3)
    measured = values(gait)
    rates = 1 / gait.strides.groupby("foot")["seconds"].mean()
    assert rates["right"] == pytest.approx(2.5, rel=0.002)
    assert rates["left"] == pytest.approx(1.25, rel=0.002)
    assert measured["stride_frequency"] == pytest.approx((2.5 + 1.25) / 2, rel=0.002)


def test_measures_of_unequal_feet_are_averaged_over_the_feet():
    body, arrays = planted_recording(rows=4000)
    # Every second strike of the left foot comes 0.08 s late, those of the right foot on time.
    t = np.tile(np.arange(4000) / 125, 4)
    late = (np.floor(t * 1.25 - 0.5) % 2) * 0.1
    arrays["contacts"][:, 1] = (t * 1.25 - 0.5 - late) % 1 < 0.4
    gait = analyse_gait(*walks_of(body, arrays, "crossq_0", -1, 1.0), SETTINGS, 0)
    variations = {
        foot: strides.variation(rows["seconds"], rows["episode"])
        for foot, rows in gait.strides.groupby("foot")
    }
    assert variations["right"] < 1
    assert variations["left"] == pytest.approx(10, rel=0.05)
    mean = (variations["right"] + variations["left"]) / 2
    assert gait.measures["stride_time_cv"].value == pytest.approx(mean)


def test_a_shuffled_walk_has_no_stable_cycle_and_keeps_what_needs_none():
    gait = analysed(shuffled=True)
    measured = values(gait)
    for name in ("fundamental", "harmonic_1", "recurrence_ratio"):
        assert np.isnan(measured[name]), name
        assert gait.measures[name].note.startswith("no stable cycle"), name
    # Strides need no cycle of the posture, but without one they are not to be relied on.
    assert measured["stride_frequency"] == pytest.approx(1.25, rel=0.002)
    assert gait.measures["stride_frequency"].status == UNSTABLE
    assert measured["speed"] == pytest.approx(2.0, rel=1e-6)
    assert measured["duty_factor"] == pytest.approx(0.4, abs=0.015)


def test_a_weak_cycle_keeps_its_strides_as_unstable_but_has_no_fundamental():
    gait = analysed(noise=1.6, seed=1)
    assert 0 < gait.period.strength < 0.3
    assert np.isfinite(gait.measures["stride_time_cv"].value)
    for name in ("stride_time_cv", "mean_sd", "recurrence_ratio", "stride_frequency"):
        assert gait.measures[name].status == UNSTABLE, name
        assert gait.measures[name].note.startswith("no stable cycle"), name
    assert gait.measures["speed"].status == OK
    assert gait.measures["fundamental"].status == ABSENT


@pytest.mark.parametrize(("alpha", "confidence"), [(0.05, "95 %"), (0.1, "90 %")])
def test_a_return_map_of_an_unstable_cycle_is_unstable_whatever_its_interval(alpha, confidence):
    body, arrays = planted_recording(noise=1.6, seed=1, episodes=8)
    # The velocities return to themselves although the joints hardly do.
    t = np.arange(len(arrays["qvel"]))[:, None]
    swing = np.cumsum(np.random.default_rng(0).standard_normal(len(t)))[:, None] / 30
    arrays["qvel"][:] = swing + 0.1 * np.sin(t / 7)
    (walk,) = walks_of(body, arrays, "crossq_0", -1, 1.0)
    gait = analyse_gait(walk, replace(SETTINGS, alpha=alpha), 0)
    assert not gait.period.stable
    eigenvalue = gait.measures["return_map_lambda"]
    assert np.isfinite(eigenvalue.value)
    assert eigenvalue.status == UNSTABLE
    assert eigenvalue.note.startswith("no stable cycle")
    assert f"; {confidence} bootstrap interval" in eigenvalue.note


@pytest.mark.parametrize(
    ("body", "phases"),
    [
        ("hopper", []),
        ("ant", ["step_phase_front_right", "step_phase_back_left", "step_phase_back_right"]),
    ],
)
def test_one_and_four_feet_are_measured_too(body, phases):
    gait = analysed(body=body, lag=0.25, frequency=1.25)
    measured = values(gait)
    assert measured["stride_frequency"] == pytest.approx(1.25, rel=0.02)
    assert [n for n in measured if n.startswith("step_phase_") and "conc" not in n] == phases
    expected = [0.25, 0.5, 0.75][: len(phases)]
    assert [measured[name] for name in phases] == pytest.approx(expected, abs=0.03)
    if not phases:
        alone = ("double_support", "step_phase", "symmetry_index")
        assert {gait.measures[name].note for name in alone} == {"one foot only"}


def test_who_falls_at_once_has_notes_and_no_values():
    gait = analysed(rows=60)
    assert len(gait.strides) == 0
    for name, measure in gait.measures.items():
        assert measure.status == ABSENT, name
        assert measure.note, name


def test_a_foot_that_never_strikes_is_named():
    body, arrays = planted_recording()
    arrays["contacts"][:, 0] = False
    gait = analyse_gait(*walks_of(body, arrays, "crossq_0", -1, 1.0), SETTINGS, 0)
    assert gait.measures["symmetry_index"].value == 200
    assert gait.measures["step_phase"].note == "the right foot strikes in no stride"
    assert gait.measures["stride_frequency"].value == pytest.approx(1.25, rel=0.002)


def test_a_file_read_by_episodes_gives_what_the_arrays_give(gait, tmp_path):
    body, arrays = planted_recording()
    write_npz(tmp_path / "rollouts.npz", arrays)
    stored = open_rollouts(tmp_path / "rollouts.npz")
    np.testing.assert_array_equal(stored["qpos"][30:70], arrays["qpos"][30:70])
    read = analyse_gait(*walks_of(body, stored, "crossq_0", -1, 1.0), SETTINGS, 0)
    np.testing.assert_equal(values(read), values(gait))


def test_a_body_without_feet_has_a_speed_and_a_cycle_and_no_strides():
    body, arrays = planted_recording(rows=3000)
    footless = replace(body, feet=())
    arrays["contacts"] = arrays["contacts"][:, :0]
    (walk,) = walks_of(footless, arrays, "crossq_0", -1, 1.0)
    measures = analyse_gait(walk, GaitSettings(1024, 0.3, 20.0), 0).measures
    assert measures["speed"].value == pytest.approx(2.0)
    assert np.isfinite(measures["fundamental"].value)
    without = (
        "duty_factor", "double_support", "flight", "symmetry_index", "stride_length", "step_phase",
        "stride_time_cv_late_early", "settling_time", "alternation", "period_2",
    )  # fmt: skip
    assert {measures[name].note for name in without} == {"the body has no feet"}
    assert walk.strideless == "the body has no feet"
