"""Figure 2: heat maps of CKA with their numbers."""

import re

from figure_drawing import drawn, words


def test_heat_maps_show_the_median_clone_and_say_what_is_undefined():
    figure, numbers = drawn("fig2_cka")
    assert sorted(numbers["panel"].unique()) == list("ABCDEFGH")
    assert (numbers.groupby("panel").size() == 16).all()
    assert set(numbers["clone"]) == {-1, 1}
    assert words(figure).count("undef.") == 4
    shown = [float(word) for word in words(figure) if re.fullmatch(r"\d\.\d\d", word)]
    assert set(numbers["cka"].dropna().round(2)) <= set(shown)


def test_three_heat_maps_are_called_unpaired():
    figure, numbers = drawn("fig2_cka")
    assert set(numbers["pairing"]) == {"paired", "unpaired"}
    titles = [word for word in words(figure) if word.endswith(", unpaired")]
    assert len(titles) == 3
