"""The map of archives that are compared without cloning: each is told by its name."""

from dataclasses import replace

import pytest

from brainiarb.maps.archives import archive_map
from builders import MAP_SETTINGS, a_walk


@pytest.fixture(scope="module")
def mapped():
    """Two archives that walk alike, and one whose posture moves half as far."""
    walks = [a_walk(episodes=(600,) * 4, scale=scale) for scale in (1.0, 1.0, 0.5)]
    named = [replace(walk, expert=name) for walk, name in zip(walks, "abc", strict=True)]
    return archive_map(named, MAP_SETTINGS, 0)


def test_every_table_names_the_archives_as_experts(mapped):
    for table in (mapped.cells, mapped.cycles, mapped.occupancy):
        assert [*dict.fromkeys(table["expert"])] == ["a", "b", "c"]
        assert set(table["level"]) == {-1}
        assert set(table["agent"]) == {"expert"}
    shares = mapped.occupancy.groupby("expert")["share"].sum()
    assert shares.to_numpy() == pytest.approx(1)


def test_each_archive_has_an_equal_part_of_the_map(mapped):
    counts = [int((mapped.shared.levels == number).sum()) for number in range(3)]
    assert max(counts) - min(counts) <= 1


def test_an_archive_is_compared_with_the_others_and_with_its_own_halves(mapped):
    table = mapped.distances.set_index(["first", "second"])["distance"]
    assert len(table) == 9
    assert table.between(0, 1).all()
    assert table["a", "b"] < 0.5 * table["a", "c"]
