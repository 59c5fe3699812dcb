"""The table of statistics: planted effects, who the sample is, and what must stay unresolved."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.statistics.measures import UNSTABLE, Measure, measures_table, of_agent
from brainiarb.statistics.questions import COLUMNS, statistics_table, walking_levels

LEVELS = (0, 20, 40, 160)
ASKED = {"seed": 0, "alpha": 0.05, "replicates": 999, "permutations": 999, "walking": 0.5}


def planted(experts=1, clones=8, slope=0.0, offset=0.0, seed=1, measure="likeness"):
    """A measure whose clones rise by `slope` per percent of noise, `offset` off their expert."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(experts):
        name, own = f"expert_{number}", 10 + 2 * number
        rows += of_agent(name, -1, -1, {measure: Measure("1", own)})
        for level in LEVELS:
            values = own + offset + slope * level + 0.3 * rng.normal(size=clones)
            for clone, value in enumerate(values):
                rows += of_agent(name, level, clone, {measure: Measure("1", value)})
            demonstrated = Measure("1", 100.0 if level < 100 else 40.0)
            rows += of_agent(name, level, -1, {"demonstrator_return": demonstrated})
    return measures_table(rows)


def of_expert(measure, value, name="expert_0"):
    """The row of a measure of an expert."""
    return measures_table(of_agent(name, -1, -1, {measure: Measure("1", value)}))


def asked(measures, kind, margins=None, **changes):
    """Return the rows of one kind."""
    margins = {"absolute": {}, "relative": {}} | (margins or {})
    table = statistics_table(measures, **ASKED | changes, margins=margins)
    assert tuple(table.columns) == COLUMNS
    return table[table["kind"] == kind].reset_index(drop=True)


def test_the_demonstrator_walks_where_it_keeps_its_share_of_the_return():
    assert walking_levels(planted(), 0.5) == {"expert_0": [0, 20, 40]}
    assert walking_levels(planted(), 0.4) == {"expert_0": list(LEVELS)}


def test_a_level_of_one_expert_is_the_mean_of_its_clones():
    rows = asked(planted(), "level")
    assert rows["level"].tolist() == [-1, *LEVELS]
    assert rows["n_clones"].tolist() == [0, 8, 8, 8, 8]
    assert set(rows["condition"]) == {"conditional on this expert"}
    assert rows["estimate"][0] == 10
    assert np.isnan(rows["low"][0])
    assert (rows["low"][1:] < 10.3).all()
    assert (rows["high"][1:] > 9.7).all()
    assert set(rows["answer"]) == {""}


def test_levels_of_three_experts_have_experts_as_the_sample():
    one, three = (asked(planted(experts), "level").iloc[1] for experts in (1, 3))
    assert (three["n_experts"], three["n_clones"]) == (3, 24)
    assert three["condition"] == "over experts"
    # Experts lie 2 apart, clones 0.3.
    assert three["high"] - three["low"] > 5 * (one["high"] - one["low"])


@pytest.mark.parametrize(("slope", "answer"), [(0.02, "higher"), (-0.02, "lower")])
def test_a_planted_effect_of_noise_is_found_where_the_demonstrator_walks(slope, answer):
    found = asked(planted(slope=slope), "contrast").iloc[0]
    assert found["answer"] == f"{answer} with noise"
    assert found["estimate"] == pytest.approx(30 * slope, abs=0.3)
    assert found["low"] < 30 * slope < found["high"]
    assert "levels 20 40 against 0" in found["method"]
    assert found["n_clones"] == 24
    trend = asked(planted(slope=slope), "trend").iloc[0]
    assert trend["answer"] == {"higher": "rises", "lower": "falls"}[answer] + " with noise"
    assert trend["n_clones"] == 32


def test_several_experts_are_asked_over_experts_and_within_them():
    for kind in ("contrast", "trend"):
        rows = asked(planted(3, slope=0.02), kind)
        assert rows["condition"].tolist() == ["over experts", "conditional on these experts"]
        assert rows["estimate"][0] == pytest.approx(rows["estimate"][1])
        assert rows["answer"].str.endswith("with noise").all()


def test_no_effect_is_not_resolved():
    for kind in ("contrast", "trend", "difference", "bimodality"):
        assert set(asked(planted(), kind)["answer"]) == {"not resolved"}


def test_two_clones_cannot_resolve_even_a_large_effect():
    measures = planted(clones=2, slope=1.0)
    measures = measures[measures["level"] != 40]
    found = asked(measures, "contrast").iloc[0]
    assert (found["p"], found["answer"]) == (pytest.approx(2 / 6), "not resolved")


def test_p_is_corrected_for_the_other_measures():
    several = [planted(slope=0.02, seed=i, measure=f"likeness_{i}") for i in range(4)]
    rows = asked(pd.concat(several).drop_duplicates(ignore_index=True), "contrast")
    assert len(rows) == 4
    assert rows["p_holm"].min() == pytest.approx(4 * rows["p"].min())


def test_clones_are_compared_with_their_own_expert():
    for experts in (1, 3):
        found = asked(planted(experts, offset=-2), "difference").iloc[0]
        assert found["answer"] == "lower than the expert"
        assert found["low"] < -2 < found["high"]
        assert found["n_clones"] == experts * 24


def test_equivalence_is_shown_within_a_margin_that_spans_the_experts_own_spread():
    absolute = {"absolute": {"likeness": 1.0}}
    assert set(asked(planted(), "equivalence", absolute)["answer"]) == {"equivalent"}
    apart = asked(planted(offset=1.5), "equivalence", absolute)
    assert set(apart["answer"]) == {"not resolved"}
    spread = of_expert("likeness_spread", 3.0)
    wide = asked(pd.concat([planted(offset=1.5), spread]), "equivalence", absolute)
    assert set(wide["answer"]) == {"equivalent"}
    relative = asked(planted(offset=1.5), "equivalence", {"relative": {"likeness": 0.3}})
    assert relative["estimate"].tolist() == pytest.approx([0.15] * 4, abs=0.05)
    assert set(relative["answer"]) == {"equivalent"}


def test_two_kinds_of_clones_are_told_and_not_averaged_away():
    measures = planted()
    locked = measures["clone"].isin([0, 1, 2]) & (measures["level"] >= 0)
    measures.loc[locked, "value"] += 8
    rows = asked(measures, "bimodality")
    assert rows["level"].isna().tolist() == [True, False, False, False, False]
    assert rows["answer"][0] == "more than one mode"
    assert rows["n_clones"].tolist() == [32, 8, 8, 8, 8]


def test_measures_without_values_or_clones_do_no_harm():
    absent = Measure("1", np.nan, note="fell at once")
    empty = measures_table(of_agent("expert_0", 0, 0, {"empty": absent}))
    expert_only = of_expert("own", 1.0, "expert_1")
    table = pd.concat([planted(), empty, expert_only], ignore_index=True)
    assert not len(asked(table, "level").query("measure == 'empty'"))
    assert asked(table, "level").query("measure == 'own'")["n_experts"].tolist() == [1]
    assert len(statistics_table(empty, **ASKED, margins={})) == 0


def test_unstable_values_count_because_the_others_alone_would_look_too_regular():
    measures = planted(slope=0.02)
    margins = {"absolute": {"likeness": 0.5}}
    doubted = measures.assign(status=UNSTABLE)
    first, second = (statistics_table(x, **ASKED, margins=margins) for x in (measures, doubted))
    pd.testing.assert_frame_equal(first, second)


def test_a_measure_without_spread_is_not_testable():
    measures = planted()
    measures.loc[measures["measure"] == "likeness", "value"] = 1.0
    rows = asked(measures, "equivalence", {"absolute": {"likeness": 0.1}})
    assert set(rows["answer"]) == {"not testable"}
    assert asked(measures, "contrast")["p"].tolist() == [1]


def test_the_same_measures_give_the_same_table_in_any_order():
    measures = planted(3, slope=0.01)
    shuffled = measures.sample(frac=1, random_state=0)
    margins = {"absolute": {}, "relative": {"likeness": 0.2}}
    first, second = (statistics_table(x, **ASKED, margins=margins) for x in (measures, shuffled))
    pd.testing.assert_frame_equal(first, second)


def test_of_a_floor_only_levels_are_asked():
    both = pd.concat([planted(), planted(measure="floor_likeness", slope=1.0)])
    measures = both.drop_duplicates(["measure", "level", "clone"])
    margins = {"absolute": {}, "relative": {}}
    table = statistics_table(measures, **ASKED, margins=margins)
    kinds = table.groupby("measure")["kind"].unique()
    assert set(kinds["floor_likeness"]) == {"level", "iqm"}
    assert {"contrast", "trend"} < set(kinds["likeness"])
