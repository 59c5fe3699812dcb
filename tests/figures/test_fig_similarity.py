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
    for axes in figure.axes[0 : 2 * LAYERS : 2]:
        assert 8 in [len(line.get_xdata()) for line in points(axes)]
        assert len(bars(axes)) == 2


def test_a_gain_is_over_the_own_floor_of_the_clone():
    figure, numbers = drawn("fig_similarity")
    clones = numbers[numbers["measure"] == "cka_linear2_relu"]
    np.testing.assert_allclose(clones["floor"], 0.1 + 0.02 * clones["clone"])
    np.testing.assert_allclose(clones["gain"], clones["value"] - clones["floor"])
    for axes in figure.axes[1 : 2 * LAYERS - 1 : 2]:
        assert len(bars(axes)) == 2
    without_floor = figure.axes[2 * LAYERS - 1]
    assert len(bars(without_floor)) == 0


def test_no_pair_of_the_figure_is_unpaired():
    assert "unpaired" not in set(drawn("fig_similarity")[1]["pairing"])


def test_each_measure_that_is_drawn_has_a_pair_of_panels_for_every_layer():
    tables = tables_of("fig_similarity")
    measures = tables["measures"]
    added = ("rsa", "cka_whitened")
    renamed = [
        measures.assign(measure=measures["measure"].str.replace("cka_", f"{name}_", regex=False))
        for name in added
    ]
    every = pd.concat([measures, *renamed], ignore_index=True)
    pairs = tables["similarity"]
    pairs = pairs.assign(**dict.fromkeys(added, pairs["cka_debiased"]))
    figure, numbers = draw("fig_similarity", {"measures": every, "similarity": pairs})
    # Whitened CKA is of the two hidden layers only.
    assert len(figure.axes) == 2 * (LAYERS + 2 + LAYERS)
    assert "{T}" in figure.axes[-1].get_title(loc="left")
    assert {"rsa_linear1_relu", "cka_whitened_linear2_relu"} <= set(numbers["measure"])
    assert {axes.get_ylabel() for axes in figure.axes} == {
        "",
        "debiased CKA",
        "CKA of whitened components",
        "RSA",
        "gain over the own start",
    }
