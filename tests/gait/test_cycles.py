"""The gait's period, foot strikes and chosen cycle, on gaits made of known harmonics."""

import numpy as np
import pytest

from brainiarb.gait.contacts import foot_strikes
from brainiarb.gait.cycles import choose_cycle
from brainiarb.gait.period import STABLE, period
from brainiarb.rollouts.episodes import stretches
from builders import RATE, synthetic_gait


def wandering_gait(seconds, seed, frequency=1.1):
    """A gait whose phase drifts, so that cycles differ and the autocorrelation falls."""
    steady = synthetic_gait(4 * seconds, frequency)
    rng = np.random.default_rng(seed)
    speed = 1 + 0.3 * rng.standard_normal(round(seconds * RATE))
    at = np.cumsum(np.clip(speed, 0.1, 3))
    return np.stack([np.interp(at, np.arange(len(steady)), column) for column in steady.T], axis=1)


@pytest.mark.parametrize("frequency", [0.7, 1.1, 1.83, 2.9, 4.1])
def test_period_of_a_clean_gait_is_found_between_the_samples(frequency):
    found = period(synthetic_gait(20, frequency), RATE)
    assert found.seconds == pytest.approx(1 / frequency, rel=5e-3)
    assert found.strength == pytest.approx(1.0, abs=0.03)
    assert found.stable


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("frequency", [1.1, 2.0, 3.3])
def test_noise_never_makes_a_multiple_the_period(seed, frequency):
    found = period(synthetic_gait(10, frequency, noise=0.5, seed=seed), RATE)
    assert found.seconds == pytest.approx(1 / frequency, rel=0.03)


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_a_two_to_one_gait_is_one_cycle_not_two_halves(noise):
    # The right foot strikes twice a cycle, the left once: most power at twice the fundamental.
    x = synthetic_gait(24, 1.09, weights=(0.6, 1.0, 0.2, 0.3), noise=noise)
    found = period(x, RATE)
    half = round(found.seconds * RATE / 2)
    assert found.seconds == pytest.approx(1 / 1.09, rel=0.01)
    assert found.autocorrelation[half] > 0.2


def test_strength_falls_with_noise_as_the_share_of_the_signal_does():
    clean = synthetic_gait(60, 1.25)
    noisy = synthetic_gait(60, 1.25, noise=1.0)
    share = (clean.var(axis=0) / (clean.var(axis=0) + 1.0)).mean()
    assert period(noisy, RATE).strength == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", ["white", "walk", "smooth"])
def test_a_signal_of_no_period_has_no_stable_cycle(seed, kind):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3000, 7))
    if kind == "walk":
        x = np.cumsum(x, axis=0)
    elif kind == "smooth":
        x = np.stack([np.convolve(column, np.hanning(25), mode="same") for column in x.T], axis=1)
    found = period(x, RATE)
    assert not found.stable
    assert np.isnan(found.strength) or found.strength < STABLE


def test_a_gait_below_the_threshold_is_reported_but_not_stable():
    found = period(synthetic_gait(60, 1.25, noise=1.8), RATE)
    assert found.seconds == pytest.approx(0.8, rel=0.03)
    assert 0 < found.strength < STABLE
    assert not found.stable


def test_a_body_at_rest_has_no_period():
    found = period(np.ones((1000, 7)), RATE)
    assert np.isnan(found.seconds)
    assert not found.stable


def test_a_still_joint_changes_nothing():
    x = synthetic_gait(20, noise=0.2)
    with_still = np.column_stack([x, np.full(len(x), 0.3)])
    assert period(with_still, RATE).seconds == period(x, RATE).seconds


def test_units_of_the_joints_change_nothing():
    x = synthetic_gait(20, noise=0.2)
    scaled = period(x * np.array([1, 10, 0.1, 1, 5, 1, 1]) + 3, RATE)
    assert scaled.seconds == pytest.approx(period(x, RATE).seconds, rel=1e-9)


def test_autocorrelation_equals_the_sum_of_products_pair_by_pair():
    x = synthetic_gait(10, noise=0.5)
    ids = np.repeat([4, 9], [700, 550])
    found = period(x, RATE, episode_ids=ids)
    pieces = [x[:700] - x[:700].mean(axis=0), x[700:] - x[700:].mean(axis=0)]
    sd = np.concatenate(pieces).std(axis=0)
    for lag in (0, 1, 57, 201):
        products = [(p[: len(p) - lag] * p[lag:] / sd**2).sum(axis=1) for p in pieces]
        expected = np.concatenate(products).mean() / 7
        assert found.autocorrelation[lag] == pytest.approx(expected, abs=1e-12)


def test_episode_breaks_are_respected():
    # Episodes that start at other phases agree on the period only if no pair spans a break.
    steady = synthetic_gait(60, 0.8)
    cuts = [steady[offset : offset + 440] for offset in (0, 530, 1300, 2200, 3333, 5011)]
    ids = np.repeat(np.arange(6), 440)
    joined = np.concatenate(cuts)
    assert period(joined, RATE, episode_ids=ids).strength > 0.95
    assert period(joined, RATE).strength < 0.9


def test_short_stretches_are_left_out_and_counted():
    x = synthetic_gait(20)
    ids = np.repeat([0, 1, 2], [1000, 399, 1101])
    found = period(x, RATE, episode_ids=ids)
    assert (found.n_episodes, found.n_left_out) == (2, 1)
    fallen = period(x[:300], RATE)
    assert np.isnan(fallen.seconds)
    assert not fallen.stable
    assert (fallen.n_episodes, fallen.n_left_out) == (0, 1)


def test_rows_left_out_do_not_count():
    x = synthetic_gait(20, noise=0.1)
    spoiled = x.copy()
    spoiled[:125] = 50
    usable = np.arange(len(x)) >= 125
    assert period(spoiled, RATE, usable=usable).seconds == period(x[125:], RATE).seconds


def test_period_scales_with_the_sampling_rate():
    x = synthetic_gait(30, 1.1, rate=40.0)
    assert period(x, 40.0).seconds == pytest.approx(1 / 1.1, rel=0.01)


def test_period_is_deterministic():
    x = synthetic_gait(20, noise=0.5)
    first, second = period(x, RATE), period(x.copy(), RATE)
    assert first.seconds == second.seconds
    assert first.strength == second.strength
    assert np.array_equal(first.autocorrelation, second.autocorrelation)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"joint_angles": np.ones(10)}, "shape"),
        ({"joint_angles": np.full((10, 2), np.nan)}, "row 0"),
        ({"episode_ids": np.zeros(3)}, "episode_ids"),
        ({"usable": np.zeros(1000)}, "mask"),
        ({"shortest": 2.0}, "shortest < longest"),
        ({"sampling_rate": 2.0}, "one sample"),
    ],
)
def test_period_refuses_what_it_cannot_read(arguments, message):
    given = {"joint_angles": np.ones((1000, 2)), "sampling_rate": RATE, **arguments}
    with pytest.raises(ValueError, match=message):
        period(**given)


def test_stretches_break_at_episodes_and_at_rows_left_out():
    ids = np.array([0, 0, 0, 5, 5, 1, 1, 1])
    usable = np.array([False, True, True, True, True, True, False, True])
    found = [(s.start, s.stop) for s in stretches(8, ids, usable)]
    assert found == [(1, 3), (3, 5), (5, 6), (7, 8)]
    assert list(stretches(0)) == []
    assert list(stretches(3)) == [slice(0, 3)]


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
    found = period(x, RATE)
    cycle = choose_cycle(x, found.seconds, RATE, start=125)
    assert cycle.anchor == "phase"
    assert cycle.start >= 125
    assert cycle.stop - cycle.start == pytest.approx(found.seconds * RATE, rel=0.2)
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
