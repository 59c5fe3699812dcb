"""Transitions between regions, beside their nulls."""

import numpy as np

from figure_drawing import draw, drawn, points, tables_of, words


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
        parts = numbers[numbers["agent"].isin(["clone", "group"])].dropna(subset=[column])
        expected = parts.drop_duplicates(["agent", "level", "clone"])[column]
        shown = np.concatenate([line.get_ydata() for line in points(axes)])
        assert sorted(shown[np.isfinite(shown)]) == sorted(expected)
        assert len(expected) == 3 + 2


def test_a_dot_whose_p_is_large_is_hollow_and_the_number_of_transitions_is_told():
    tables = tables_of("fig_transitions")
    paths = tables["transitions"].assign(p_shuffled=0.3)
    figure, numbers = draw("fig_transitions", {"transitions": paths})
    flux = figure.axes[-2]
    shown = [line for line in points(flux) if np.isfinite(line.get_ydata()).any()]
    assert {line.get_markerfacecolor() for line in shown} == {"white"}
    clones = numbers.query("agent == 'clone' and level == 40")["transitions"]
    ticks = [label.get_text() for label in flux.get_xticklabels()]
    assert f"40 % noise\n{clones.min():.0f} to {clones.max():.0f}" in ticks
