"""The table of statistics: planted effects, who the sample is, and what is not asked."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.errors import Refused
from brainiarb.statistics.measures import UNSTABLE, Measure, measures_table, of_agent
from brainiarb.statistics.tables import read_classes, statistics_table
from designs import ASKED, LEVELS, NO_MARGINS, asked, at, planted


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
    assert set(rows["confidence"]) == {0.95}


def test_levels_of_three_experts_have_experts_as_the_sample():
    one, three = (at(asked(planted(experts), "level"), 0) for experts in (1, 3))
    assert (three["n_experts"], three["n_clones"]) == (3, 24)
    assert three["condition"] == "over experts"
    # Experts lie 2 apart, clones 0.3.
    assert three["high"] - three["low"] > 5 * (one["high"] - one["low"])


@pytest.mark.parametrize(("slope", "answer"), [(0.004, "higher"), (-0.004, "lower")])
def test_a_planted_effect_of_noise_is_found_block_by_block(slope, answer):
    row = at(asked(planted(slope=slope), "contrast"), 80)
    assert row["answer"] == f"{answer} with noise"
    assert row["low"] < 80 * slope < row["high"]
    assert (row["n_clones"], row["method"]) == (8, "paired t of blocks")
    trend = asked(planted(slope=slope), "trend").iloc[0]
    assert trend["answer"] == {"higher": "rises", "lower": "falls"}[answer] + " with noise"
    assert (trend["n_clones"], trend["unit"]) == (8, "tau")


def test_contrasts_are_asked_of_every_level_and_pool_none():
    rows = asked(planted(slope=0.02), "contrast")
    assert rows["level"].tolist() == [20, 40, 80]
    assert rows["estimate"].tolist() == pytest.approx([0.4, 0.8, 1.6], abs=0.25)


def test_the_expert_is_the_sample_where_several_are_cloned():
    for kind in ("contrast", "trend", "difference"):
        rows = asked(planted(6, slope=0.02, offset=1), kind)
        assert set(rows["condition"]) == {"over experts"}
        assert set(rows["n_experts"]) == {6}


def test_a_trend_is_asked_of_the_experts_that_were_cloned_at_three_levels():
    measures = planted(3, slope=0.02)
    few = measures["expert"].ne("expert_0") & measures["level"].isin([20, 40])
    row = asked(measures[~few], "trend").iloc[0]
    assert (row["n_experts"], row["n_clones"], row["n_left_out"]) == (1, 8, 0)
    assert row["condition"] == "conditional on this expert"
    assert at(asked(measures[~few], "contrast"), 80)["condition"] == "over experts"


def test_no_effect_is_not_resolved():
    for kind in ("contrast", "trend", "difference", "bimodality"):
        answers = asked(planted(), kind)["answer"]
        assert set(answers[answers != ""]) == {"not resolved"}


def test_clones_are_compared_with_their_own_expert_level_by_level():
    for experts in (1, 6):
        rows = asked(planted(experts, offset=-2), "difference")
        assert rows["level"].tolist() == [*LEVELS]
        row = at(rows, 80)
        assert row["answer"] == "lower than the expert"
        assert row["low"] < -2 < row["high"]
        assert row["n_clones"] == experts * 8


def test_a_block_with_a_missing_side_is_left_out_and_counted():
    measures = planted(slope=0.02)
    missing = (measures["level"] == 80) & (measures["clone"] == 3)
    for lost in (measures[~missing], measures.assign(value=measures["value"].mask(missing))):
        row = at(asked(lost, "contrast"), 80)
        assert (row["n_clones"], row["n_left_out"]) == (7, 1)


def test_only_a_primary_measure_at_a_primary_level_is_answered():
    rows = asked(planted(offset=-2), "difference")
    assert rows["class"].tolist() == ["primary", "secondary", "secondary", "primary"]
    assert rows["family"].tolist() == ["difference at 0 %", "", "", "difference at 80 %"]
    assert rows["p"].notna().all()
    assert rows["p_holm"].notna().tolist() == [True, False, False, True]
    assert (rows["answer"] != "").tolist() == [True, False, False, True]


def test_a_secondary_measure_has_no_answer_and_a_descriptive_one_no_test():
    secondary = asked(planted(offset=-2), "difference", of_class="secondary")
    assert secondary["p"].notna().all()
    descriptive = asked(planted(offset=-2), "difference", of_class="descriptive")
    assert descriptive["p"].isna().all()
    for rows in (secondary, descriptive):
        assert set(rows["answer"]) == {""}
        assert rows["p_holm"].isna().all()
        assert rows["low"].notna().all()


def test_p_is_corrected_for_the_primary_measures_of_its_level_only():
    several = [planted(slope=0.02, seed=i, measure=f"likeness_{i}") for i in range(4)]
    measures = pd.concat(several, ignore_index=True)
    classes = dict.fromkeys(measures["measure"], "primary") | {"likeness_3": "secondary"}
    table = statistics_table(measures, classes, **ASKED, margins=NO_MARGINS)
    rows = table[(table["kind"] == "contrast") & (table["level"] == 80)]
    primary = rows[rows["class"] == "primary"]
    assert len(primary) == 3
    assert primary["p_holm"].min() == pytest.approx(3 * primary["p"].min())
    assert set(primary["family"]) == {"contrast at 80 %"}


def test_equal_values_are_an_answer():
    rows = asked(planted(offset=1.0, noise=0.0), "difference")
    assert set(rows["estimate"]) == {1.0}
    assert at(rows, 0)["answer"] == "higher than the expert"
    assert at(rows, 0)["p"] == 2 / 2**8
    assert (at(rows, 0)["low"], at(rows, 0)["high"]) == (1, 1)


def test_two_clones_of_equal_values_are_too_few():
    row = at(asked(planted(clones=2, offset=1.0, noise=0.0), "difference"), 0)
    assert (row["p"], row["answer"]) == (0.5, "not resolved")
    assert "too few for an interval" in row["note"]


def test_one_clone_is_not_testable():
    assert at(asked(planted(clones=1), "difference"), 0)["answer"] == "not testable"


def test_of_spreads_and_demonstrators_nothing_is_asked():
    measures = planted()
    names = ("likeness_spread", "likeness_episode_sd", "demonstrator_x")
    others = [measures.assign(measure=name) for name in names]
    table = statistics_table(pd.concat([measures, *others]), {}, **ASKED, margins=NO_MARGINS)
    assert set(table["measure"]) == {"likeness"}


def test_two_kinds_of_clones_at_a_level_are_told():
    measures = planted(noise=0.05)
    locked = measures["clone"].isin([0, 1, 2, 3]) & (measures["level"] == 80)
    measures.loc[locked, "value"] += 8
    rows = asked(measures, "bimodality")
    assert rows["level"].tolist() == [*LEVELS]
    assert at(rows, 80)["p"] < 0.05
    assert at(rows, 0)["answer"] == "not resolved"


def test_the_order_of_rows_changes_nothing():
    measures = pd.concat([planted(slope=0.02), planted(seed=2, measure="other")])
    shuffled = measures.sample(frac=1, random_state=1)
    for kind in ("level", "contrast", "trend"):
        pd.testing.assert_frame_equal(
            asked(measures, kind, "other"), asked(shuffled, kind, "other")
        )


def test_classes_are_read_by_measure():
    table = pd.DataFrame({"measure": ["return", "speed"], "class": ["primary", "secondary"]})
    assert read_classes(table) == {"return": "primary", "speed": "secondary"}


@pytest.mark.parametrize(
    ("measures", "classes", "words"),
    [
        (["return"], ["prime"], "the class of return is 'prime'"),
        (["return", "return"], ["primary", "secondary"], "return is listed twice"),
    ],
)
def test_faulty_classes_are_refused(measures, classes, words):
    with pytest.raises(Refused, match=words):
        read_classes(pd.DataFrame({"measure": measures, "class": classes}))


def test_measures_without_values_or_clones_do_no_harm():
    absent = Measure("1", np.nan, note="fell at once")
    empty = measures_table(of_agent("expert_0", 0, 0, {"empty": absent}))
    expert_only = measures_table(of_agent("expert_1", -1, -1, {"own": Measure("1", 1.0)}))
    measures = pd.concat([planted(), empty, expert_only], ignore_index=True)
    assert asked(measures, "level", "empty").empty
    assert asked(measures, "level", "own")["n_experts"].tolist() == [1]
    assert statistics_table(empty, {}, **ASKED, margins=NO_MARGINS).empty


def test_unstable_values_count_because_the_others_alone_would_look_too_regular():
    measures = planted(slope=0.02)
    for kind in ("level", "contrast"):
        doubted = asked(measures.assign(status=UNSTABLE), kind)
        pd.testing.assert_frame_equal(asked(measures, kind), doubted)


def equivalences(measures, **margins):
    table = statistics_table(measures, {}, **ASKED, margins={"absolute": {}, "relative": margins})
    return table[table["kind"] == "equivalence"].set_index(["measure", "level"])


def rated(name, unstable=()):
    """Rates of an expert and its clones at two levels, with the agents that are unstable."""
    agents = [(-1, -1), *((level, clone) for level in (0, 80) for clone in range(4))]
    rows = [
        (*agent, Measure("Hz", 1.7 + 0.001 * agent[1], UNSTABLE if agent in unstable else "ok"))
        for agent in agents
    ]
    return measures_table(
        named for level, clone, m in rows for named in of_agent("e", level, clone, {name: m})
    )


def test_equivalence_is_not_asked_of_an_unstable_fundamental():
    stable = equivalences(rated("fundamental"), fundamental=0.05)
    assert stable["answer"].tolist() == ["equivalent"] * 2
    one = equivalences(rated("fundamental", [(80, 2)]), fundamental=0.05)
    assert one["answer"].tolist() == ["equivalent", "not testable"]
    assert one["p"].isna().tolist() == [False, True]
    assert one["estimate"].tolist() == stable["estimate"].tolist()
    assert "the value of a clone of e is unstable" in one["note"].iloc[1]
    expert = equivalences(rated("fundamental", [(-1, -1)]), fundamental=0.05)
    assert expert["answer"].tolist() == ["not testable"] * 2
    assert "the value of e is unstable" in expert["note"].iloc[0]


def test_equivalence_is_asked_of_other_measures_although_a_value_is_unstable():
    doubted = equivalences(rated("stride_frequency", [(80, 2)]), stride_frequency=0.05)
    assert doubted["answer"].tolist() == ["equivalent"] * 2


def test_replicates_are_those_of_interquartile_means_alone():
    measures = planted(3, slope=0.02)
    few, many = (
        statistics_table(measures, {}, **ASKED | {"replicates": number}, margins=NO_MARGINS)
        for number in (200, 999)
    )
    changed = few["low"].ne(many["low"]) & few["low"].notna()
    assert set(few.loc[changed, "kind"]) == {"iqm"}
    assert changed[few["kind"] == "iqm"].all()
