"""The methods of offline learning: every clone and reference is drawn, and no mean of two modes."""

import numpy as np
import pytest

from brainiarb.figures.fig_offline import PANELS
from figure_drawing import draw, labels
from figure_tables import offline_tables

METHODS = {"cloning", "IQL", "TD3+BC"}


def points(axes, size):
    """Heights of the marks of a size."""
    marked = [line for line in axes.lines if line.get_marker() not in ("None", "", None)]
    return np.concatenate([line.get_ydata() for line in marked if line.get_markersize() == size])


@pytest.mark.parametrize("experts", [1, 3])
def test_every_clone_of_every_method_and_expert_is_a_point(experts):
    figure, numbers = draw("fig_offline", offline_tables(experts))
    for axes in figure.axes[:3]:
        assert len(points(axes, 2.4)) == 3 * 2 * 3 * experts
    drawn = numbers[(numbers["clone"] >= 0) & (numbers["level"] >= 0)]
    assert len(drawn) == 3 * 3 * 2 * 3 * experts


def test_means_are_those_of_the_table_and_none_is_of_two_modes():
    given = offline_tables()
    figure, _ = draw("fig_offline", given)
    effects = given["offline_effects"]
    assert len(points(figure.axes[0], 4)) == 5  # clones by iql fall in part at one of two levels
    for axes, measure in zip(figure.axes[:3], PANELS, strict=True):
        values = effects[(effects["measure"] == measure) & (effects["kind"] == "value")]
        assert sorted(points(axes, 4)) == pytest.approx(sorted(values["estimate"]))
    apart = effects.query("measure == 'cka_linear2_relu' and kind == 'method'")["estimate"]
    assert sorted(points(figure.axes[4], 4)) == pytest.approx(sorted(apart))
    assert sorted(apart) == pytest.approx([-0.1, -0.1, 0.05, 0.05])


def test_a_panel_without_a_value_says_so_and_why():
    given = offline_tables()
    table = given["offline_measures"]
    lost = table["measure"] == "spectral_distance"
    table.loc[lost, ["value", "note"]] = [np.nan, "never walked"]
    effects = given["offline_effects"].query("measure != 'spectral_distance'")
    figure, _ = draw("fig_offline", {**given, "offline_effects": effects})
    said = [" ".join(text.get_text() for text in axes.texts) for axes in figure.axes]
    assert "no value\nnever walked" in said[2]
    assert "no value" in said[5]
    assert not [text for text in said[:2] + said[3:5] if "no value" in text]


def test_an_expert_is_no_reference_of_its_similarity_to_itself():
    figure, _ = draw("fig_offline")
    flat = [
        {line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]}
        for axes in figure.axes[:3]
    ]
    assert flat == [{1.0, 0.3}, {0.6, 0.3}, {1.0, 0.3}]
    words = labels(figure)
    assert {"untrained network", "other expert", "expert"} <= words
    assert {word.partition(":")[0] for word in words if ":" in word} == METHODS
