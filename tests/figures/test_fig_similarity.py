"""Similarity by level: clones beside their references, and their gain over their own start."""

import numpy as np
import pandas as pd

from figure_drawing import bars, draw, drawn, points, tables_of

LAYERS = 4


def test_clones_stand_beside_their_references_with_the_intervals_that_there_are():
    figure, numbers = drawn("fig_similarity")
    clones = numbers.dropna(subset=["value"])
    assert len(clones) == LAYERS * 2 * 4
    assert (numbers["comparison"] == "expert_seed").sum() == LAYERS
    assert (numbers["comparison"] == "clone_clone").sum() == 2 * LAYERS
    for axes in figure.axes[:LAYERS]:
        assert 8 in [len(line.get_xdata()) for line in points(axes)]
        assert len(bars(axes)) == 2


def test_a_gain_is_over_the_own_floor_of_the_clone():
    figure, numbers = drawn("fig_similarity")
    clones = numbers[numbers["measure"] == "cka_linear2_relu"]
    np.testing.assert_allclose(clones["floor"], 0.1 + 0.02 * clones["clone"])
    np.testing.assert_allclose(clones["gain"], clones["value"] - clones["floor"])
    for axes in figure.axes[LAYERS : 2 * LAYERS - 1]:
        assert len(bars(axes)) == 2
    without_floor = figure.axes[2 * LAYERS - 1]
    assert len(bars(without_floor)) == 0


def test_no_pair_of_the_figure_is_unpaired():
    assert "unpaired" not in set(drawn("fig_similarity")[1]["pairing"])


def test_each_measure_that_is_drawn_has_two_rows_of_panels():
    tables = tables_of("fig_similarity")
    measures = tables["measures"]
    renamed = measures["measure"].str.replace("cka_", "rsa_", regex=False)
    both = pd.concat([measures, measures.assign(measure=renamed)], ignore_index=True)
    pairs = tables["similarity"].assign(rsa=lambda table: table["cka_debiased"])
    figure, numbers = draw("fig_similarity", {"measures": both, "similarity": pairs})
    assert len(figure.axes) == 4 * LAYERS
    assert "{P}" in figure.axes[-1].get_title(loc="left")
    assert "rsa_linear1_relu" in set(numbers["measure"])
    assert {axes.get_ylabel() for axes in figure.axes} == {
        "",
        "debiased CKA with the expert",
        "RSA with the expert",
        "gain over the own start",
    }
