"""Strides: a panel per measure, a point per clone."""

import numpy as np
import pytest

from brainiarb.figures import fig_strides
from figure_drawing import draw, drawn, points
from figure_tables import gait_measures, statistics_of


def test_every_clone_is_a_point_of_the_strides_and_hollow_without_a_stable_cycle():
    figure, numbers = drawn("fig_strides")
    panels = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_ylabel() for axes in panels] == list(fig_strides.PANELS.values())
    for axes, measure in zip(panels, fig_strides.PANELS, strict=True):
        if measure in fig_strides.SHARES:
            continue
        dots = points(axes)
        assert sum(len(line.get_xdata()) for line in dots) == 8
        hollow = [line for line in dots if line.get_markerfacecolor() == "white"]
        assert sum(len(line.get_xdata()) for line in hollow) == 1
    assert len(numbers.query("kind == 'agent'")) == 9 * len(fig_strides.PANELS)


def panel(figure, measure):
    label = fig_strides.PANELS[measure]
    return next(axes for axes in figure.axes if axes.get_ylabel() == label)


def test_clones_that_alternate_are_shown_as_a_share_with_its_interval():
    measures = gait_measures()
    of_period = measures["measure"] == "period_2"
    marked = (measures["level"] == 40) & (measures["clone"] > 0)
    measures.loc[of_period, "value"] = marked[of_period].astype(float)
    figure, numbers = draw(
        "fig_strides", {"measures": measures, "statistics": statistics_of(measures)}
    )
    axes = panel(figure, "period_2")
    ticks = [line for line in axes.lines if line.get_marker() == "_"]
    assert [(line.get_xdata()[0].round(), line.get_ydata()[0]) for line in ticks] == [
        (0, 0), (1, 0.75),
    ]  # fmt: skip
    shares = numbers[(numbers["kind"] == "share") & (numbers["measure"] == "period_2")]
    assert shares["estimate"].tolist() == [0, 0.75]


def test_a_share_that_no_clone_has_says_why():
    measures = gait_measures()
    unmarked = (measures["measure"] == "period_2") & (measures["level"] >= 0)
    measures.loc[unmarked, ["value", "note"]] = np.nan, "the body has no feet"
    figure, _ = draw("fig_strides", {"measures": measures, "statistics": statistics_of(measures)})
    said = [text.get_text() for text in panel(figure, "period_2").texts]
    assert "no clone\nhas a value\nthe body has no feet" in said


def test_the_variability_of_both_feet_is_drawn_and_measures_of_regularity_have_no_mean():
    measures = gait_measures()
    left = measures["measure"] == "stride_time_cv_left"
    measures.loc[left, "value"] += 5
    figure, numbers = draw("fig_strides", {"measures": measures})
    (bars,) = [
        lines for lines in panel(figure, "stride_time_cv").collections if len(lines.get_paths()) > 1
    ][:1]
    heights = [np.ptp(path.vertices[:, 1]) for path in bars.get_paths()]
    assert heights == [5, 5, 5, 5]
    assert len(numbers.query("kind == 'foot of an agent'")) == 2 * 9
    means = numbers[(numbers["kind"] == "level") & numbers["measure"].isin(fig_strides.PANELS)]
    assert set(means["measure"]) == set(fig_strides.WITH_MEAN)


@pytest.mark.parametrize("count", [5, 8, 17])
def test_the_layout_follows_the_number_of_panels(count, monkeypatch):
    measures = [*fig_strides.PANELS, "harmonic_1"][:count]
    monkeypatch.setattr(fig_strides, "PANELS", {name: f"label of {name}" for name in measures})
    figure, numbers = draw("fig_strides")
    shown = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_ylabel() for axes in shown] == [f"label of {name}" for name in measures]
    assert len({axes.get_title(loc="left") for axes in shown}) == count
    feet = {"stride_time_cv_right", "stride_time_cv_left"} if count > 8 else set()
    assert set(numbers["measure"]) == set(measures) | feet
