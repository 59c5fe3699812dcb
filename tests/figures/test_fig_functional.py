"""Functional similarity: clones between expert and floor."""

import numpy as np
import pytest

from brainiarb.figures import fig_functional
from figure_drawing import assert_legends_fit, draw, drawn, labels, tables_of, words
from figure_tables import acting, with_statistics


def test_every_clone_is_a_point_of_functional_similarity_between_expert_and_floor():
    figure, numbers = drawn("fig_functional")
    rows = numbers[numbers["value"].notna()]
    acting, walking = figure.axes[0], figure.axes[4]
    panels = [*(fig_functional.ACTING | fig_functional.walking(["linear1", "linear2"])).values()]
    for axes, measures in ((acting, 4), (walking, 3)):
        dots = [line for line in axes.lines if line.get_marker() in "os^vD" and line.get_alpha()]
        named = [line for line in dots if not line.get_label().startswith("_")]
        assert len(named) == measures
        names = panels[figure.axes.index(axes)]
        shown = rows[rows["measure"].isin(names)]
        assert sum(len(line.get_xdata()) for line in dots) == len(shown) > 8
        for line, measure in zip(named, names, strict=True):
            expected = shown[(shown["measure"] == measure) & (shown["clone"] >= 0)]["value"]
            np.testing.assert_array_equal(line.get_ydata(), expected)
    ticks = [[tick.get_text() for tick in axes.get_xticklabels()] for axes in (acting, walking)]
    assert ticks == [["0", "40", "untr."], ["exp.", "0", "40", "untr."]]


def test_a_line_joins_the_medians_of_the_clones_of_each_level():
    figure, numbers = drawn("fig_functional")
    clones = numbers.query("measure == 'action_mse_expert' and level >= 0 and clone >= 0")
    medians = clones.groupby("level")["value"].median()
    assert len(medians) == 2
    lines = [list(line.get_ydata()) for line in figure.axes[0].lines]
    assert medians.tolist() in lines


def test_without_statistics_functional_similarity_is_drawn_without_means():
    tables = tables_of("fig_functional")
    figure, numbers = draw("fig_functional", {"statistics": tables["statistics"][:0]})
    assert len(numbers) == len(tables["measures"])
    assert not any("mean" in label for label in labels(figure))


def test_returns_are_joined_by_medians_because_a_mean_would_lie_between_two_modes():
    figure, numbers = drawn("fig_functional")
    for axes, measure in ((figure.axes[4], "stitched_return_linear2"),
                          (figure.axes[5], "stitched_scale_linear2")):  # fmt: skip
        rows = numbers[(numbers["measure"] == measure) & (numbers["level"] >= 0)]
        medians = rows[rows["clone"] >= 0].groupby("level")["value"].median().tolist()
        assert medians in [list(line.get_ydata()) for line in axes.lines]
    assert "lower median of the clones" in labels(figure)


def test_the_panel_says_how_many_untrained_networks_walk():
    figure, _ = drawn("fig_functional")
    assert "0 of 3 untrained walk" in figure.axes[4].get_title(loc="left")


def test_the_scale_has_lines_at_its_ends():
    scale = drawn("fig_functional")[0].axes[5]
    dotted = [line.get_ydata()[0] for line in scale.lines if line.get_linestyle() == ":"]
    assert dotted == [0, 1]


def test_where_no_stitched_network_has_a_value_the_panel_says_so():
    tables = tables_of("fig_functional")
    lost = tables["measures"]["measure"].str.startswith("stitched_")
    measures = tables["measures"].assign(value=tables["measures"]["value"].mask(lost))
    figure, _ = draw("fig_functional", {"measures": measures})
    assert words(figure).count("no value") == 3


def test_a_panel_without_a_value_tells_the_reason_of_the_measure():
    measures = tables_of("fig_functional")["measures"]
    lost = measures["measure"].str.contains("mean_kl")
    measures = measures.assign(
        value=measures["value"].mask(lost), note=np.where(lost, "undefined: there is no spread", "")
    )
    (said,) = [text for text in words(draw("fig_functional", {"measures": measures})[0])
               if "no value" in text]  # fmt: skip
    assert " ".join(said.split()) == "no value undefined: there is no spread"


@pytest.mark.parametrize(
    ("hidden", "below"),
    [
        (1, ["return, linear 1 stitched", "scale, linear 1 stitched"]),
        (3, [*(f"return, linear {n} stitched" for n in (1, 2, 3)), "scale, linear 2 stitched"]),
        (5, [*(f"return, linear {n} stitched" for n in range(1, 6)), "scale, linear 2 stitched"]),
    ],
)
def test_a_network_of_any_depth_has_a_panel_for_each_of_its_layers(hidden, below):
    tables = with_statistics(acting([f"linear{n}" for n in range(1, hidden + 1)]))
    figure, numbers = draw("fig_functional", tables)
    drawn_panels = [axes for axes in figure.axes if axes.get_ylabel()]
    assert [axes.get_ylabel() for axes in drawn_panels[3:]] == below
    heads = [axes.get_title(loc="left") for axes in drawn_panels]
    assert [title.split("}")[0][-1] for title in heads] == [*"ABCDEFGHI"[: len(heads)]]
    assert "0 untrained, 1 expert" in heads[-1]
    assert f"stitched_return_linear{hidden}" in set(numbers["measure"])
    assert_legends_fit(figure)
