"""Settling, power and verdicts take no nan, infinity, empty or constant input for a value."""

import numpy as np
import pytest

from brainiarb.gait.settling import settling
from brainiarb.gait.strike_poses import StrikePoses
from brainiarb.statistics.power import Spread, power, spread
from brainiarb.statistics.verdicts import tail

NOT_FINITE = [np.nan, np.inf, -np.inf]
STRIKES = np.arange(30) * 50


def settled(poses, rows=STRIKES):
    return settling([[StrikePoses(rows, poses)]], [1500], 125.0)


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("strike", [2, 25])
def test_a_gait_settles_as_if_a_strike_without_a_pose_were_missed(strike, value):
    poses = np.random.default_rng(0).normal(size=(30, 3))
    missed = settled(np.delete(poses, strike, axis=0), np.delete(STRIKES, strike))
    poses[strike] = value
    assert settled(poses) == missed
    assert not missed.missing


def test_a_pose_that_does_not_vary_has_settled_and_no_strike_never_does():
    assert settled(np.ones((30, 3))).seconds == 0
    none = settled(np.empty((0, 3)), np.empty(0, int))
    assert np.isnan(none.seconds)
    assert none.missing


@pytest.mark.parametrize("value", NOT_FINITE)
def test_what_is_no_number_has_no_tail_no_spread_and_no_power(value):
    units = np.array([1.0, 2.0, value])
    assert np.isnan(tail(units, 0.0, 1))
    found = spread([units, np.ones(3)])
    assert np.isnan([found.blocks, found.experts]).all()
    assert np.isnan(power(Spread(value, 1.0), 0.1, 5, 4, 0.05))
    assert np.isnan(power(Spread(1.0, value), 0.1, 5, 4, 0.05))
    assert np.isnan(power(Spread(1.0, 1.0), value, 5, 4, 0.05))


def test_no_units_have_no_tail_and_no_spread():
    assert np.isnan(tail(np.empty(0), 0.0, 1))
    for effects in ([], [np.empty(0)], [np.empty(0), np.ones(3)]):
        found = spread(effects)
        assert np.isnan([found.blocks, found.experts]).all()
