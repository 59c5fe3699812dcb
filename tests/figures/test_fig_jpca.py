"""Rotations of networks beside those of their observations."""

import numpy as np

from figure_drawing import draw, drawn, tables_of, words

PANELS = ["observation", "expert", "clone, clean", "clone, 40 % noise", "untrained network",
          "crossq_1"]  # fmt: skip


def test_rotations_are_drawn_beside_those_of_the_observation_or_it_is_said_why_not():
    figure, numbers = drawn("fig_jpca")
    *planes, compared, _ = figure.axes
    assert [axes.get_title(loc="left").split("  ")[1] for axes in planes] == PANELS
    assert [len(axes.lines) for axes in planes] == [2, 2, 2, 0, 2, 2]
    assert words(figure).count("fewer than 100\nsteady rows") == 1
    assert words(figure).count("1.6 Hz, 50 % var.") == 5
    heights = [line.get_ydata()[0] for line in compared.lines]
    np.testing.assert_allclose(heights, [0.3, 0.49, 0.51, np.nan, 0.5, 0.49])
    assert set(numbers["kind"]) == {"trajectory", "fit", "gain"}


def test_the_gain_of_every_network_is_a_point_by_its_kind():
    gained = drawn("fig_jpca")[0].axes[-1]
    points = {kind: [] for kind in ("expert", "clone", "untrained", "other")}
    for line in gained.lines:
        if line.get_label() in points:
            points[line.get_label()] += list(line.get_ydata())
    np.testing.assert_allclose(points["expert"], [0.19])
    np.testing.assert_allclose(points["clone"], [0.2, 0.21] * 2 + [0.2, np.nan])
    np.testing.assert_allclose(points["untrained"], [0.2, 0.21])
    np.testing.assert_allclose(points["other"], [0.19, 0.19])


def test_where_no_network_has_a_track_every_panel_says_why():
    tables = tables_of("fig_jpca")
    lost = tables["jpca"].drop_duplicates(["network", "level", "clone"])
    lost = lost.assign(note="fewer than 100 steady rows", plane=np.nan, r2=np.nan)
    figure, _ = draw(
        "fig_jpca", {"jpca": lost, "jpca_trajectories": tables["jpca_trajectories"][:0]}
    )
    assert words(figure).count("fewer than 100\nsteady rows") == 6
