"""Similarity by level: clones between floor and ceiling."""

from figure_drawing import bars, drawn, points, words


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
