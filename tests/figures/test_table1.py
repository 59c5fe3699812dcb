"""Table 1: every observation with its unit."""

from figure_drawing import draw, drawn, words
from figure_tables import observations


def test_table1_lists_17_observations_with_units():
    figure, numbers = drawn("table1")
    assert len(numbers) == 17
    assert set(numbers["unit"]) == {"m", "rad", "m/s", "rad/s"}
    assert set(numbers["description"]) <= set(words(figure))


def test_table1_gathers_blocks_of_numbers_in_one_line():
    figure, numbers = draw("table1", observations("humanoid"))
    assert numbers["number"].tolist()[:45] == [str(index) for index in range(45)]
    assert numbers["number"].tolist()[45:] == [
        "45\N{EN DASH}174",
        "175\N{EN DASH}252",
        "253\N{EN DASH}269",
        "270\N{EN DASH}347",
    ]
    assert set(numbers["number"]) <= set(words(figure))
