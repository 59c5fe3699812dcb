"""Decoding: a panel per target, a point per agent."""

import numpy as np

from brainiarb.figures import fig_decoding
from figure_drawing import drawn


def test_every_clone_is_a_point_of_the_decoding_of_each_target():
    figure, numbers = drawn("fig_decoding")
    assert set(numbers["level"]) == {-1, 0, 40}
    for axes, target in zip(figure.axes, fig_decoding.TITLES, strict=True):
        points = [line for line in axes.lines if line.get_linestyle() == "None"]
        assert [len(line.get_ydata()) for line in points] == [5, 10, 10]
        scores = numbers.query("target == @target and level == 40")
        np.testing.assert_array_equal(points[2].get_ydata(), scores["value"])
        assert axes.get_ylabel() == fig_decoding.SCORES["AUC" if target == "contact" else "R2"]
