"""Learning curves of all compared experts."""

import numpy as np

from brainiarb.experts.curves import named_curve, read_curve
from figure_drawing import draw, drawn, points, words


def test_every_expert_has_a_line_in_the_colour_of_its_algorithm_and_its_choice_marked():
    figure, numbers = drawn("learning_curves")
    (axes,) = figure.axes
    lines = {line.get_label(): line for line in axes.lines if line.get_marker() == "None"}
    assert list(lines) == ["crossq_0 (crossq)", "crossq_1 (crossq)", "sac_0 (sac)"]
    first, second, third = lines.values()
    assert first.get_color() == second.get_color() != third.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    assert [line.get_ydata().tolist() for line in points(axes)] == [[900], [901], [902]]
    curve = numbers.query("expert == 'sac_0'")
    np.testing.assert_allclose(third.get_xdata(), curve["step"] / 1000)
    assert numbers["selected"].sum() == 3


def test_without_a_curve_the_figure_of_learning_says_so():
    table = named_curve(read_curve(None), "elsewhere", {})
    figure, numbers = draw("learning_curves", {"learning_curves": table})
    assert "no learning curve" in words(figure)
    assert len(numbers) == 0
