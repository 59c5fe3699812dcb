"""The published procedure: which rows it matches, and what one network scores with itself."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.similarity.array_measures import linear_cka
from brainiarb.similarity.unpaired import SPLIT_COLUMNS, matched_rows, split_similarity
from builders import equal_layers, random_recording

EPISODES = np.repeat(np.arange(6), 40)


@pytest.fixture
def layers():
    rng = np.random.default_rng(0)
    return {"linear1": rng.normal(size=(240, 5)), "linear2": rng.normal(size=(240, 3))}


def test_rows_are_matched_episode_by_episode_up_to_the_shorter_one():
    first, second = matched_rows(np.array([0, 0, 0, 4, 4]), np.array([1, 1, 2, 2, 2, 3]))
    assert first.tolist() == [0, 1, 3, 4]
    assert second.tolist() == [0, 1, 2, 3]
    assert all(len(rows) == 0 for rows in matched_rows(np.zeros(0), np.array([1, 1])))


def test_the_expert_gives_as_many_rows_and_episodes_as_a_clone_that_falls(compare):
    """The expert's first 60 rows are of one episode of 70 rows, the clone's of four short ones."""
    table = compare(random_recording((12, 12, 12, 12, 80), (0, 0, 0, 0, 1)))
    for comparison in ("expert_clone", "clone_itself"):
        fallen = equal_layers(table, comparison, "own", 0)
        assert set(fallen["rows"]) == {12}
        assert set(fallen["episodes"]) == {1}
        assert set(equal_layers(table, comparison, "own", 1)["rows"]) == {60}


def test_a_split_compares_different_episodes_of_one_network(layers):
    table = split_similarity(layers, EPISODES, 2, 70, 5, np.random.default_rng(1))
    assert [*table.columns] == [*SPLIT_COLUMNS]
    assert (table.groupby("split").size() == 4).all()
    assert set(table["rows"]) == {70}
    assert set(table["episodes"]) == {2}
    halves = np.split(np.random.default_rng(1).permutation(6)[:4], 2)
    x, y = (np.concatenate([layers["linear1"][e == EPISODES] for e in half]) for half in halves)
    first = table.iloc[0]
    assert (first["layer_first"], first["layer_second"]) == ("linear1", "linear1")
    assert first["cka"] == pytest.approx(linear_cka(x[:70], y[:70]), abs=1e-4)
    assert first["cka_debiased"] == pytest.approx(linear_cka(x[:70], y[:70], True), abs=1e-4)


def test_splits_of_independent_states_are_around_0_without_bias(layers):
    table = split_similarity(layers, EPISODES, 3, 120, 200, np.random.default_rng(2))
    assert abs(table["cka_debiased"].mean()) < 0.02
    assert table["cka"].mean() > 0.02


def test_splits_have_at_most_half_of_the_episodes_and_need_two(layers):
    table = split_similarity(layers, EPISODES, 50, 10_000, 2, np.random.default_rng(0))
    assert set(table["episodes"]) == {3}
    one = {name: values[:40] for name, values in layers.items()}
    assert split_similarity(one, EPISODES[:40], 1, 40, 2, np.random.default_rng(0)).empty


def test_splits_are_the_same_for_the_same_generator(layers):
    tables = [
        split_similarity(layers, EPISODES, 2, 80, 3, np.random.default_rng(5)) for _ in range(2)
    ]
    pd.testing.assert_frame_equal(*tables)
