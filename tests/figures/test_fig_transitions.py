"""Transitions between regions, beside their nulls."""

import numpy as np

from figure_drawing import drawn, points, words


def test_transitions_are_drawn_beside_their_nulls_and_every_clone_is_a_dot():
    figure, numbers = drawn("fig_transitions")
    assert set(numbers["kind"]) == {"transition", "occupancy", "distance"}
    *graphs, flux, distance = figure.axes
    said = words(figure)
    assert {"clone, 40 % noise (n = 3)", "no transition between regions"} <= {
        word.rpartition("  ")[2] for word in said
    }
    regions = numbers.query("kind == 'occupancy' and region > 0")["region"].nunique()
    circles = [graph.collections[-1].get_offsets() for graph in graphs if graph.collections]
    assert len(circles[0]) == regions
    for axes, column in ((flux, "net_flux"), (distance, "distance")):
        clones = numbers.query("agent == 'clone' and level == 40").dropna(subset=[column])
        shown = np.concatenate([line.get_ydata() for line in points(axes)])
        expected = clones.drop_duplicates("clone")[column].to_numpy()
        np.testing.assert_array_equal(shown[np.isfinite(shown)], expected)
        assert len(expected) == 3
