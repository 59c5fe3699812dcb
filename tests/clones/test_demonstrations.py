"""Which episodes a clone learns from, and on which it is validated."""

import numpy as np
import pytest

from brainiarb.clones.demonstrations import (
    TrainingRows,
    choose_demonstrations,
    split_episodes,
    trained_rows,
)
from brainiarb.clones.settings import with_equal_updates
from brainiarb.clones.training import train_clones
from brainiarb.errors import Refused
from small_clones import ACTIONS, CLONES, CLONING, OBSERVATIONS, SCALER, demonstrations


def test_whole_episodes_are_held_out_at_least_one_and_never_all():
    ids = np.repeat(np.arange(4), [10, 1, 5, 3])
    for share, count in ((0.01, 1), (0.5, 2), (0.99, 3)):
        mask, episodes = split_episodes(ids, share, np.random.default_rng(0))
        assert len(episodes) == count
        np.testing.assert_array_equal(mask, np.isin(ids, episodes))
    mask, _ = split_episodes(np.zeros(10), 0.2, np.random.default_rng(0))
    assert mask.tolist() == [False] * 8 + [True] * 2


def test_the_first_episodes_of_every_clone_are_chosen_and_their_samples_held():
    given = demonstrations(episodes=4, length=10)
    chosen = choose_demonstrations(given, 3)
    assert np.bincount(chosen["clone_ids"]).tolist() == [30] * CLONES
    assert set(chosen["episode_ids"]) == {0, 1, 2, 4, 5, 6, 8, 9, 10}
    held = choose_demonstrations(given, 3, held_to=1)
    assert np.bincount(held["clone_ids"]).tolist() == [10] * CLONES
    assert set(held["episode_ids"]) == set(chosen["episode_ids"])


def test_episodes_of_very_different_lengths_leave_every_clone_a_minibatch():
    lengths = [400, 30, 35, 500]
    rng = np.random.default_rng(0)
    given = {
        "inputs": rng.normal(size=(sum(lengths), OBSERVATIONS)).astype(np.float32),
        "labels": rng.uniform(-1, 1, (sum(lengths), ACTIONS)).astype(np.float32),
        "clone_ids": np.repeat([0, 0, 1, 1], lengths),
        "episode_ids": np.repeat(range(4), lengths),
    }
    for first in range(20):
        seeds = [first, first + 1]
        rows = trained_rows(given, CLONING.validation, seeds)
        assert rows in lengths
        cloning = with_equal_updates(CLONING, 200, rows)
        clones = train_clones(given, SCALER, cloning, [1, 2], seeds)
        kept = [sum(lengths[2 * k : 2 * k + 2]) for k in range(2)]
        out = [sum(lengths[e] for e in clones.held_out[k]) for k in range(2)]
        assert min(a - b for a, b in zip(kept, out, strict=True)) == rows


def test_less_than_one_minibatch_is_refused():
    with pytest.raises(Refused, match="one minibatch of 32 time steps per clone, found 30"):
        TrainingRows(demonstrations(episodes=2, length=30), SCALER, 0.3, [1, 2, 3], 32)


def test_every_epoch_shows_each_clone_its_own_rows_in_a_new_order():
    rows = TrainingRows(demonstrations(), SCALER, 0.3, [1, 2, 3], 32)
    first, second = (list(rows.minibatches()) for _ in range(2))
    assert len(first) == rows.batches
    assert not first[0][0].equal(second[0][0])
    for clone, (inputs, _) in enumerate(rows.training):
        shown = np.concatenate([batch[clone].numpy() for batch, _ in first])
        own = {row.tobytes() for row in inputs.numpy()}
        assert {row.tobytes() for row in shown} <= own
        assert len({row.tobytes() for row in shown}) == len(shown)
