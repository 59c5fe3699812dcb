"""Rates of a gait: three estimates of planted gaits, folded to one octave, and told apart."""

from dataclasses import replace

import numpy as np
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.gait.measures import GaitSettings, analyse_gait
from brainiarb.gait.rates import AGREE, disagreement, fold
from brainiarb.gait.tables import measure_gaits
from brainiarb.gait.walk import walks_of
from brainiarb.statistics.measures import ABSENT, OK, UNSTABLE
from builders import planted_recording, planted_walks

SETTINGS = GaitSettings(segment=1024, lowest=0.3, highest=20.0)
RATES = ("spectral_peak", "fundamental", "rate_disagreement")


def rates(walk, octave=None):
    measures = analyse_gait(walk, SETTINGS, 0, octave).measures
    return [measures[name] for name in RATES]


def doubled(level=0, share=0.6, seed=1):
    """A walk of 1.25 strides a second whose posture repeats after two of them."""
    body, arrays = planted_recording(noise=0.1, seed=seed)
    turns = np.tile(np.arange(2000) / 125 * 0.625, 4)[:, None]
    arrays["qpos"][:, 1:] += share * np.sin(2 * np.pi * (turns + 0.1 * np.arange(8)))
    return walks_of(body, arrays, "crossq_0", level, 1.0)[0]


@pytest.mark.parametrize("factor", [0.5, 1, 2])
@pytest.mark.parametrize("rate", np.linspace(1.25, 2.3, 5))
def test_a_rate_is_folded_to_the_octave_of_another(rate, factor):
    folded, by = fold(rate * factor, 1.7)
    assert folded == pytest.approx(rate)
    assert by == 1 / factor


def test_a_rate_is_folded_by_one_octave_at_most_and_nothing_is_folded_to_nothing():
    assert fold(0.4, 1.6) == (0.8, 2.0)
    assert fold(7.0, 1.6) == (3.5, 0.5)
    assert fold(0.8, np.nan) == (0.8, 1.0)
    assert np.isnan(fold(np.nan, 1.6)[0])


def test_the_disagreement_is_that_of_the_largest_and_the_smallest_rate():
    assert disagreement({"a": 1.6, "b": 1.76, "c": 1.65}) == pytest.approx(0.1)
    assert disagreement({"a": 1.6, "b": 1.76, "c": np.nan}) == pytest.approx(0.1)
    assert disagreement({"a": 1.6, "b": 1.6}) == 0
    assert np.isnan(disagreement({"a": 1.6, "b": np.nan}))


@pytest.mark.parametrize("frequency", [0.8, 1.25, 2.4])
def test_three_estimates_of_a_regular_gait_agree(frequency):
    (walk,) = planted_walks(frequency=frequency)
    peak, fundamental, spread = rates(walk)
    assert peak.value == pytest.approx(frequency, rel=0.01)
    assert fundamental.value == pytest.approx(frequency, rel=0.005)
    assert spread.value < 0.01
    assert [(m.status, m.note) for m in (peak, fundamental, spread)] == [(OK, "")] * 3


def test_a_cycle_of_two_strides_is_folded_to_the_strides_of_the_expert():
    measures = analyse_gait(doubled(), SETTINGS, 0, 1.3).measures
    assert 1 / doubled().period.seconds == pytest.approx(0.625, rel=0.01)
    assert measures["fundamental"].value == pytest.approx(1.25, rel=0.01)
    assert measures["fundamental"].status == OK
    assert measures["fundamental"].note.startswith("folded: 2 times the 0.62")
    assert measures["rate_disagreement"].value < AGREE


@pytest.mark.parametrize("share", [0.3, 0.6, 1.3])
def test_harmonics_of_a_cycle_of_two_strides_stay_where_they_are(share):
    single, double = (
        analyse_gait(walk, SETTINGS, 0, 1.25).measures
        for walk in (doubled(share=0), doubled(share=share))
    )
    # The slow wave takes a share of the power, and the strides keep theirs at their harmonics.
    for name in ("harmonic_1", "harmonic_2"):
        loss = (1 + 0.4**2) / (1 + 0.4**2 + share**2)
        assert double[name].value == pytest.approx(loss * single[name].value, abs=0.02)
    assert double["even_odd_ratio"].value == pytest.approx(single["even_odd_ratio"].value, abs=0.02)


def test_an_expert_is_folded_to_its_own_strides_and_its_clones_to_its_octave():
    expert = doubled(level=-1)
    tables = measure_gaits(expert, [doubled(seed=2), *planted_walks(0)], [], SETTINGS, 2, 0)
    rows = tables.measures.query("measure == 'fundamental'")
    assert rows["value"].tolist() == pytest.approx([1.25] * 3, rel=0.01)
    margin = tables.margins.set_index("measure").loc["fundamental"]
    assert margin[["low", "reference", "high"]].tolist() == pytest.approx([1.25] * 3, rel=0.01)


def test_a_gait_without_one_rate_is_unstable_and_says_its_estimates():
    # The feet strike more often than the posture repeats.
    body, arrays = planted_recording()
    faster = planted_recording(frequency=1.4)[1]
    arrays["contacts"] = faster["contacts"]
    peak, fundamental, spread = rates(*walks_of(body, arrays, "crossq_0", -1, 1.0))
    assert spread.value == pytest.approx(1.4 / 1.25 - 1, abs=0.01)
    assert fundamental.status == UNSTABLE
    assert fundamental.value == pytest.approx(1.25, rel=0.01)
    assert fundamental.note.startswith(
        "the estimates of the rate disagree by 12 %: spectral peak 1.25"
    )
    assert peak.status == spread.status == OK


@pytest.mark.parametrize("frequency", [6.0, 8.0])
def test_a_gait_outside_of_the_searched_range_is_unstable_and_no_half_of_it_is_reported(frequency):
    (walk,) = planted_walks(frequency=frequency, noise=0.1)
    peak, fundamental, _ = rates(walk)
    for measure in (peak, fundamental):
        assert measure.value == pytest.approx(frequency, rel=0.01)
        assert measure.status == UNSTABLE
        assert "outside the searched range" in measure.note
    wide = replace(walk, body=get_body("walker2d", (0.625, 10.0)))
    for measure in rates(wide, frequency)[:2]:
        assert measure.value == pytest.approx(frequency, rel=0.01)
        assert "outside" not in measure.note


def test_a_gait_slower_than_the_searched_range_is_unstable_and_says_so():
    (walk,) = planted_walks(frequency=0.4, rows=3000)
    peak, fundamental, _ = rates(walk)
    assert fundamental.value == pytest.approx(0.4, rel=0.01)
    assert {peak.status, fundamental.status} == {UNSTABLE}
    assert fundamental.note == "the cycle of 2.5 s lies outside the searched range 0.2 to 1.6 s"


def test_without_strikes_the_posture_gives_the_octave_and_two_estimates_are_compared():
    body, arrays = planted_recording()
    arrays["contacts"][:] = False
    peak, fundamental, spread = rates(*walks_of(body, arrays, "crossq_0", -1, 1.0))
    assert [peak.value, fundamental.value] == pytest.approx([1.25, 1.25], rel=0.01)
    assert spread.value < AGREE


def test_who_falls_at_once_has_no_rates():
    (walk,) = planted_walks(rows=60)
    measures = rates(walk)
    assert {measure.status for measure in measures} == {ABSENT}
    assert all(measure.note for measure in measures)
