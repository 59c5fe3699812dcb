"""The walk that networks are shown: which rows, which values, which phase."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

from brainiarb.activity.activations import Activations, record_shared
from brainiarb.activity.stimuli import own
from brainiarb.activity.walk_activity import gait_phase, shown_walk
from brainiarb.actors.actors import untrained
from brainiarb.bodies.registry import get_body
from brainiarb.gait.walk import walks_of
from builders import RATE, a_walk, observed_gait, planted_walks

BODY = get_body("walker2d")
TRANSIENT = 0.2


def walk_in(recording):
    (walk,) = walks_of(BODY, recording, "crossq_0", -1, TRANSIENT)
    return walk


@pytest.mark.parametrize("count", [10_000, 1800])
def test_hidden_layers_count_after_their_relu_and_rows_in_order_of_time(tmp_path, count):
    walked = observed_gait(clones=(0, 0, 0, 0))
    actors = untrained((17, 6), [0, 1])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        record_shared(file, "common", actors, own(walked, 0, 30))
        walk = shown_walk(walk_in(walked), count)
        linear2 = walk.layer(Activations(file, "common", 1), "linear2")
    # The episodes are of 700, 600, 600 and 500 rows, and each begins with 25 rows of transient.
    starts, stops = (0, 700, 1300, 1900), (700, 1300, min(1900, count), min(2400, count))
    steady = np.concatenate(
        [np.arange(a + 25, b) for a, b in zip(starts, stops, strict=True) if a < b]
    )
    np.testing.assert_array_equal(walk.observations, walked["observations"][steady])
    raw = actors.only(1).respond(walked["observations"][steady])
    np.testing.assert_allclose(linear2, np.maximum(raw["linear2"][0], 0), atol=1e-5)
    np.testing.assert_array_equal(walk.episode_ids, walked["episode_ids"][steady])
    np.testing.assert_array_equal(walk.targets["contact"], walked["contacts"][steady])
    assert walk.targets["phase"].shape == (len(steady), 2)


def test_the_phase_is_zero_at_each_strike_and_runs_to_one():
    walk = a_walk()
    phase, note = gait_phase(walk)
    assert note == ""
    (first, *_), rows = walk.strikes[0], walk.steady[0]
    strikes = walk.strikes[0][walk.reference_foot]
    assert len(first) > 3
    np.testing.assert_array_equal(phase[strikes[:-1]], 0)
    middle = phase[: rows.stop - rows.start][strikes[0] : strikes[1]]
    np.testing.assert_allclose(np.diff(middle), 1 / (strikes[1] - strikes[0]))
    assert np.isnan(phase[: strikes[0]]).all()
    assert len(phase) == len(walk.steady_rows())


def test_the_phase_restarts_at_every_strike_of_a_foot_that_strikes_twice_per_cycle():
    (walk,) = planted_walks(body="hopper", every=2, duty=0.3, episodes=1, rows=3000)
    phase, _ = gait_phase(walk)
    restarts = np.flatnonzero(phase == 0)
    assert np.median(np.diff(restarts)) == pytest.approx(walk.cycle_length / 2, abs=1)


def test_without_a_stable_cycle_or_strides_there_is_no_phase():
    (unstable,) = planted_walks(noise=1.6, seed=1)
    phase, note = gait_phase(unstable)
    assert np.isnan(phase).all()
    assert note == "no stable cycle"
    silent = a_walk()
    contacts = np.zeros_like(silent.recording["contacts"])
    silent = replace(silent, recording={**silent.recording, "contacts": contacts})
    phase, note = gait_phase(silent)
    assert np.isnan(phase).all()
    assert note == "no foot strikes twice in an episode"
    assert silent.sampling_rate == RATE
