"""Archives that are compared without cloning: what their figures show."""

import numpy as np
import pandas as pd

from archive_tables import ARCHIVES, archive_gaits, of_archives
from figure_drawing import draw, drawn


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


def test_an_action_that_is_explained_far_below_zero_stays_within_its_cell():
    actions = of_archives()["actions"]
    far = actions.assign(value=actions["value"] * 100)
    explained = draw("fig_archives", {"actions": far})[0].axes[3]
    assert texts(explained) == ["-40", "-5.0", "25", "-5.0"]


def test_a_data_set_has_returns_and_no_place_among_those_that_act():
    returns = of_archives()["returns"]
    data = returns[returns["expert"] == "mine"].assign(expert="data")
    first, *others = draw("fig_archives", {"returns": pd.concat([returns, data])})[0].axes[:4]
    assert [label.get_text() for label in first.get_xticklabels()] == [*ARCHIVES, "data"]
    for axes in others:
        assert "data" not in [label.get_text() for label in axes.get_xticklabels()]


def test_the_spectrum_of_a_data_set_stands_beside_those_of_archives():
    given = archive_gaits()
    spectra, distances = given["spectra"], given["spectral_distances"]
    data = spectra[spectra["expert"] == "mine"].assign(expert="data")
    apart = distances.query("comparison == 'expert_expert'").assign(
        other="data", spectral_distance=0.3
    )
    figure, _ = draw(
        "fig_archives_gaits",
        {
            "spectra": pd.concat([spectra, data]),
            "spectral_distances": pd.concat([distances, apart]),
        },
    )
    by_title = {axes.get_title(loc="left"): axes for axes in figure.findobj(type(figure.axes[0]))}
    (cells,) = (axes for title, axes in by_title.items() if "spectra of the posture" in title)
    assert texts(cells) == ["0.05", "0.70", "0.30"]
    assert [label.get_text() for label in cells.get_xticklabels()] == [*ARCHIVES, "data"]
    assert not [axes for title, axes in by_title.items() if title.endswith("data")]


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
