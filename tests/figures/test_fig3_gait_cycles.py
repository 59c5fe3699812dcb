"""Figure 3: cycles on the maps."""

from figure_drawing import draw, drawn, tables_of, words


def test_gait_cycles_are_drawn_and_falls_are_marked():
    figure, numbers = drawn("fig3_gait_cycles")
    assert set(numbers["kind"]) == {"cell", "cycle", "path"}
    said = [word.replace("\n", " ") for word in words(figure)]
    assert sum("cycle 0.80 s" in word for word in said) == 4
    assert sum("falls after 0.4 s" in word for word in said) == 2


def test_a_panel_says_of_how_many_clones_its_one_is_and_how_frequent_such_cycles_are():
    figure, numbers = drawn("fig3_gait_cycles")
    said = words(figure)
    assert sum("clone, 40 % noise (1 of 1)" in word for word in said) == 2
    (own,) = numbers.query("kind == 'path' and agent == 'clone' and level == 40")[
        "modal_cycle_share"
    ]
    assert any(f"modal cycle: {100 * own:.0f} % of transitions" in word for word in said)
    groups = numbers.query("kind == 'path' and agent == 'group'")
    assert any(f"({len(groups)} groups)" in word for word in said)


def test_a_panel_without_a_map_says_why():
    tables = tables_of("fig3_gait_cycles")
    cycles = tables["gait_cycles"].assign(note="2 of 7 heights do not vary")
    nothing = {"gait_cycles": cycles, "gait_map": tables["gait_map"].iloc[:0]}
    figure, _ = draw("fig3_gait_cycles", nothing)
    said = [word.replace("\n", " ") for word in words(figure)]
    assert sum(word.startswith("no map 2 of 7 heights do not vary") for word in said) == 6
