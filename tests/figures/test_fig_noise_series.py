"""The noise series: returns, falls and errors of clones beside the demonstrator's."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.figures import style
from figure_drawing import bars, draw, drawn, labels, points, tables_of
from figure_tables import series, with_statistics


def test_every_clone_is_a_point_of_the_noise_series():
    figure, numbers = drawn("fig_noise_series")
    dots = [
        line
        for line in figure.axes[0].lines
        if line.get_label()[0] != "_" and line.get_linestyle() == "None"
    ]
    assert [line.get_label().split(" (")[0] for line in dots] == [
        "demonstrator under the noise", "clone, sampled actions", "clone",
    ]  # fmt: skip
    assert [len(line.get_xdata()) for line in dots] == [6, 6, 6]
    clones = numbers[(numbers["agent"] == "clone") & (numbers["mode"] == "mean")]
    clones = clones[clones["kind"] == "agent"]
    np.testing.assert_array_equal(dots[2].get_ydata(), clones["return"])
    (middle,) = (
        line.get_ydata()
        for line in figure.axes[0].lines
        if line.get_linestyle() == "-" and line.get_color() == style.CLEAN
    )
    np.testing.assert_array_equal(middle, clones.groupby("level")["return"].median())
    assert clones["action_error"].tolist() == [0, 1, 2, 40, 41, 42]
    assert figure.axes[8].get_ylabel().startswith("squared action error")


def panel(figure, label):
    return next(axes for axes in figure.axes if axes.get_ylabel() == label)


@pytest.mark.parametrize(
    ("label", "kind"),
    [("return (first 1,000 steps)", "level"), ("share of clones that walk", "share")],
)
def test_the_intervals_are_those_of_the_statistics(label, kind):
    figure, numbers = drawn("fig_noise_series")
    shown, given = (
        table[(table["kind"] == kind) & (table["measure"] == "return") & (table["level"] >= 0)]
        for table in (numbers, tables_of("fig_noise_series")["statistics"])
    )
    bounds = given[["low", "high"]].to_numpy().tolist()
    assert bars(panel(figure, label)) == bounds == shown[["low", "high"]].to_numpy().tolist()
    assert {"mean of 3 clones, 95 % interval", "share of 3 clones, 95 % interval"} <= labels(figure)


def test_where_some_clones_fall_the_mean_is_of_those_that_walk_and_the_share_says_how_many():
    measures = series()
    fallen = measures.eval("measure == 'return' and level == 40 and clone == 0")
    measures.loc[fallen, "value"] = 1.0
    figure, _ = draw("fig_noise_series", with_statistics(measures))
    assert "mean of 2 clones that walk, 95 % interval" not in labels(figure)  # two are too few
    heights = [
        line.get_ydata()[0] for line in points(panel(figure, "share of clones that walk"), "_")
    ]
    assert heights == [0, 2 / 3]


def test_demonstrated_episodes_are_counted_and_falls_are_shares_of_episodes():
    figure, _ = drawn("fig_noise_series")
    (counted,) = points(panel(figure, "demonstrated episodes of a clone"), "D")
    assert counted.get_ydata().tolist() == [20] * 6
    assert panel(figure, "share of episodes with a fall").get_ylim() == (-0.04, 1.04)


def test_clones_by_other_methods_than_cloning_are_not_drawn():
    agents = tables_of("fig_noise_series")["agents"]
    others = agents[agents["agent"] == "clone"].assign(method="iql")
    _, alone = drawn("fig_noise_series")
    _, beside = draw("fig_noise_series", {"agents": pd.concat([agents, others])})
    pd.testing.assert_frame_equal(beside, alone)


def test_parts_of_the_return_that_a_body_has_not_are_left_out():
    tables = tables_of("fig_noise_series")
    agents = tables["agents"].assign(return_healthy=0.0, return_contact=0.0)
    figure, numbers = draw(
        "fig_noise_series", {"agents": agents, "measures": tables["measures"].iloc[:0]}
    )
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == [
        "return (first 1,000 steps)",
        "forward reward",
        "control cost",
        "share of episodes with a fall",
        "share of clones that walk",
        "demonstrated episodes of a clone",
    ]
    assert "return_contact" in numbers


def test_the_parts_of_another_reward_are_labelled_by_their_names():
    tables = tables_of("fig_noise_series")
    agents = tables["agents"].rename(columns={"return_forward": "return_stand"})
    figure, _ = draw(
        "fig_noise_series", {"agents": agents, "measures": tables["measures"].iloc[:0]}
    )
    assert panel(figure, "stand reward").get_title(loc="left")
