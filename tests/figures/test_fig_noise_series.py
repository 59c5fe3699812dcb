"""The noise series: returns, lengths and errors of clones beside the demonstrator's."""

import numpy as np

from brainiarb.figures import style
from figure_drawing import draw, drawn, tables_of


def test_every_clone_is_a_point_of_the_noise_series():
    figure, numbers = drawn("fig_noise_series")
    points = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert [line.get_label().split(" (")[0] for line in points] == [
        "demonstrator under the noise", "clone, sampled actions", "clone",
    ]  # fmt: skip
    assert [len(line.get_xdata()) for line in points] == [6, 6, 6]
    clones = numbers[(numbers["agent"] == "clone") & (numbers["mode"] == "mean")]
    np.testing.assert_array_equal(points[2].get_ydata(), clones["return"])
    (middle,) = (
        line.get_ydata()
        for line in figure.axes[0].lines
        if line.get_linestyle() == "-" and line.get_color() == style.CLEAN
    )
    np.testing.assert_array_equal(middle, clones.groupby("level")["return"].median())
    assert clones["action_error"].tolist() == [0, 1, 2, 40, 41, 42]
    assert figure.axes[6].get_ylabel().startswith("squared action error")


def test_the_interquartile_means_are_those_of_the_statistics():
    _, numbers = drawn("fig_noise_series")
    statistics = tables_of("fig_noise_series")["statistics"]
    rows = statistics[(statistics["kind"] == "iqm") & (statistics["measure"] == "return")]
    clones = numbers[(numbers["agent"] == "clone") & (numbers["mode"] == "mean")]
    for column, part in (
        ("return_iqm", "estimate"),
        ("return_low", "low"),
        ("return_high", "high"),
    ):
        assert clones.groupby("level")[column].first().tolist() == rows[part].tolist()


def test_parts_of_the_return_that_a_body_has_not_are_left_out():
    tables = tables_of("fig_noise_series")
    agents = tables["agents"].assign(return_healthy=0.0, return_contact=0.0)
    figure, numbers = draw(
        "fig_noise_series", {"agents": agents, "measures": tables["measures"].iloc[:0]}
    )
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == [
        "return (first 1,000 steps)",
        "forward reward",
        "control cost",
        "episode length (steps)",
    ]
    assert "return_contact" in numbers
