"""Strides: a panel per measure, a point per clone."""

import pytest

from brainiarb.figures import fig_strides
from figure_drawing import draw, drawn, points


def test_every_clone_is_a_point_of_the_strides_and_hollow_without_a_stable_cycle():
    figure, numbers = drawn("fig_strides")
    panels = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_ylabel() for axes in panels] == list(fig_strides.PANELS.values())
    for axes in panels:
        dots = points(axes)
        assert sum(len(line.get_xdata()) for line in dots) == 8
        hollow = [line for line in dots if line.get_markerfacecolor() == "white"]
        assert sum(len(line.get_xdata()) for line in hollow) == 1
    assert len(numbers.query("kind == 'agent'")) == 9 * len(fig_strides.PANELS)


@pytest.mark.parametrize("count", [5, 8, 13])
def test_the_layout_follows_the_number_of_panels(count, monkeypatch):
    measures = [*fig_strides.PANELS, "harmonic_1"][:count]
    monkeypatch.setattr(fig_strides, "PANELS", {name: f"label of {name}" for name in measures})
    figure, numbers = draw("fig_strides")
    shown = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_ylabel() for axes in shown] == [f"label of {name}" for name in measures]
    assert len({axes.get_title(loc="left") for axes in shown}) == count
    assert set(numbers["measure"]) == set(measures)
