"""Data sets as demonstrations and as recordings: rows are dealt out, and steps are taken anew."""

import numpy as np
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.datasets.replay import demonstrations, observed_columns, replayed
from brainiarb.datasets.trajectories import Trajectories, dealt, spread, trajectories
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import (
    DEMONSTRATED,
    check_rollouts,
    read_demonstrations,
    write_demonstrations,
)
from brainiarb.rollouts.noise import Noise
from brainiarb.rollouts.recording import record_samples
from brainiarb.rollouts.transitions import transitions
from builders import bend, stand

BODY = get_body("walker2d")


def recorded(act=bend, samples=300, body=BODY):
    return record_samples(
        body, act, agents=1, samples=samples, steps=150, seed=5, mode="mean", noise=Noise(40)
    )


def data_of(walked, body=BODY, states=True):
    """A data set with the steps of a recording."""
    steps = transitions(walked)
    names = ("observations", "next_observations", "actions", "rewards", "terminals", "timeouts")
    arrays = {name: getattr(steps, name) for name in names}
    return trajectories(
        body, arrays | ({name: walked[name] for name in ("qpos", "qvel")} if states else {})
    )


def numbered(lengths):
    """Trajectories whose observations are the numbers of their rows."""
    rows = sum(lengths)
    ends = np.isin(np.arange(rows), np.cumsum(lengths) - 1)
    count = np.arange(rows, dtype=np.float32)
    return Trajectories(
        observations=np.tile(count[:, None], 17), next_observations=np.tile(count[:, None], 17) + 1,
        actions=np.zeros((rows, 6), np.float32), rewards=np.ones(rows), terminals=ends,
        timeouts=np.zeros(rows, bool),
        episode_ids=np.repeat(np.arange(len(lengths)), lengths).astype(np.int32),
    )  # fmt: skip


def test_every_clone_learns_from_rows_of_its_own_in_whole_stretches():
    data = numbered([7, 5, 9, 4, 5])
    rows, ends = dealt(data, clones=3, samples=10, seed=0)
    assert sorted(rows) == list(range(30))
    assert ends.reshape(3, 10)[:, -1].all()
    goes_on = np.flatnonzero(~ends)
    np.testing.assert_array_equal(rows[goes_on + 1], rows[goes_on] + 1)
    # The seed shuffles the episodes and nothing else.
    assert (dealt(data, 3, 10, seed=1)[0] != rows).any()
    np.testing.assert_array_equal(dealt(data, 3, 10, seed=0)[0], rows)


def test_demonstrations_of_dealt_rows_are_whole_transitions(tmp_path):
    data = numbered([7, 5, 9, 4, 5])
    rows, ends = dealt(data, clones=3, samples=8, seed=2)
    arrays = demonstrations(BODY, data, rows, ends, clones=3)
    check_rollouts(arrays, "here", DEMONSTRATED)
    assert np.bincount(arrays["clone_ids"]).tolist() == [8, 8, 8]
    np.testing.assert_array_equal(
        transitions(arrays).next_observations, data.next_observations[rows]
    )
    assert not (arrays["terminals"] & arrays["timeouts"]).any()
    np.testing.assert_array_equal(arrays["terminals"] | arrays["timeouts"], ends)
    write_demonstrations(tmp_path / "noise_0.npz", arrays)
    learnt = read_demonstrations(tmp_path / "noise_0.npz")
    np.testing.assert_array_equal(learnt["labels"], data.actions[rows])


def test_too_few_rows_are_refused():
    with pytest.raises(Refused, match="has 30 time steps where 4 clones with 10 each need 40"):
        dealt(numbered([30]), clones=4, samples=10, seed=0)


def test_shown_episodes_are_whole_and_lie_evenly_over_the_data_set():
    data = numbered([3, 2, 4, 1, 5, 2])
    assert np.unique(data.episode_ids[spread(data, 3)]).tolist() == [0, 2, 5]
    assert len(spread(data, 99)) == len(data)


@pytest.mark.parametrize("act", [bend, stand])
def test_replayed_steps_equal_the_recorded_ones(act):
    walked = recorded(act)
    data = data_of(walked)
    every = np.arange(len(data))
    again = replayed(BODY, demonstrations(BODY, data, every, data.ends, 1))
    check_rollouts(again, "here")
    for name in ("observations", "actions", "rewards", "terminals", "qpos", "qvel"):
        np.testing.assert_array_equal(again[name], walked[name], err_msg=name, strict=True)
    for name in ("heights", "rewards_forward", "rewards_healthy", "contact_forces"):
        np.testing.assert_allclose(again[name], walked[name], rtol=1e-3, atol=1e-3, err_msg=name)
    assert (again["contacts"] == walked["contacts"]).mean() > 0.99


def test_states_follow_from_observations_and_places_from_the_steps():
    walked = recorded(stand)
    data = data_of(walked, states=False)
    again = replayed(BODY, demonstrations(BODY, data, np.arange(len(data)), data.ends, 1))
    np.testing.assert_allclose(again["qpos"][:, 1:], walked["qpos"][:, 1:], atol=1e-6)
    starts = np.flatnonzero(np.diff(walked["episode_ids"], prepend=-1))
    gone = walked["qpos"][:, 0] - np.repeat(
        walked["qpos"][starts, 0], np.diff(np.append(starts, len(data)))
    )
    np.testing.assert_allclose(again["qpos"][:, 0], gone, atol=1e-4)


def test_observations_hold_all_coordinates_but_places_of_gymnasiums_walkers():
    assert observed_columns(BODY, "qpos").tolist() == [-1, *range(8)]
    assert observed_columns(BODY, "qvel").tolist() == list(range(8, 17))
    assert observed_columns(get_body("ant"), "qpos").tolist() == [-1, -1, *range(13)]


def test_a_body_that_observes_no_positions_needs_its_states():
    body = get_body("dm_walker_walk")
    data = data_of(recorded(body=body, act=lambda seen: np.zeros((len(seen), 6))), body, False)
    with pytest.raises(Refused, match="do not follow from its observations; add 'infos/qpos'"):
        demonstrations(body, data, np.arange(4), data.ends[:4], 1)


def test_the_data_of_another_body_of_the_same_sizes_are_refused():
    other = get_body("halfcheetah")
    data = data_of(recorded(stand), other, states=False)
    arrays = demonstrations(other, data, np.arange(len(data)), data.ends, 1)
    with pytest.raises(Refused, match="so it is of another body"):
        replayed(other, arrays)
