"""Similarity by level: clones between floor and ceiling."""

import pandas as pd

from figure_drawing import bars, draw, drawn, points, tables_of, words


def test_clones_stand_beside_floor_and_ceiling_with_the_intervals_that_there_are():
    figure, numbers = drawn("fig_similarity")
    assert len(numbers.dropna(subset=["value"])) == (4 + 3) * 2 * 4
    assert (numbers["comparison"] == "expert_seed").sum() == 4 * 2
    for axes in figure.axes[:4]:
        assert [len(line.get_xdata()) for line in points(axes)] == [8]
        assert len(bars(axes)) == 2
    assert words(figure).count("none: no ceiling\nabove the floor") == 1


def test_no_pair_of_the_figure_is_unpaired():
    assert "unpaired" not in set(drawn("fig_similarity")[1]["pairing"])


def test_each_measure_with_a_reference_has_two_rows_of_panels():
    tables = tables_of("fig_similarity")
    measures = tables["measures"]
    renamed = measures["measure"].str.replace("cka_", "rsa_", regex=False)
    renamed = renamed.str.replace("position_", "position_rsa_", regex=False)
    both = pd.concat([measures, measures.assign(measure=renamed)], ignore_index=True)
    pairs = tables["similarity"].assign(rsa=lambda table: table["cka_debiased"])
    figure, numbers = draw("fig_similarity", {"measures": both, "similarity": pairs})
    assert len(figure.axes) == 4 * 4
    assert "{P}" in figure.axes[-1].get_title(loc="left")
    assert {"rsa_linear1", "position_rsa_linear1"} <= set(numbers["measure"])
    assert {axes.get_ylabel() for axes in figure.axes} == {
        "",
        "debiased CKA with the expert",
        "RSA with the expert",
        "position (0 floor, 1 ceiling)",
    }
