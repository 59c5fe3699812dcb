import numpy as np
import pytest

from brainiarb.rollouts.arrays import check_rollouts
from brainiarb.rollouts.episodes import (
    balanced_rows,
    drop_transient,
    steps_into_episode,
)
from brainiarb.rollouts.scaler import observation_scaler
from builders import recording


def test_transient_is_dropped_from_each_episode():
    ids = np.array([4, 4, 4, 5, 7, 7])
    assert steps_into_episode(ids).tolist() == [0, 1, 2, 0, 0, 1]
    assert drop_transient(ids, 125.0, 0.016).tolist() == [False, False, True, False, False, False]
    assert drop_transient(ids, 125.0, 0.0).all()


def test_scaler_standardises_and_leaves_constants_finite():
    rng = np.random.default_rng(0)
    observations = rng.normal(3.0, 2.0, (500, 4)).astype(np.float32)
    observations[:, 1] = 0.1
    scaler = observation_scaler({"observations": observations})
    assert scaler.mean.dtype == scaler.std.dtype == np.float64
    scaled = (observations.astype(float) - scaler.mean) / scaler.std
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled.std(axis=0)[[0, 2, 3]], 1)
    assert scaler.std[1] == 1.0


def test_a_good_recording_passes():
    check_rollouts(recording(), "here")


def changed(name, change):
    arrays = recording()
    arrays[name] = change(arrays[name])
    return arrays


def with_nan(values):
    values[4] = np.nan
    return values


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "'body' is missing"),
        (changed("qvel", with_nan), "'qvel' is not finite in row 4"),
        (changed("heights", lambda values: values[:-1]), r"'heights'.*\(8, 7\).*\(9, 7\)"),
        (changed("observations", lambda values: values[:, :11]), r"'observations'.*walker2d"),
        (changed("actions", lambda values: values.astype(float)), "'actions' holds float64"),
        (changed("body", lambda _: np.array("snake")), "'snake' is not known"),
        (changed("episode_ids", lambda values: values[::-1]), "ascending"),
        (changed("rewards", lambda values: values[:0]), "no rows"),
        (recording() | {"labels": np.zeros((9, 5), np.float32)}, "'labels'"),
    ],
)
def test_bad_recordings_are_refused_in_one_sentence(arrays, message):
    with pytest.raises(ValueError, match=message) as refusal:
        check_rollouts(arrays, "results/rollouts.npz")
    assert "\n" not in str(refusal.value)


def test_the_missing_array_and_the_file_are_named():
    arrays = recording()
    del arrays["contacts"]
    with pytest.raises(ValueError, match=r"results/rollouts.npz: the array 'contacts'"):
        check_rollouts(arrays, "results/rollouts.npz")


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
    one, two = np.repeat([0, 1, 2], 200), np.repeat([5, 50, 500], 200)
    first, second = (balanced_rows(agents, ids, 100) for ids in (one, two))
    assert np.array_equal(first, second)


def test_balanced_rows_refuses_a_sample_smaller_than_the_agents():
    with pytest.raises(ValueError, match="2 agents"):
        balanced_rows(np.array([0, 1]), np.array([0, 1]), 1)
    with pytest.raises(ValueError, match="shapes"):
        balanced_rows(np.array([0, 1]), np.array([0]), 1)
