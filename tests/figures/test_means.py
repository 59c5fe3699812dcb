"""Means of levels: whose sample an interval is from, and what is drawn and said of it."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from brainiarb.figures.means import level_means
from figure_drawing import bars, points
from figure_tables import measures_of, statistics_of, with_statistics

PLACES = {0: 0.0, 40: 1.0}


def speeds(clones=4):
    rows = [("speed", level, k, level + 1.0 + k**2) for level in (0, 40) for k in range(clones)]
    return measures_of([("speed", -1, -1, 9.0), *rows])


def means_of(experts, clones=4, alpha=0.05):
    tables = with_statistics(speeds(clones), experts)
    return level_means(tables["statistics"], tables["measures"], ["speed"], alpha)


def drawn(means):
    axes = Figure().subplots()
    means.draw(axes, "speed", PLACES, "red")
    return axes


def labels(means):
    return [str(handle.get_label()) for handle in means.handles("red")]


def test_with_one_cloned_expert_the_interval_is_of_its_clones_at_the_place_of_each_level():
    means = means_of(experts=1)
    axes = drawn(means)
    rows = means.table[means.table["level"] >= 0]
    assert rows["n_clones"].tolist() == [4, 4]
    assert bars(axes) == rows[["low", "high"]].to_numpy().tolist()
    assert [line.get_ydata()[0] for line in points(axes, "_")] == [4.5, 44.5]
    assert [line.get_xdata()[0] for line in points(axes, "_")] == [0.0, 1.0]
    assert points(axes, "D") == []
    assert labels(means) == ["mean of 4 clones, 95 % interval"]


def test_with_several_cloned_experts_the_interval_is_over_experts_and_shows_one_point_of_each():
    means = means_of(experts=3)
    axes = drawn(means)
    rows = means.table[means.table["level"] >= 0]
    assert rows["n_experts"].tolist() == [3, 3]
    assert bars(axes) == rows[["low", "high"]].to_numpy().tolist()
    (experts,) = points(axes, "D")
    assert sorted(experts.get_ydata()) == [4.5, 5.5, 6.5, 44.5, 45.5, 46.5]
    assert labels(means) == [
        "mean over 3 experts (12 clones), 95 % interval",
        "mean of the clones of one expert",
    ]


@pytest.mark.parametrize(("experts", "clones"), [(1, 2), (2, 4)])
def test_the_interval_of_two_numbers_is_neither_drawn_nor_in_the_legend(experts, clones):
    means = means_of(experts, clones)
    assert bars(drawn(means)) == []
    assert [label for label in labels(means) if "interval" in label] == []


def of_levels(cloned):
    """Means of three experts, of which only `cloned` have clones at the level 40."""
    measures = with_statistics(speeds(), 3)["measures"]
    measures = measures[(measures["level"] < 40) | measures["expert"].isin(cloned)]
    table = statistics_of(measures)
    return table, level_means(table, measures, ["speed"], 0.05)


def test_where_one_of_several_experts_is_cloned_the_interval_is_of_its_clones():
    _, means = of_levels(["crossq_0"])
    axes = drawn(means)
    assert bars(axes) == means.table.query("level >= 0")[["low", "high"]].to_numpy().tolist()
    assert len({line.get_linewidth() for line in axes.lines if len(line.get_xdata()) == 2}) == 2
    (experts,) = points(axes, "D")
    assert {*experts.get_xdata()} == {PLACES[0]}
    assert labels(means) == [
        "mean of 4 clones, 95 % interval",
        "mean over 3 experts (12 clones), 95 % interval",
        "mean of the clones of one expert",
    ]


def test_where_several_experts_are_cloned_an_interval_of_one_expert_is_left_out():
    measures = with_statistics(speeds(), 3)["measures"]
    other = measures.assign(measure="return_map_lambda")
    measures.loc[(measures["expert"] != "sac_1") & (measures["level"] == 40), "value"] = np.nan
    table = statistics_of(pd.concat([measures, other], ignore_index=True))
    assert table.query("measure == 'speed' and level == 40")["n_experts"].max() == 1
    means = level_means(table, measures, ["speed"], 0.05)
    assert set(means.table["level"]) == {-1, 0}


def test_a_level_of_two_modes_has_no_mean():
    tables = with_statistics(speeds(), 1)
    two = tables["statistics"].query("level == 40").assign(answer="more than one mode")
    statistics = pd.concat([tables["statistics"], two], ignore_index=True)
    means = level_means(statistics, tables["measures"], ["speed"], 0.05)
    assert set(means.drawn()["level"]) == {0}


def test_the_number_of_clones_is_a_span_where_some_have_no_value():
    measures = speeds()
    missing = (measures["level"] == 40) & (measures["clone"] == 2)
    measures.loc[missing, ["value", "status"]] = np.nan, "absent"
    tables = with_statistics(measures)
    means = level_means(tables["statistics"], tables["measures"], ["speed"], 0.05)
    assert labels(means) == ["mean of 3 to 4 clones, 95 % interval"]


def test_clones_of_which_some_walk_and_others_fall_have_no_mean_of_any_expert():
    returns = [("return", 0, k, 5000.0) for k in range(4)]
    split = [("return", 40, k, 5000.0 * (k > 0)) for k in range(4)]
    tables = with_statistics(measures_of([("return", -1, -1, 5000.0), *returns, *split]), 3)
    means = level_means(tables["statistics"], tables["measures"], ["return"], 0.05)
    assert set(means.experts["level"]) == {0}
    assert set(means.drawn("return")["level"]) == {0}


def test_the_confidence_follows_alpha():
    assert labels(means_of(experts=1, alpha=0.1)) == ["mean of 4 clones, 90 % interval"]


def test_the_numbers_of_a_figure_have_the_mean_of_each_expert_only_where_it_is_drawn():
    one, three = means_of(experts=1).numbers(), means_of(experts=3).numbers()
    assert set(one["kind"]) == {"level"}
    assert len(three.query('kind == "expert\'s mean"')) == 3 * 2
