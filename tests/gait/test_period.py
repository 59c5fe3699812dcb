"""The gait period, of gaits made of known harmonics."""

import numpy as np
import pytest

from brainiarb.gait.period import period
from builders import RATE, synthetic_gait


@pytest.mark.parametrize("frequency", [0.7, 1.1, 1.83, 2.9, 4.1])
def test_period_of_a_clean_gait_is_found_between_the_samples(frequency):
    gait = period(synthetic_gait(20, frequency), RATE)
    assert gait.seconds == pytest.approx(1 / frequency, rel=5e-3)
    assert gait.strength == pytest.approx(1.0, abs=0.03)
    assert gait.stable


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("frequency", [1.1, 2.0, 3.3])
def test_noise_never_makes_a_multiple_the_period(seed, frequency):
    gait = period(synthetic_gait(10, frequency, noise=0.5, seed=seed), RATE)
    assert gait.seconds == pytest.approx(1 / frequency, rel=0.03)


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_a_two_to_one_gait_is_one_cycle_not_two_halves(noise):
    # The right foot strikes twice a cycle, the left once: most power at twice the fundamental.
    x = synthetic_gait(24, 1.09, weights=(0.6, 1.0, 0.2, 0.3), noise=noise)
    gait = period(x, RATE)
    half = round(gait.seconds * RATE / 2)
    assert gait.seconds == pytest.approx(1 / 1.09, rel=0.01)
    assert gait.autocorrelation[half] > 0.2


def test_strength_falls_with_noise_as_the_share_of_the_signal_does():
    clean = synthetic_gait(60, 1.25)
    noisy = synthetic_gait(60, 1.25, noise=1.0)
    share = (clean.var(axis=0) / (clean.var(axis=0) + 1.0)).mean()
    assert period(noisy, RATE).strength == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 0.6, 0.3), (0.8, 1.0)], ids=str)
@pytest.mark.parametrize("frequency", [0.2, 0.3, 0.45, 0.55, 5.5, 6.0, 8.0, 12.0])
def test_a_cycle_outside_the_searched_range_is_told_and_no_multiple_takes_its_place(
    frequency, weights
):
    gait = period(synthetic_gait(24, frequency, noise=0.1, weights=weights), RATE)
    assert gait.seconds == pytest.approx(1 / frequency, rel=0.01)
    assert gait.outside == (
        f"the cycle of {gait.seconds:.3g} s lies outside the searched range 0.2 to 1.6 s"
    )


@pytest.mark.parametrize("frequency", [0.7, 1.3, 2.9, 4.9, 5.0])
@pytest.mark.parametrize("weights", [(1.0,), (1.0, 0.6, 0.3), (0.35, 1.0, 0.0, 0.6)], ids=str)
def test_a_cycle_inside_the_searched_range_is_not_told(frequency, weights):
    gait = period(synthetic_gait(24, frequency, noise=0.1, weights=weights), RATE)
    assert gait.seconds == pytest.approx(1 / frequency, rel=0.01)
    assert gait.outside == ""


def test_strides_that_resemble_each_other_more_after_several_cycles_keep_their_period():
    # Every fourth stride is alike: the autocorrelation is highest at 3.2 s.
    x = synthetic_gait(24, 1.25) + 0.7 * synthetic_gait(24, 0.3125, weights=(1.0,), seed=1)
    gait = period(x, RATE)
    assert gait.seconds == pytest.approx(0.8, rel=0.01)
    assert gait.outside == ""


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 0.6)], ids=str)
@pytest.mark.parametrize("frequency", [1.1, 2.0, 3.0, 3.7, 4.4, 4.9])
def test_a_body_of_few_samples_a_cycle_keeps_its_period(frequency, weights):
    x = synthetic_gait(50, frequency, rate=20.0, weights=weights, noise=0.1)
    gait = period(x, 20.0, shortest=1 / 8)
    assert gait.seconds == pytest.approx(1 / frequency, rel=0.01)
    assert gait.outside == ""


def test_a_wider_range_takes_a_faster_cycle_in():
    x = synthetic_gait(24, 6.0, noise=0.1)
    narrow, wide = period(x, RATE), period(x, RATE, shortest=0.1)
    assert narrow.outside
    assert not wide.outside
    assert wide.seconds == narrow.seconds


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", ["white", "walk", "smooth"])
def test_a_signal_of_no_period_has_no_stable_cycle(seed, kind):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3000, 7))
    if kind == "walk":
        x = np.cumsum(x, axis=0)
    elif kind == "smooth":
        x = np.stack([np.convolve(column, np.hanning(25), mode="same") for column in x.T], axis=1)
    assert not period(x, RATE).stable


@pytest.mark.parametrize(("share", "stable"), [(0.4, True), (0.2, False)])
def test_a_cycle_is_stable_if_the_gait_holds_more_than_three_tenths_of_the_variance(share, stable):
    clean = synthetic_gait(60, 1.25)
    deviation = np.sqrt(clean.var(axis=0) * (1 - share) / share)
    noisy = clean + deviation * np.random.default_rng(0).standard_normal(clean.shape)
    gait = period(noisy, RATE)
    assert gait.strength == pytest.approx(share, abs=0.05)
    assert gait.seconds == pytest.approx(0.8, rel=0.03)
    assert gait.stable is stable


def test_a_body_at_rest_has_no_period():
    gait = period(np.ones((1000, 7)), RATE)
    assert np.isnan(gait.seconds)
    assert not gait.stable


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
    gait = period(x, RATE, episode_ids=ids)
    pieces = [x[:700] - x[:700].mean(axis=0), x[700:] - x[700:].mean(axis=0)]
    sd = np.concatenate(pieces).std(axis=0)
    for lag in (0, 1, 57, 201):
        products = [(p[: len(p) - lag] * p[lag:] / sd**2).sum(axis=1) for p in pieces]
        expected = np.concatenate(products).mean() / 7
        assert gait.autocorrelation[lag] == pytest.approx(expected, abs=1e-12)


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
    gait = period(x, RATE, episode_ids=ids)
    assert (gait.n_episodes, gait.n_left_out) == (2, 1)
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
