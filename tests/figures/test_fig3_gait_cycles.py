"""Figure 3: cycles on the maps."""

from figure_drawing import drawn, words


def test_gait_cycles_are_drawn_and_falls_are_marked():
    figure, numbers = drawn("fig3_gait_cycles")
    assert set(numbers["kind"]) == {"cell", "cycle"}
    said = words(figure)
    assert sum("cycle 0.80 s" in word for word in said) == 4
    assert sum("falls after 0.4 s" in word for word in said) == 2
