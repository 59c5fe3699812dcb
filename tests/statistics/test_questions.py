"""What is asked of a measure, by what is declared of it."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.similarity.measures import MEASURES
from brainiarb.statistics.declarations import declaration, grows_with_recording
from brainiarb.statistics.measures import Measure, measures_table, of_agent
from brainiarb.statistics.tables import statistics_table
from designs import ASKED, LEVELS, NO_MARGINS, asked, at, planted


def fallen(measures, level, clones, value):
    """Set the values of some clones of a level."""
    rows = (measures["level"] == level) & measures["clone"].isin(clones)
    return measures.assign(value=measures["value"].mask(rows, value))


def kinds(measures, measure=None):
    names = dict.fromkeys(measures["measure"], "primary")
    table = statistics_table(measures, names, **ASKED, margins=NO_MARGINS)
    return set(table.loc[table["measure"] == (measure or measures["measure"].iloc[0]), "kind"])


# ---- what may not be compared


@pytest.mark.parametrize("measure", ["cka_linear1", "procrustes_linear2", "stitched_r2_linear1"])
def test_a_value_that_holds_by_definition_is_no_reference(measure):
    found = kinds(planted(measure=measure, own=1.0, offset=-0.2, noise=0.01))
    assert "difference" not in found
    assert {"level", "contrast", "trend"} <= found


@pytest.mark.parametrize("measure", ["strides", "net_flux_p"])
def test_what_grows_with_the_recording_is_described_and_not_compared(measure):
    found = kinds(planted(measure=measure, own=1.0, noise=0.01))
    assert found <= {"level", "iqm", "bimodality"}
    margins = {"relative": {measure: 0.1}}
    assert asked(planted(measure=measure, own=1.0), "equivalence", margins=margins).empty


def test_the_similarity_of_an_expert_to_itself_is_no_reference_by_any_measure():
    tabulated = [measure.tabulated for measure in MEASURES.values() if measure.tabulated]
    assert {"cka", "procrustes"} <= set(tabulated)
    for name in tabulated:
        assert not declaration(f"{name}_linear1").referable, name
        assert not declaration(f"{name}_linear1").on_states_of_level, name


def test_each_measure_is_declared_once_for_all_analyses():
    assert grows_with_recording("strides")
    assert not grows_with_recording("stride_length")
    assert declaration("floor_action_mse_level").ratio
    assert declaration("anything_of_a_user").referable


def test_states_that_differ_between_levels_are_named():
    measures = planted(measure="action_r2_level", own=1.0, offset=-0.2, noise=0.01)
    for kind in ("contrast", "trend"):
        assert set(asked(measures, kind)["note"]) == {"the states differ between levels"}
    assert set(asked(planted(), "contrast")["note"]) == {""}


# ---- bounds and ratios


def test_an_interval_stays_within_the_bounds_of_its_measure():
    measures = planted(measure="cka_linear2_relu", own=1.0, offset=-0.01, noise=0.05)
    measures["value"] = measures["value"].clip(upper=1)
    assert asked(measures, "level")["high"].max() <= 1
    measures = planted(measure="spectral_distance", own=0.02, noise=0.1)
    measures["value"] = measures["value"].abs()
    assert asked(measures, "level")["low"].min() >= 0
    # The expert lies 0.02 above the least value that there is.
    assert asked(measures, "difference")["low"].min() >= -0.02


def test_a_skewed_measure_is_compared_by_ratios():
    measures = planted(measure="stride_time_cv", own=10.0, noise=0.0)
    rng = np.random.default_rng(1)
    clones = measures["clone"] >= 0
    measures.loc[clones, "value"] = 3 * np.exp(0.5 * rng.normal(size=clones.sum()))
    row = at(asked(measures, "difference"), 0)
    assert (row["unit"], row["answer"]) == ("ratio", "lower than the expert")
    assert 0 < row["low"] < 0.3 < row["high"] < 1
    level = at(asked(measures, "level"), 0)
    assert level["estimate"] == pytest.approx(10 * row["estimate"])
    assert level["unit"] == "1"
    assert at(asked(measures, "contrast"), 80)["low"] > 0


def test_a_ratio_with_a_value_of_0_is_compared_by_differences():
    measures = fallen(planted(measure="stride_time_cv", own=10.0), 80, [3], 0.0)
    rows = asked(measures, "difference")
    assert at(rows, 80)["unit"] == "1"
    assert at(rows, 0)["unit"] == "ratio"


# ---- references


def test_a_clone_is_compared_with_the_network_that_it_began_as():
    measures = planted(measure="action_r2_expert", own=1.0, offset=-0.1, noise=0.05)
    floors = [
        row
        for clone in range(8)
        for row in of_agent(
            "expert_0", -1, clone, {"floor_action_r2_expert": Measure("1", 0.2 + clone / 100)}
        )
    ]
    both = pd.concat([measures, measures_table(floors)], ignore_index=True)
    row = at(asked(both, "gain", "action_r2_expert"), 80)
    assert row["answer"] == "higher than the floor"
    assert row["estimate"] == pytest.approx(0.9 - 0.235, abs=0.05)
    floor = asked(both, "level", "floor_action_r2_expert")
    assert (floor["level"].tolist(), floor["n_clones"].tolist()) == ([-1], [8])
    assert floor["estimate"][0] == pytest.approx(0.235)
    assert kinds(both, "floor_action_r2_expert") == {"level", "iqm"}


# ---- two modes


def walking(fallers=(), level=80, measure="return"):
    return fallen(planted(measure=measure, own=1000.0, noise=5.0), level, fallers, 100.0)


def test_a_share_of_clones_walks():
    rows = asked(walking([1, 2]), "share")
    assert rows["level"].tolist() == [*LEVELS]
    assert rows["estimate"].tolist() == [1, 1, 1, 0.75]
    assert at(rows, 80)["note"] == "6 of 8 clones walk"
    assert (rows["high"] <= 1).all()
    assert at(rows, 0)["low"] == pytest.approx(0.6756, abs=0.001)


def test_no_mean_is_told_between_clones_that_walk_and_clones_that_fall():
    measures = walking([1, 2])
    for kind in ("level", "iqm", "difference"):
        assert 80 not in set(asked(measures, kind)["level"])
    assert 80 not in set(asked(measures, "contrast")["level"])
    walkers = at(asked(measures, "walking"), 80)
    assert walkers["estimate"] == pytest.approx(1000, abs=5)
    assert (walkers["n_clones"], walkers["n_left_out"]) == (6, 2)


def test_clones_that_all_do_the_same_have_a_mean():
    for fallers in ([], range(8)):
        measures = walking(fallers)
        assert asked(measures, "walking").empty
        assert asked(measures, "level")["level"].tolist() == [-1, *LEVELS]
    row = at(asked(walking(range(8)), "difference"), 80)
    assert row["answer"] == "lower than the expert"


def test_shares_of_two_levels_are_compared_clone_by_clone():
    row = at(asked(walking(range(7)), "share contrast"), 80)
    assert row["answer"] == "fewer walk with noise"
    assert (row["estimate"], row["n_clones"]) == (-7 / 8, 8)
    assert row["low"] >= -1
    assert at(asked(walking([0]), "share contrast"), 80)["answer"] == "not resolved"


def test_shares_of_several_experts_are_over_experts():
    measures = fallen(planted(6, measure="return", own=1000.0, noise=5.0), 80, [0, 1, 2], 100.0)
    share, contrast = asked(measures, "share"), asked(measures, "share contrast")
    assert set(share["condition"]) == set(contrast["condition"]) == {"over experts"}
    assert at(share, 80)["estimate"] == pytest.approx(5 / 8)
    assert at(contrast, 80)["estimate"] == pytest.approx(-3 / 8)


def test_an_expert_that_earns_nothing_does_not_say_which_clones_walk():
    measures = planted(measure="return", own=-50.0, noise=30.0)
    assert "share" not in kinds(measures)
    assert asked(measures, "level")["level"].tolist() == [-1, *LEVELS]


def test_the_floor_of_a_return_is_held_against_the_expert():
    floors = [
        row
        for clone in range(8)
        for row in of_agent(
            "expert_0", -1, clone, {"floor_return": Measure("1", 900.0 if clone < 2 else 50.0)}
        )
    ]
    both = pd.concat([walking(), measures_table(floors)], ignore_index=True)
    assert asked(both, "share", "floor_return")["estimate"].tolist() == [0.25]
    assert asked(both, "level", "floor_return").empty


def test_survival_is_only_told_as_a_share():
    measures = fallen(planted(measure="survival", own=1.0, noise=0.0), 80, [0], 0.25)
    assert kinds(measures) == {"level", "share", "share contrast", "trend", "bimodality"}
    assert asked(measures, "level")["level"].tolist() == [-1]


@pytest.mark.parametrize("own", [0.0, 1.0])
def test_a_mark_of_clones_is_told_and_compared_as_a_share_whatever_the_expert_is(own):
    marks = planted(measure="period_2", own=own, offset=-own, noise=0.0)
    measures = fallen(marks, 80, range(5), 1.0)
    assert kinds(measures) == {"level", "share", "share contrast", "trend"}
    share = asked(measures, "share")
    assert share["estimate"].tolist() == [0, 0, 0, 5 / 8]
    assert set(share["unit"]) == {"share that alternates"}
    assert at(share, 80)["note"] == "5 of 8 clones alternate"
    contrast = at(asked(measures, "share contrast"), 80)
    assert (contrast["estimate"], contrast["answer"]) == (5 / 8, "more alternate with noise")
    assert asked(measures, "equivalence", margins={"absolute": {"period_2": 0.1}}).empty


# ---- equivalence


def equivalence(measures, **margins):
    measure = measures["measure"].iloc[0]
    return asked(measures, "equivalence", margins={k: {measure: v} for k, v in margins.items()})


def test_equivalence_is_shown_refuted_or_left_open():
    for offset, answer in ((0, "equivalent"), (1.5, "not equivalent"), (1.0, "not resolved")):
        rows = equivalence(planted(offset=offset), absolute=1.0)
        assert set(rows["answer"]) == {answer}
        assert set(rows["confidence"]) == {0.9}
    assert rows["p_holm"].notna().tolist() == [True, False, False, True]


def test_a_margin_can_be_a_share_of_the_experts_value():
    for experts in (1, 6):
        rows = equivalence(planted(experts, offset=1.5), relative=0.3)
        assert set(rows["answer"]) == {"equivalent"}
        assert set(rows["unit"]) == {"share of the expert's value"}
    assert rows["estimate"].tolist() == pytest.approx([0.103] * 4, abs=0.02)


def test_a_margin_that_exceeds_half_of_the_experts_value_says_nothing():
    rows = equivalence(planted(own=0.008, offset=0.02, noise=0.001), absolute=0.05)
    assert set(rows["answer"]) == {"not testable"}
    assert rows["p"].isna().all()
    assert rows["note"].str.contains("larger than half of the expert's value 0.008").all()
    assert rows["low"].notna().all()


def test_the_margin_of_a_distance_is_held_against_the_range_of_the_distance():
    measures = planted(measure="spectral_distance", own=0.1, noise=0.01)
    assert set(equivalence(measures, absolute=0.1)["answer"]) == {"equivalent"}
    assert set(equivalence(measures, absolute=0.6)["answer"]) == {"not testable"}
    assert set(equivalence(measures, relative=0.9)["answer"]) == {"equivalent"}


def test_a_margin_below_the_experts_own_spread_is_named_and_kept():
    spread = measures_table(of_agent("expert_0", -1, -1, {"likeness_spread": Measure("1", 3.0)}))
    rows = equivalence(pd.concat([planted(offset=1.5), spread]), absolute=1.0)
    assert rows["note"].str.contains("smaller than the spread 3").all()
    assert set(rows["answer"]) == {"not equivalent"}


def test_no_equivalence_is_asked_where_the_experts_value_holds_by_definition():
    assert equivalence(planted(measure="cka_linear1", own=1.0), absolute=0.1).empty


def test_equivalent_survival_means_that_nearly_all_clones_walk():
    clones = planted(clones=40, measure="survival", own=1.0, noise=0.0)
    assert at(equivalence(clones, absolute=0.1), 80)["answer"] == "equivalent"
    eight = planted(measure="survival", own=1.0, noise=0.0)
    assert at(equivalence(eight, absolute=0.1), 80)["answer"] == "not resolved"
    fell = fallen(eight, 80, range(8), 0.0)
    row = at(equivalence(fell, absolute=0.1), 80)
    assert row["answer"] == "not equivalent"
    assert (row["estimate"], row["low"]) == (-1, -1)


def test_return_that_is_lost_is_not_equivalent():
    assert at(equivalence(walking(range(8)), relative=0.1), 80)["answer"] == "not equivalent"
    assert 80 not in set(equivalence(walking([1]), relative=0.1)["level"])
