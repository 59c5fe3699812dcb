"""When the gait of an agent has settled, of planted approaches."""

import numpy as np
import pytest

from brainiarb.gait.measures import GaitSettings, analyse_gait
from brainiarb.gait.settling import late_early_measures, settled, settling
from brainiarb.gait.strike_poses import StrikePoses
from brainiarb.gait.walk import walks_of
from brainiarb.statistics.measures import ABSENT
from builders import RATE, planted_recording

STRIDE = 70  # rows
ROWS = 3000


def planted_feet(rng, approach=0.0, noise=0.3, turn=0.0, drift=0.0, episodes=4):
    """Poses at the strikes of two feet: an approach that is over after so many seconds.

    The approach begins ten times as far from the gait as noise, `turn` is the size of an
    alternation from stride to stride, and `drift` that of a change over the whole episode.
    """
    feet = []
    for foot in range(2):
        center, away, other = rng.normal(size=(3, 7)) / np.sqrt(7)
        of_foot = []
        for _ in range(episodes):
            rows = np.arange(20 + 30 * foot, ROWS, STRIDE)
            left = np.maximum(1 - rows / RATE / approach, 0) if approach else np.zeros(len(rows))
            poses = center + noise * rng.normal(size=(len(rows), 7))
            poses += 10 * noise * np.sqrt(7) * left[:, None] * away / np.linalg.norm(away)
            poses += turn * ((-1.0) ** np.arange(len(rows)))[:, None] * other
            poses += drift * (rows / ROWS)[:, None] * away
            of_foot.append(StrikePoses(rows, poses))
        feet.append(of_foot)
    return feet


def found(rng, **planted):
    feet = planted_feet(rng, **planted)
    return settling(feet, [ROWS] * len(feet[0]), RATE)


def test_a_steady_gait_has_settled_at_once_however_irregular_it_is_or_alternating():
    rng = np.random.default_rng(0)
    for noise, turn, episodes in [(0.05, 0, 4), (1.0, 0, 4), (0.2, 1.0, 4), (1.0, 0, 20)] * 25:
        found_time = found(rng, noise=noise, turn=turn, episodes=episodes)
        assert (found_time.seconds, found_time.missing) == (0, "")


@pytest.mark.parametrize("approach", [4.0, 8.0, 13.0])
def test_an_approach_of_known_length_is_found(approach):
    rng = np.random.default_rng(0)
    for noise in [0.05, 0.5] * 20:
        # The last tenth of the approach is within the noise of the gait.
        seconds = found(rng, approach=approach, noise=noise).seconds
        assert approach - 3 <= seconds <= approach


def test_a_gait_that_changes_until_the_end_never_settles():
    drifting = found(np.random.default_rng(0), drift=20.0, noise=0.05)
    assert np.isnan(drifting.seconds)
    assert drifting.missing == "the gait does not settle before the last third of its episodes"


def test_without_strikes_in_the_last_third_nothing_can_be_said():
    few = [[StrikePoses(np.array([3, 80]), np.zeros((2, 7)))]]
    assert settling(few, [1000], RATE).missing == "no foot has 6 strikes in the last third"
    assert settling([[]], [], RATE).missing == "no foot has 6 strikes in the last third"


def test_equal_poses_have_settled():
    rows = np.arange(0, ROWS, STRIDE)
    assert settling([[StrikePoses(rows, np.ones((len(rows), 7)))]], [ROWS], RATE).seconds == 0


def walking(approach=0.0, noise=0.02, later=1.0):
    """An agent whose joints and stride times vary more during the first `approach` seconds.

    Stride times vary by 6 % before, and by `later` times as much afterwards.
    """
    body, arrays = planted_recording(rows=ROWS, noise=noise)
    rng = np.random.default_rng(1)
    t = np.arange(ROWS) / RATE
    for episode in range(4):
        rows = slice(episode * ROWS, (episode + 1) * ROWS)
        ends = np.cumsum(
            0.8
            + 0.05
            * np.concatenate([rng.permutation([-1, 1] * 8), later * rng.permutation([-1, 1] * 10)])
        )
        cycle = np.searchsorted(ends, t)
        begins = np.concatenate([[0], ends])
        phase = (t - begins[cycle]) / np.diff(np.append(begins, begins[-1] + 0.8))[cycle]
        arrays["contacts"][rows] = np.column_stack([phase < 0.4, (phase >= 0.5) & (phase < 0.9)])
        bent = np.maximum(1 - t / approach, 0) if approach else 0 * t
        arrays["qpos"][rows, 3:] += 2 * bent[:, None] * rng.choice([-1, 1], 6)
    return walks_of(body, arrays, "crossq_0", -1, 1.0)[0]


def test_strides_are_measured_from_when_an_agent_has_settled():
    walk = walking(approach=9.0)
    kept, measures = settled(walk)
    # Windows start every second.
    assert 5 <= measures["settling_time"].value <= 10
    assert kept.transient == measures["settling_time"].value
    gait = analyse_gait(walk, GaitSettings(segment=1024, lowest=0.3, highest=20.0), 0)
    assert gait.strides["start"].min() >= kept.transient
    assert gait.measures["settling_time"] == measures["settling_time"]


def test_a_steady_agent_keeps_its_transient():
    walk = walking()
    kept, measures = settled(walk)
    assert kept is walk
    assert measures["settling_time"].value == walk.transient == 1.0


def test_the_variation_late_in_episodes_is_told_beside_the_early_one():
    same = late_early_measures(walking())["stride_time_cv_late_early"]
    assert same.value == pytest.approx(1, abs=0.15)
    fading = late_early_measures(walking(later=0.3))["stride_time_cv_late_early"]
    assert fading.value == pytest.approx(0.3, abs=0.06)


def test_an_agent_that_hardly_walks_has_neither():
    body, arrays = planted_recording(rows=200, episodes=2)
    (walk,) = walks_of(body, arrays, "crossq_0", -1, 1.0)
    kept, measures = settled(walk)
    assert kept is walk
    measures |= late_early_measures(walk)
    for name in ("settling_time", "stride_time_cv_late_early"):
        assert measures[name].status == ABSENT, name
        assert measures[name].note
