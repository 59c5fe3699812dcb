"""Where clones lie between floor and ceiling, and when there is no such scale."""

import numpy as np
import pytest

from brainiarb.actors.layers import DERIVED, LAYERS
from brainiarb.similarity.positions import expert_measures, level_measures, scale_of
from brainiarb.statistics.measures import ABSENT, OK, UNSTABLE
from builders import SIMILARITY_MEASURES, random_recording

FLOOR = np.array([0.4, 0.6])


def test_measures_place_clones_between_floor_and_ceiling(compare):
    table = compare(random_recording((70, 60), (0, 1))).assign(expert="sac_0", level=5)
    measures = level_measures(table)
    assert (measures["status"] == OK).mean() > 0.5
    values = measures.set_index(["measure", "clone"])["value"]
    for layer in LAYERS:
        # The first clone and the expert of its algorithm are the expert itself.
        assert values[f"cka_{layer}", 0] == pytest.approx(1, abs=1e-6)
        assert values[f"position_{layer}", 0] == pytest.approx(1, abs=1e-5)
        assert values[f"position_{layer}", 1] < 0.9
        assert values[f"procrustes_{layer}", 0] < 2e-3 < values[f"procrustes_{layer}", 1]


def test_a_clone_without_states_has_no_measures_but_a_reason(compare):
    table = compare(random_recording((70, 60), (0, 1))).assign(expert="sac_0", level=5)
    lost = (table["comparison"] == "expert_clone") & (table["clone"] == 0)
    table.loc[lost, list(SIMILARITY_MEASURES)] = np.nan
    table.loc[lost, "note"] = "undefined: no rows"
    measures = level_measures(table)
    measures = measures[measures["clone"] == 0]
    assert set(measures["note"]) == {"undefined: no rows"}
    assert set(measures["status"]) == {ABSENT}


def test_the_expert_has_the_ideal_values_and_no_position():
    measures = expert_measures("sac_0", SIMILARITY_MEASURES).set_index("measure")
    assert set(measures["level"]) == set(measures["clone"]) == {-1}
    for layer in (*LAYERS, *DERIVED):
        assert measures.loc[f"cka_{layer}", "value"] == 1
        assert measures.loc[f"position_{layer}", "status"] == ABSENT
        assert (f"procrustes_{layer}" in measures.index) == (not layer.endswith("_relu"))
    assert measures.loc["procrustes_actions", ["value", "unit"]].tolist() == [0, "rad"]


def test_a_position_is_0_at_the_floor_and_1_at_the_ceiling():
    scale = scale_of(FLOOR, np.array([0.9, 1.1]))
    positions = [scale.position(value) for value in (0.5, 0.75, 1.0)]
    assert [position.value for position in positions] == pytest.approx([0, 0.5, 1])
    assert {position.status for position in positions} == {OK}


def test_positions_are_unstable_if_floor_and_ceiling_overlap():
    position = scale_of(FLOOR, np.array([0.55, 1.45])).position(0.75)
    assert position.value == pytest.approx(0.5)
    assert position.status == UNSTABLE
    assert "overlap" in position.note


@pytest.mark.parametrize(
    ("floor", "ceiling", "reason"),
    [
        (FLOOR, [0.3, 0.5], "less than a s.d. above the floor 0.5"),
        (FLOOR, [0.5, 0.6], "less than a s.d. above the floor 0.5"),
        (FLOOR, [], "no other expert"),
        (FLOOR[:0], [0.9], "the floor has no value"),
    ],
)
def test_a_position_needs_a_ceiling_above_the_floor(floor, ceiling, reason):
    position = scale_of(floor, np.array(ceiling)).position(0.75)
    assert np.isnan(position.value)
    assert position.status == ABSENT
    assert reason in position.note


def test_the_ceiling_of_a_distance_lies_below_its_floor():
    scale = scale_of(np.array([1.0, 1.2]), np.array([0.2, 0.4]), ideal=0.0)
    assert scale.position(0.3).value == pytest.approx(1)
    assert scale.position(1.1).value == pytest.approx(0)
    too_close = scale_of(np.array([1.0, 1.2]), np.array([1.3]), ideal=0.0).position(0.5)
    assert "less than a s.d. below the floor" in too_close.note
