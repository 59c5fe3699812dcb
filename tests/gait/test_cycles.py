"""Which full cycle stands for an episode, of gaits made of known harmonics."""

import numpy as np
import pytest

from brainiarb.gait.cycles import choose_cycle
from brainiarb.gait.period import period
from builders import RATE, synthetic_gait


def wandering_gait(seconds, seed, frequency=1.1):
    """A gait whose phase drifts, so that cycles differ and the autocorrelation falls."""
    steady = synthetic_gait(4 * seconds, frequency)
    rng = np.random.default_rng(seed)
    speed = 1 + 0.3 * rng.standard_normal(round(seconds * RATE))
    at = np.cumsum(np.clip(speed, 0.1, 3))
    return np.stack([np.interp(at, np.arange(len(steady)), column) for column in steady.T], axis=1)


def strikes_every(seconds, length, first=30):
    return np.round(np.arange(first, length, seconds * RATE)).astype(np.int64)


def test_the_cycle_is_anchored_at_a_strike_after_the_transient():
    x = synthetic_gait(20, 1.0, noise=0.05)
    strikes = [strikes_every(0.5, len(x), 10), strikes_every(1.0, len(x), 40)]
    cycle = choose_cycle(x, 1.0, RATE, start=125, strikes=strikes)
    assert cycle.anchor == "strike"
    assert cycle.start in strikes[0] or cycle.start in strikes[1]
    assert cycle.start >= 125
    assert cycle.stop - cycle.start == 125


def test_every_second_strike_bounds_the_cycle_of_a_foot_that_strikes_twice():
    x = synthetic_gait(20, 1.0, noise=0.05)
    strikes = [strikes_every(0.5, len(x))]
    cycle = choose_cycle(x, 1.0, RATE, strikes=strikes)
    assert cycle.anchor == "strike"
    assert abs(cycle.stop - cycle.start - 125) <= 1


def test_the_one_undisturbed_cycle_is_chosen():
    x = synthetic_gait(12, 1.0)
    rng = np.random.default_rng(3)
    disturbed = x + 0.3 * rng.standard_normal(x.shape)
    disturbed[750:876] = x[750:876]
    strikes = [np.arange(0, len(x), 125)]
    cycle = choose_cycle(disturbed, 1.0, RATE, strikes=strikes)
    assert (cycle.start, cycle.stop) == (750, 875)
    assert cycle.n_candidates == 11


def test_without_contacts_the_phase_of_the_pose_cuts_the_cycles():
    x = wandering_gait(24, seed=1)
    gait = period(x, RATE)
    cycle = choose_cycle(x, gait.seconds, RATE, start=125)
    assert cycle.anchor == "phase"
    assert cycle.start >= 125
    assert cycle.stop - cycle.start == pytest.approx(gait.seconds * RATE, rel=0.2)
    assert cycle.n_candidates >= 10


def test_without_any_event_the_best_return_is_taken():
    # A pose that only speeds away crosses its mean once, and is nearest to itself at the start.
    rows = np.arange(600.0)
    x = np.stack([rows**2, -(rows**3)], axis=1)
    cycle = choose_cycle(x, 50 / RATE, RATE, start=20)
    assert cycle.anchor == "return"
    assert (cycle.start, cycle.stop) == (20, 70)
    assert cycle.n_candidates == 600 - 20 - 50


def test_the_cycle_is_deterministic_and_blind_to_units():
    x = wandering_gait(24, seed=2)
    first = choose_cycle(x, 0.9, RATE)
    assert first == choose_cycle(x.copy(), 0.9, RATE)
    scaled = choose_cycle(x * 4 + 8, 0.9, RATE)
    assert (scaled.start, scaled.stop) == (first.start, first.stop)


def test_there_is_no_cycle_without_a_period_or_enough_rows():
    x = synthetic_gait(4)
    assert choose_cycle(x, float("nan"), RATE) is None
    assert choose_cycle(x, 0.9, RATE, start=len(x) - 50) is None


def test_a_cycle_refuses_a_negative_start():
    with pytest.raises(ValueError, match="start"):
        choose_cycle(synthetic_gait(4), 0.9, RATE, start=-1)
