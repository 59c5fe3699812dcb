"""When feet strike the ground, of planted contacts."""

import numpy as np
import pytest

from brainiarb.gait.contacts import foot_strikes
from builders import RATE


def contact_train(length, touches):
    state = np.zeros(length, dtype=bool)
    for start, stop in touches:
        state[start:stop] = True
    return state


def test_foot_strikes_are_the_first_rows_of_touches():
    right = contact_train(400, [(0, 20), (50, 90), (160, 200), (390, 400)])
    left = contact_train(400, [(100, 140), (210, 260)])
    strikes = foot_strikes(np.stack([right, left], axis=1), RATE)
    assert [list(foot) for foot in strikes] == [[50, 160, 390], [100, 210]]


def test_short_lifts_are_filled_and_short_touches_dropped():
    state = contact_train(300, [(50, 70), (72, 100), (150, 152), (200, 203)])
    (strikes,) = foot_strikes(state[:, None], RATE)
    assert list(strikes) == [50, 200]


def test_a_strike_soon_after_another_is_not_a_new_one():
    state = contact_train(300, [(50, 60), (65, 90), (110, 140)])
    (strikes,) = foot_strikes(state[:, None], RATE)
    assert list(strikes) == [50, 110]
    (all_of_them,) = foot_strikes(state[:, None], RATE, refractory=0.0)
    assert list(all_of_them) == [50, 65, 110]


def test_no_strike_spans_an_episode_break():
    state = contact_train(200, [(100, 130)])
    ids = np.repeat([0, 1], 100)
    (strikes,) = foot_strikes(state[:, None], RATE, episode_ids=ids)
    assert len(strikes) == 0


def test_foot_strikes_refuse_forces():
    with pytest.raises(ValueError, match="bool"):
        foot_strikes(np.ones((10, 2)), RATE)
