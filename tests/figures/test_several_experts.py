"""Figures of a study of several cloned experts: one expert is drawn, but intervals are over all."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from brainiarb.clones.axes import axis_intervals
from figure_drawing import assert_legends_fit, bars, draw, drawn, labels, module, points, tables_of
from figure_tables import EXPERT, MEASURED, with_statistics


@cache
def of_several(figure, few=None):
    """A figure of three experts, with its numbers; `few` are the levels that all of them have."""
    return draw(figure, with_statistics(MEASURED[figure](), experts=3, few=few))


OF_CLONES = re.compile(r"mean of [\d to]+ clones, 95 % interval")
OVER_EXPERTS = re.compile(r"mean over 3 experts \([\d to]+ clones\), 95 % interval")


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_every_figure_of_statistics_is_tried_with_several_experts(figure):
    assert "statistics" in module(figure).TABLES


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_an_interval_is_called_by_the_experts_or_clones_that_it_is_over(figure):
    one, several = (labels(drawing[0]) for drawing in (drawn(figure), of_several(figure)))
    assert any(map(OF_CLONES.fullmatch, one))
    assert not any(map(OVER_EXPERTS.fullmatch, one))
    assert any(map(OVER_EXPERTS.fullmatch, several))
    assert not any(map(OF_CLONES.fullmatch, several))


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_levels_of_one_expert_keep_their_intervals_beside_levels_of_several(figure):
    drawing, numbers = of_several(figure, few=(0,))
    said = labels(drawing)
    assert any(map(OF_CLONES.fullmatch, said))
    assert any(map(OVER_EXPERTS.fullmatch, said))
    experts = numbers[numbers["kind"] == "expert's mean"]
    assert set(experts["level"]) == {0}
    assert set(experts["expert"]) == {EXPERT, "sac_0", "sac_1"}


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_lines_join_clones_of_the_drawn_expert_only(figure):
    alone, (several, _) = drawn(figure)[0], of_several(figure, few=(0,))
    for one, other in zip(alone.axes, several.axes, strict=True):
        joined, same = (
            [
                np.asarray(line.get_ydata()).tolist()
                for line in axes.lines
                if line.get_marker() == "None" and len(set(line.get_xdata())) > 1
            ]
            for axes in (one, other)
        )
        np.testing.assert_equal(joined, same)


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_the_confidence_in_the_legend_follows_alpha(figure):
    said = labels(draw(figure, alpha=0.1)[0])
    assert [label for label in said if "90 % interval" in label]
    assert not [label for label in said if "95 %" in label]


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_the_points_of_clones_are_those_of_the_drawn_expert(figure):
    alone, (several, _) = drawn(figure)[0], of_several(figure)
    for one, other in zip(alone.axes, several.axes, strict=True):
        for marker in "osx^v":
            clones, same = points(one, marker), points(other, marker)
            assert len(clones) == len(same)
            for line, copy in zip(clones, same, strict=True):
                np.testing.assert_array_equal(line.get_ydata(), copy.get_ydata())


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_the_mean_of_each_expert_is_a_point_and_one_of_the_numbers(figure):
    _, numbers = of_several(figure)
    experts = numbers[numbers["kind"] == "expert's mean"]
    assert set(experts["expert"]) == {EXPERT, "sac_0", "sac_1"}
    assert "expert's mean" not in set(drawn(figure)[1].get("kind", []))


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_every_interval_that_is_drawn_is_one_of_the_numbers(figure):
    drawing, numbers = of_several(figure)
    known, kept = (
        {*map(tuple, table[["low", "high"]].dropna().to_numpy().tolist())}
        for table in (with_statistics(MEASURED[figure](), 3)["statistics"], numbers)
    )
    # A line from a value to itself, such as one estimate of a rate, is no interval.
    upright = [tuple(bar) for axes in drawing.axes for bar in bars(axes) if bar[0] < bar[1]]
    shown = {*upright} & known
    assert shown
    assert shown <= kept


@pytest.mark.parametrize("figure", sorted(MEASURED))
def test_legends_lie_on_the_page_with_the_entries_for_several_experts(figure):
    assert_legends_fit(of_several(figure)[0])
    assert_legends_fit(of_several(figure, few=(0,))[0])


def test_noise_axes_show_the_clones_of_all_experts_because_their_intervals_do():
    table = tables_of("fig_noise_axes")["noise_axes"]
    both = table.assign(expert="sac_0", **{"return": table["return"] + 7})
    every = pd.concat([table, both], ignore_index=True)
    figure, numbers = draw(
        "fig_noise_axes",
        {"noise_axes": every, "noise_axes_intervals": axis_intervals(every, 0, 50, 0.05, 0.5)},
    )
    assert set(numbers["expert"].dropna()) == {EXPERT, "sac_0"}
    clones = [len(line.get_xdata()) for line in figure.axes[0].lines if line.get_alpha()]
    assert clones == [2 * 2 * 3] * 2
