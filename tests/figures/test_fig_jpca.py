"""Rotations of expert and clones beside those of their observations."""

import numpy as np

from figure_drawing import drawn, words


def test_rotations_are_drawn_beside_those_of_the_observation_or_it_is_said_why_not():
    figure, numbers = drawn("fig_jpca")
    *planes, compared, gained = figure.axes
    assert len(planes) == 6
    assert [len(axes.lines) for axes in planes] == [2, 2, 0] * 2
    assert words(figure).count("fewer than 100\nsteady rows") == 2
    assert words(figure).count("1.6 Hz, 50 % var.") == 4
    heights = {line.get_label(): line.get_ydata() for line in compared.lines}
    np.testing.assert_allclose(heights["linear 2"], [0.49, 0.51, np.nan])
    np.testing.assert_allclose(heights["observation"], [0.29, 0.31, np.nan])
    points = next(line for line in gained.lines if line.get_label() == "clone")
    np.testing.assert_allclose(points.get_ydata(), [0.2] * 5 + [np.nan])
    assert set(numbers["kind"]) == {"trajectory", "fit", "gain"}
