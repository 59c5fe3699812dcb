"""The episode of an agent that is drawn, its cycle, and the poses that show it."""

import numpy as np
import pytest

from brainiarb.gait.drawn import drawn_episode
from builders import a_walk, several


def test_the_longest_episode_is_drawn_the_first_of_equals():
    drawn = drawn_episode(a_walk(episodes=(600, 1000, 1000)))
    assert drawn.rows == slice(600, 1600)
    assert (len(drawn), drawn.number, drawn.first) == (1000, 1, 125)
    assert not drawn.fell


def test_rows_of_the_drawn_episode_are_those_of_the_recording():
    drawn = drawn_episode(several(3)[2])
    assert drawn.rows == slice(1200, 1800)
    assert drawn.number == 2


def test_the_cycle_begins_at_a_strike_after_the_transient():
    drawn = drawn_episode(a_walk())
    cycle = drawn.cycle()
    assert cycle.anchor == "strike"
    assert cycle.start >= 125
    assert cycle.stop - cycle.start == 100
    early = drawn.cycle(stop=400)
    assert early.stop <= 400


def test_poses_lie_evenly_over_one_cycle():
    rows, note = drawn_episode(a_walk()).poses(5)
    assert rows[-1] - rows[0] == 100
    assert np.diff(rows).tolist() == [25] * 4
    assert note == ""


@pytest.mark.parametrize(
    ("length", "rows", "note"),
    [
        # 50 steady rows are less than a cycle of 100, but enough for five poses.
        (175, [125, 137, 150, 162, 174], "no full cycle was found"),
        (50, [0, 12, 24, 37, 49], "the walker hardly outlasts the start transient"),
        (128, [0, 32, 64, 95, 127], "the walker hardly outlasts the start transient"),
    ],
)
def test_poses_without_a_cycle_differ_and_the_note_says_what_they_span(length, rows, note):
    drawn = drawn_episode(a_walk(episodes=(length,), falls=True))
    assert drawn.fell
    assert drawn.cycle() is None
    shown, said = drawn.poses(5)
    assert shown.tolist() == rows
    assert said.startswith(note)
