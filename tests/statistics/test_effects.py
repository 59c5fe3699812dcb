"""Effects: each comparison gives the planted number of each block."""

import numpy as np
import pytest

from brainiarb.statistics.effects import effects
from brainiarb.statistics.measures import Measure, measures_table, of_agent
from brainiarb.statistics.subjects import subjects

VALUES = {-1: [8.0], 0: [2.0, 4.0], 80: [6.0, 16.0]}
FLOORS = [1.0, 2.0]


def subject(values=VALUES, experts=("one",), measure="likeness"):
    rows = []
    for expert in experts:
        for level, of_level in values.items():
            for k, value in enumerate(of_level):
                clone = k if level >= 0 else -1
                rows += of_agent(expert, level, clone, {measure: Measure("1", value)})
        for k, floor in enumerate(FLOORS):
            rows += of_agent(expert, -1, k, {f"floor_{measure}": Measure("1", floor)})
    return next(x for x in subjects(measures_table(rows)) if x.measure == measure)


@pytest.mark.parametrize(
    ("comparison", "logarithms", "planted"),
    [
        ("value", False, [6.0, 16.0]),
        ("value", True, np.log([6.0, 16.0])),
        ("difference", False, [-2.0, 8.0]),
        ("ratio", True, np.log([0.75, 2.0])),
        ("contrast", False, [4.0, 12.0]),
        ("gain", False, [5.0, 14.0]),
        ("floor", False, FLOORS),
        ("expert", False, [8.0]),
    ],
)
def test_a_comparison_gives_one_number_of_each_block(comparison, logarithms, planted):
    found = effects(subject(), comparison, 80, logarithms)
    assert found.blocks["one"] == pytest.approx(np.array(planted))
    assert found.left_out == 0


def test_the_sample_is_blocks_of_one_expert_or_means_of_several():
    assert effects(subject(), "difference", 80, False).units.tolist() == [-2.0, 8.0]
    several = effects(subject(experts=("one", "two")), "difference", 80, False)
    assert several.units.tolist() == [3.0, 3.0]


def test_a_missing_value_and_a_logarithm_of_none_are_left_out():
    lame = subject({-1: [8.0], 80: [float("nan"), 0.0, 4.0]})
    found = effects(lame, "ratio", 80, True)
    assert found.blocks["one"] == pytest.approx([np.log(0.5)])
    assert found.left_out == 2


def test_a_level_without_clones_and_a_side_without_values_have_no_effects():
    assert effects(subject(), "value", 40, False).blocks == {}
    assert effects(subject({80: [1.0, 2.0]}), "difference", 80, False).blocks == {}
    assert effects(subject({80: [1.0, 2.0]}), "contrast", 80, False).blocks == {}
    assert effects(subject(), "value", 40, False).units.tolist() == []


def test_an_interval_lies_within_what_is_possible():
    shares = subject({-1: [0.9], 0: [0.1, 0.9], 80: [0.99, 0.2]}, measure="survival")
    for comparison, least, most in [
        ("value", 0, 1), ("difference", -0.9, 0.1), ("contrast", -1, 1)
    ]:  # fmt: skip
        result = effects(shares, comparison, 80, False).interval(0.9)
        assert least <= result.low <= result.estimate <= result.high <= most
    ratio = effects(subject(), "ratio", 80, True).interval(0.9)
    assert 0 < ratio.low < ratio.estimate == pytest.approx(np.sqrt(0.75 * 2.0))


def test_clones_that_show_one_of_two_modes_leave_room_for_the_other():
    values = {-1: [4.0], 0: [4.0, 4.0, 4.0, 4.0]}
    certain = effects(subject(values), "value", 0, False)
    assert certain.least_error == 0.0
    walking = effects(subject(values, measure="stitched_return_linear1"), "value", 0, False)
    # Four clones that walk and one more in each mode: the standard deviation of one in six.
    assert walking.least_error == pytest.approx(4.0 * np.sqrt(1 / 6 * 5 / 6 / 6))
    result = walking.interval(0.9)
    assert result.low < result.estimate < result.high


def test_shares_of_several_experts_vary_at_least_as_their_blocks():
    values = {-1: [0.0], 0: [0.0, 0.0], 80: [1.0, 0.0]}
    alike = effects(subject(values, ("one", "two"), "period_2"), "contrast", 80, False)
    assert np.ptp(alike.units) == 0.0
    assert alike.least_error == pytest.approx(0.5 / np.sqrt(2))
