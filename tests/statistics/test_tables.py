"""The table of statistics: which measures are asked, and the p values of all together."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.statistics.measures import UNSTABLE, Measure, measures_table, of_agent
from brainiarb.statistics.tables import statistics_table, walking_levels
from builders import ASKED, STATISTICS_LEVELS, asked, expert_measure, planted_measures


def test_the_demonstrator_walks_where_it_keeps_its_share_of_the_return():
    assert walking_levels(planted_measures(), 0.5) == {"expert_0": [0, 20, 40]}
    assert walking_levels(planted_measures(), 0.4) == {"expert_0": list(STATISTICS_LEVELS)}


def test_p_is_corrected_for_the_other_measures():
    several = [planted_measures(slope=0.02, seed=i, measure=f"likeness_{i}") for i in range(4)]
    rows = asked(pd.concat(several).drop_duplicates(ignore_index=True), "contrast")
    assert len(rows) == 4
    assert rows["p_holm"].min() == pytest.approx(4 * rows["p"].min())


def test_measures_without_values_or_clones_do_no_harm():
    absent = Measure("1", np.nan, note="fell at once")
    empty = measures_table(of_agent("expert_0", 0, 0, {"empty": absent}))
    expert_only = expert_measure("own", 1.0, "expert_1")
    table = pd.concat([planted_measures(), empty, expert_only], ignore_index=True)
    assert not len(asked(table, "level").query("measure == 'empty'"))
    assert asked(table, "level").query("measure == 'own'")["n_experts"].tolist() == [1]
    assert len(statistics_table(empty, **ASKED, margins={})) == 0


def test_unstable_values_count_because_the_others_alone_would_look_too_regular():
    measures = planted_measures(slope=0.02)
    margins = {"absolute": {"likeness": 0.5}}
    doubted = measures.assign(status=UNSTABLE)
    first, second = (statistics_table(x, **ASKED, margins=margins) for x in (measures, doubted))
    pd.testing.assert_frame_equal(first, second)


def test_the_same_measures_give_the_same_table_in_any_order():
    measures = planted_measures(3, slope=0.01)
    shuffled = measures.sample(frac=1, random_state=0)
    margins = {"absolute": {}, "relative": {"likeness": 0.2}}
    first, second = (statistics_table(x, **ASKED, margins=margins) for x in (measures, shuffled))
    pd.testing.assert_frame_equal(first, second)


def test_of_a_floor_only_levels_are_asked():
    both = pd.concat([planted_measures(), planted_measures(measure="floor_likeness", slope=1.0)])
    measures = both.drop_duplicates(["measure", "level", "clone"])
    margins = {"absolute": {}, "relative": {}}
    table = statistics_table(measures, **ASKED, margins=margins)
    kinds = table.groupby("measure")["kind"].unique()
    assert set(kinds["floor_likeness"]) == {"level", "iqm"}
    assert {"contrast", "trend"} < set(kinds["likeness"])


def test_a_standard_deviation_of_episodes_is_no_margin_and_nothing_is_asked_of_it():
    margins = {"relative": {"return": 0.05}}
    measures = planted_measures(offset=1.5, measure="return")
    episode_sd = expert_measure("return_episode_sd", 3.0)
    with_sd = pd.concat([measures, episode_sd], ignore_index=True)
    first, second = (statistics_table(x, **ASKED, margins=margins) for x in (measures, with_sd))
    pd.testing.assert_frame_equal(first, second)
    equivalence = second[second["kind"] == "equivalence"]
    assert set(equivalence["answer"]) == {"not resolved"}
    assert equivalence["method"].str.contains("margin 0.05 ").all()


def test_networks_before_training_are_a_sample_of_the_states_of_their_expert():
    floor = {clone: Measure("1", value) for clone, value in enumerate((1.0, 2.0, 3.0))}
    rows = [row for clone in floor for row in of_agent("e", -1, clone, {"floor_x": floor[clone]})]
    table = statistics_table(measures_table(rows), **ASKED, margins={}).set_index("kind")
    assert table.loc["level", "estimate"] == pytest.approx(2.0)
    assert table.loc["level", "level"] == -1
    assert (table.loc["level", "n_clones"], table.loc["level", "n_experts"]) == (3, 1)
    assert table.loc["level", "low"] < 2.0 < table.loc["level", "high"]
    assert table.loc["level", "method"] == "t of clones"


def test_replicates_are_those_of_interquartile_means_and_of_trends_alone():
    measures = planted_measures(3, slope=0.02)
    margins = {"relative": {"likeness": 0.2}}
    few, many = (
        statistics_table(measures, **ASKED | {"replicates": replicates}, margins=margins)
        for replicates in (200, 999)
    )
    intervals = ["low", "high"]
    changed = (few[intervals] != many[intervals]).any(axis=1) & few[intervals].notna().all(axis=1)
    assert set(few.loc[changed, "kind"]) == {"iqm", "trend"}
    assert changed[few["kind"] == "iqm"].all()
