"""The questions of one measure: planted effects, who the sample is, and what stays unresolved."""

import numpy as np
import pandas as pd
import pytest

from builders import STATISTICS_LEVELS, asked, expert_measure, planted_measures


def test_a_level_of_one_expert_is_the_mean_of_its_clones():
    rows = asked(planted_measures(), "level")
    assert rows["level"].tolist() == [-1, *STATISTICS_LEVELS]
    assert rows["n_clones"].tolist() == [0, 8, 8, 8, 8]
    assert set(rows["condition"]) == {"conditional on this expert"}
    assert rows["estimate"][0] == 10
    assert np.isnan(rows["low"][0])
    assert (rows["low"][1:] < 10.3).all()
    assert (rows["high"][1:] > 9.7).all()
    assert set(rows["answer"]) == {""}


def test_levels_of_three_experts_have_experts_as_the_sample():
    one, three = (asked(planted_measures(experts), "level").iloc[1] for experts in (1, 3))
    assert (three["n_experts"], three["n_clones"]) == (3, 24)
    assert three["condition"] == "over experts"
    # Experts lie 2 apart, clones 0.3.
    assert three["high"] - three["low"] > 5 * (one["high"] - one["low"])


@pytest.mark.parametrize(("slope", "answer"), [(0.02, "higher"), (-0.02, "lower")])
def test_a_planted_effect_of_noise_is_found_where_the_demonstrator_walks(slope, answer):
    row = asked(planted_measures(slope=slope), "contrast").iloc[0]
    assert row["answer"] == f"{answer} with noise"
    assert row["estimate"] == pytest.approx(30 * slope, abs=0.3)
    assert row["low"] < 30 * slope < row["high"]
    assert "levels 20 40 against 0" in row["method"]
    assert row["n_clones"] == 24
    trend = asked(planted_measures(slope=slope), "trend").iloc[0]
    assert trend["answer"] == {"higher": "rises", "lower": "falls"}[answer] + " with noise"
    assert trend["n_clones"] == 32


def test_several_experts_are_asked_over_experts_and_within_them():
    for kind in ("contrast", "trend"):
        rows = asked(planted_measures(3, slope=0.02), kind)
        assert rows["condition"].tolist() == ["over experts", "conditional on these experts"]
        assert rows["estimate"][0] == pytest.approx(rows["estimate"][1])
        assert rows["answer"].str.endswith("with noise").all()


def test_no_effect_is_not_resolved():
    for kind in ("contrast", "trend", "difference", "bimodality"):
        assert set(asked(planted_measures(), kind)["answer"]) == {"not resolved"}


def test_two_clones_cannot_resolve_even_a_large_effect():
    measures = planted_measures(clones=2, slope=1.0)
    measures = measures[measures["level"] != 40]
    row = asked(measures, "contrast").iloc[0]
    assert (row["p"], row["answer"]) == (pytest.approx(2 / 6), "not resolved")


def test_clones_are_compared_with_their_own_expert():
    for experts in (1, 3):
        row = asked(planted_measures(experts, offset=-2), "difference").iloc[0]
        assert row["answer"] == "lower than the expert"
        assert row["low"] < -2 < row["high"]
        assert row["n_clones"] == experts * 24


def test_equivalence_is_shown_within_a_margin_that_spans_the_experts_own_spread():
    absolute = {"absolute": {"likeness": 1.0}}
    assert set(asked(planted_measures(), "equivalence", absolute)["answer"]) == {"equivalent"}
    apart = asked(planted_measures(offset=1.5), "equivalence", absolute)
    assert set(apart["answer"]) == {"not resolved"}
    spread = expert_measure("likeness_spread", 3.0)
    wide = asked(pd.concat([planted_measures(offset=1.5), spread]), "equivalence", absolute)
    assert set(wide["answer"]) == {"equivalent"}
    relative = asked(planted_measures(offset=1.5), "equivalence", {"relative": {"likeness": 0.3}})
    assert relative["estimate"].tolist() == pytest.approx([0.15] * 4, abs=0.05)
    assert set(relative["answer"]) == {"equivalent"}


def test_two_kinds_of_clones_are_told_and_not_averaged_away():
    measures = planted_measures()
    locked = measures["clone"].isin([0, 1, 2]) & (measures["level"] >= 0)
    measures.loc[locked, "value"] += 8
    rows = asked(measures, "bimodality")
    assert rows["level"].isna().tolist() == [True, False, False, False, False]
    assert rows["answer"][0] == "more than one mode"
    assert rows["n_clones"].tolist() == [32, 8, 8, 8, 8]


def test_a_measure_without_spread_is_not_testable():
    measures = planted_measures()
    measures.loc[measures["measure"] == "likeness", "value"] = 1.0
    rows = asked(measures, "equivalence", {"absolute": {"likeness": 0.1}})
    assert set(rows["answer"]) == {"not testable"}
    assert asked(measures, "contrast")["p"].tolist() == [1]
