"""The steady walk of an agent: its rows, its signals, its period and its strikes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.gait import walk as module
from brainiarb.gait.walk import walks_of, walks_of_levels
from builders import (
    RATE,
    SECONDS,
    a_walk,
    gait_recording,
    planted_recording,
    planted_walks,
    several,
)


def test_an_expert_has_level_and_clone_minus_one_and_clones_their_numbers():
    expert = a_walk()
    assert (expert.agent, expert.level, expert.clone, expert.median) == ("expert", -1, -1, True)
    clones = several(3)
    assert [(walk.agent, walk.clone, walk.median) for walk in clones] == [
        ("clone", 0, False), ("clone", 1, True), ("clone", 2, False),
    ]  # fmt: skip
    assert {walk.expert for walk in [expert, *clones]} == {"crossq_0"}


def test_walks_of_several_levels_follow_each_other():
    recordings = {-1: gait_recording(), 40: gait_recording()}
    walks = walks_of_levels(get_body("walker2d"), recordings, "crossq_0", 1.0)
    assert [walk.level for walk in walks] == [-1, 40]


def test_steady_rows_begin_after_the_transient_of_each_episode():
    walk = a_walk(episodes=(600, 126, 50, 127, 600))
    # Of 126 rows one is left, which is no walk; of 127 rows two are left.
    assert walk.steady == {0: slice(125, 600), 3: slice(901, 903), 4: slice(1028, 1503)}
    rows = walk.steady_rows()
    assert len(rows) == 475 + 2 + 475
    assert (np.diff(rows) > 0).all()


def test_rows_of_a_clone_are_counted_from_its_first_row():
    first, second, _ = several(3)
    assert (first.rows, second.rows) == (slice(0, 600), slice(600, 1200))
    assert first.steady_rows().tolist() == second.steady_rows().tolist() == [*range(125, 600)]
    np.testing.assert_array_equal(second.episode_ids(second.rows), np.full(600, 1))


def test_an_agent_that_falls_at_once_has_no_steady_walk():
    walk = a_walk(episodes=(50, 40), falls=True)
    assert walk.steady == {}
    assert len(walk.steady_rows()) == 0
    assert walk.strikes == []
    assert walk.reference_foot is None
    assert walk.strides == [[], []]
    assert walk.missing == "never walked longer than the start transient"


def test_period_strikes_and_strides_are_those_of_the_planted_gait():
    walk = a_walk()
    assert walk.period.seconds == pytest.approx(SECONDS, rel=0.01)
    assert walk.cycle_length == pytest.approx(SECONDS * RATE, rel=0.01)
    assert (walk.missing, walk.unstable) == ("", "")
    for feet, rows in zip(walk.strikes, walk.steady.values(), strict=True):
        for strikes in feet:
            assert np.diff(strikes) == pytest.approx(100, abs=1)
            assert strikes.max() < rows.stop - rows.start
    for cuts, foot in zip(walk.strides, zip(*walk.strikes, strict=True), strict=True):
        for cut, strikes in zip(cuts, foot, strict=True):
            assert cut.tolist() == [[*pair] for pair in pairwise(strikes)]
    assert walk.reference_foot == 0


def test_the_phase_begins_with_a_foot_that_strikes_as_often_as_others():
    body, arrays = planted_recording()
    (walk,) = walks_of(body, arrays, "crossq_0", -1, 1.0)
    assert walk.reference_foot == 0
    arrays["contacts"][150:, 0] = False
    (dragging,) = walks_of(body, arrays, "crossq_0", -1, 1.0)
    assert dragging.reference_foot == 1


def test_a_weak_cycle_is_not_missing_but_unstable():
    (walk,) = planted_walks(noise=1.6, seed=1)
    assert walk.missing == ""
    assert walk.unstable.startswith("no stable cycle: autocorrelation 0.")


def test_period_and_strikes_are_computed_once(monkeypatch):
    walk = a_walk()
    period, strikes = walk.period, walk.strikes

    def fails(*arguments, **options):
        raise AssertionError("computed twice")

    monkeypatch.setattr(module, "period_of_stretches", fails)
    monkeypatch.setattr(module, "foot_strikes", fails)
    assert walk.period is period
    assert walk.strikes is strikes
    with pytest.raises(AssertionError, match="twice"):
        _ = replace(walk, episodes=walk.episodes[:1]).period


def test_signals_have_a_row_for_each_row_and_a_column_for_each_part():
    walk = a_walk()
    body, rows = walk.body, slice(10, 40)
    assert walk.joints(rows).shape == (30, len(body.joints))
    assert walk.heights(rows).shape == (30, len(body.height_geoms))
    assert walk.posture(rows).shape == (30, 8)
    assert walk.touches(rows).shape == (30, len(body.feet))
    np.testing.assert_array_equal(walk.forward(rows), walk.recording["qpos"][rows, 0])


class Counted:
    """An array that remembers the most rows that were read of it at once."""

    def __init__(self, values):
        self.values, self.most = values, 0

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        self.most = max(self.most, len(self.values[rows]))
        return self.values[rows]


def test_wide_arrays_of_a_recording_are_read_episode_by_episode():
    arrays = gait_recording(episodes=(600, 700, 500))
    counted = {name: Counted(values) for name, values in arrays.items() if values.ndim}
    (walk,) = walks_of(get_body("walker2d"), counted, "crossq_0", -1, 1.0)
    assert walk.reference_foot is not None
    assert walk.period.stable
    assert counted["qpos"].most == counted["contacts"].most == 700 - 125
    assert counted["observations"].most == 0


def test_a_posture_of_neighbouring_columns_is_the_recording_itself():
    walk = a_walk()
    assert np.shares_memory(walk.posture(slice(10, 40)), walk.recording["qpos"])
    assert np.shares_memory(walk.forward(slice(10, 40)), walk.recording["qpos"])
