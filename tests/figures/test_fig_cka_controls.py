"""The controls of CKA: the published values beside every comparison."""

from figure_drawing import drawn, words


def test_every_control_is_a_line_with_its_pairs_or_says_none():
    figure, numbers = drawn("fig_cka_controls")
    of_layer = numbers[numbers["layer"] == "linear2"]
    published = of_layer[of_layer["row"].str.startswith("published")]
    assert published["cka"].tolist() == [0.055544]
    for row, pairs in (
        ("expert, clean clone", 2),
        ("floors: expert, untrained", 2),
        ("expert, another seed", 1),
        ("clean clone, another", 1),
        ("expert, itself on other episodes, unpaired", 2),
        ("expert, observation", 4),
    ):
        assert len(of_layer[of_layer["row"] == row]) == pairs
    # Random heads, another algorithm; one layer's floor is undefined.
    assert words(figure).count("none") == 4 * 2 + 1


def test_four_lines_are_called_unpaired():
    figure, numbers = drawn("fig_cka_controls")
    assert set(numbers["pairing"]) == {"paired", "unpaired"}
    assert len({word for word in words(figure) if word.endswith(", unpaired")}) == 4


def test_each_line_says_its_rows_and_episodes():
    assert words(drawn("fig_cka_controls")[0]).count("2,000, 4") == 12 - 3
