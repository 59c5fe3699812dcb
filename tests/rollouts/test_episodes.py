"""Episodes: which rows belong together, which rows are sampled, sums over the first steps."""

import numpy as np
import pytest

from brainiarb.rollouts.episodes import (
    balanced_rows,
    clone_episodes,
    drop_transient,
    episode_sums,
    steps_into_episode,
    stretches,
)
from builders import recording


def test_rows_of_every_episode_are_found_by_clone():
    assert clone_episodes(recording((3, 2, 4), (0, 0, 1))) == {
        0: [slice(0, 3), slice(3, 5)], 1: [slice(5, 9)],
    }  # fmt: skip


def test_sums_over_episodes_count_the_first_steps_only():
    ids = np.array([4, 4, 4, 5, 7, 7])
    values = np.array([1.0, 2, 4, 8, 16, 32])
    assert episode_sums(values, ids, 2).tolist() == [3, 8, 48]
    assert episode_sums(values, ids, 1).tolist() == [1, 8, 16]
    assert episode_sums(values, ids).tolist() == [7, 8, 48]


def test_transient_is_dropped_from_each_episode():
    ids = np.array([4, 4, 4, 5, 7, 7])
    assert steps_into_episode(ids).tolist() == [0, 1, 2, 0, 0, 1]
    assert drop_transient(ids, 125.0, 0.016).tolist() == [False, False, True, False, False, False]
    assert drop_transient(ids, 125.0, 0.0).all()


def test_balanced_rows_is_balanced_over_agents_and_episodes():
    agents = np.repeat([7, 7, 7, 2, 2], [1000, 1000, 1000, 1000, 3000])
    episodes = np.repeat([0, 1, 2, 3, 4], [1000, 1000, 1000, 1000, 3000])
    rows = balanced_rows(agents, episodes, 601)
    assert np.bincount(agents[rows])[[2, 7]].tolist() == [300, 300]
    assert np.bincount(episodes[rows]).tolist() == [100, 100, 100, 150, 150]
    assert (np.diff(rows) > 0).all()


def test_balanced_rows_makes_up_for_short_episodes_but_never_for_short_agents():
    agents = np.repeat([0, 0, 1], [10, 500, 20])
    episodes = np.repeat([0, 1, 2], [10, 500, 20])
    rows = balanced_rows(agents, episodes, 200)
    assert np.bincount(episodes[rows]).tolist() == [10, 90, 20]


def test_balanced_rows_takes_one_row_of_every_slice_of_time():
    rows = balanced_rows(np.zeros(1000), np.zeros(1000), 50)
    assert (rows // 20).tolist() == list(range(50))


def test_balanced_rows_does_not_lock_to_the_gait():
    # Slices of exactly one period: a fixed step would show one phase of the gait only.
    rows = balanced_rows(np.zeros(5000), np.zeros(5000), 50)
    counts = np.histogram(rows % 100, bins=5, range=(0, 100))[0]
    assert counts.min() >= 8


@pytest.mark.parametrize("n", [1, 7, 150, 299, 300, 5000])
def test_balanced_rows_never_repeats_a_row(n):
    rows = balanced_rows(np.zeros(300), np.repeat([0, 1, 2], 100), n)
    assert len(rows) == min(n, 300)
    assert len(np.unique(rows)) == len(rows)


def test_balanced_rows_is_blind_to_the_names_of_episodes():
    agents = np.repeat(["a", "b"], 300)
    ids, renamed = np.repeat([0, 1, 2], 200), np.repeat([5, 50, 500], 200)
    first, second = (balanced_rows(agents, names, 100) for names in (ids, renamed))
    assert np.array_equal(first, second)


def test_balanced_rows_refuses_a_sample_smaller_than_the_agents():
    with pytest.raises(ValueError, match="2 agents"):
        balanced_rows(np.array([0, 1]), np.array([0, 1]), 1)
    with pytest.raises(ValueError, match="shapes"):
        balanced_rows(np.array([0, 1]), np.array([0]), 1)


def test_stretches_break_at_episodes_and_at_rows_left_out():
    ids = np.array([0, 0, 0, 5, 5, 1, 1, 1])
    usable = np.array([False, True, True, True, True, True, False, True])
    rows = [(part.start, part.stop) for part in stretches(8, ids, usable)]
    assert rows == [(1, 3), (3, 5), (5, 6), (7, 8)]
    assert list(stretches(0)) == []
    assert list(stretches(3)) == [slice(0, 3)]
