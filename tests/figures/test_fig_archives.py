"""Archives that are compared without cloning: what their figures show."""

import numpy as np

from archive_tables import ARCHIVES
from figure_drawing import drawn


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_an_episode_with_a_fall_is_an_open_mark():
    first = drawn("fig_archives")[0].axes[0]
    for number in range(len(ARCHIVES)):
        stood, fell = first.lines[2 * number : 2 * number + 2]
        assert (len(stood.get_xdata()), len(fell.get_xdata())) == (3, 1)
        assert fell.get_markerfacecolor() == "white"


def test_who_explains_whose_actions_stands_in_the_row_of_the_states():
    explained = drawn("fig_archives")[0].axes[3]
    assert texts(explained) == ["-0.40", "-0.05", "0.25", "-0.05"]
    assert [label.get_text() for label in explained.get_yticklabels()] == [*ARCHIVES]


def test_each_layer_has_a_panel_with_floors_beside_other_archives():
    figure, numbers = drawn("fig_archives_similarity")
    first = figure.axes[0]
    marks = {line.get_marker(): line.get_ydata().tolist() for line in first.lines[:3]}
    np.testing.assert_allclose(marks["^"], [0.1, 0.2])
    np.testing.assert_allclose(marks["o"], [0.0])
    assert set(numbers["expert"]) == {*ARCHIVES}


def test_distances_of_an_archive_to_itself_stand_on_the_diagonal():
    figure, numbers = drawn("fig_archives_gaits")
    by_title = {axes.get_title(loc="left"): axes for axes in figure.findobj(type(figure.axes[0]))}
    (occupancy,) = (axes for title, axes in by_title.items() if "regions of the map" in title)
    (spectra,) = (axes for title, axes in by_title.items() if "spectra of the posture" in title)
    assert texts(occupancy) == ["0.10", "0.80", "0.80", "0.20"]
    assert texts(spectra) == ["0.05", "0.70"]
    assert {"cycle", "spectrum", "map", "spectra"} == {*numbers["kind"]}


def test_an_archive_without_a_cycle_says_so():
    figure, _ = drawn("fig_archives_gaits")
    labels = [axes.get_xlabel() for axes in figure.axes[:2]]
    assert labels == ["cycle 0.60 s through 1 region", "no full cycle"]
