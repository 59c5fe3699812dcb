"""Strides of planted gaits: anchors, phases, regularity, stability."""

import numpy as np
import pytest

from brainiarb.gait import strides
from brainiarb.gait.cycles import PHASES

RATE = 125.0


def planted_strikes(intervals, start=10):
    return start + np.concatenate([[0], np.cumsum(intervals)]).astype(int)


def test_a_symmetric_gait_is_cut_by_single_strikes_of_the_nearest_foot():
    right, left = planted_strikes([100] * 20), planted_strikes([103] * 20, 60)
    assert strides.find_anchor([[right, left]], 100.2) == strides.Anchor(0, 1)
    cut, gaps = strides.cut_strides(right, 1, 100.2)
    assert (len(cut), gaps) == (20, 0)
    assert (cut[:, 1] - cut[:, 0] == 100).all()


def test_in_a_two_to_one_gait_the_slow_foot_begins_the_stride():
    right, left = planted_strikes([52, 61] * 20), planted_strikes([113] * 20, 30)
    assert strides.find_anchor([[right, left]], 113.0) == strides.Anchor(1, 1)


def test_one_foot_that_strikes_twice_a_cycle_is_counted_every_second_time():
    right = planted_strikes([30, 83] * 20)
    anchor = strides.find_anchor([[right]], 113.0)
    assert anchor == strides.Anchor(0, 2)
    cut, _ = strides.cut_strides(right, anchor.every, 113.0)
    assert (cut[:, 1] - cut[:, 0] == 113).all()
    assert (cut[1:, 0] == cut[:-1, 1]).all()


def test_feet_out_of_the_rhythm_give_no_anchor():
    assert strides.find_anchor([[planted_strikes([77] * 20)]], 100.0) is None
    assert strides.find_anchor([[np.empty(0, int), np.empty(0, int)]], 100.0) is None
    assert strides.find_anchor([], 100.0) is None


def test_an_interval_without_a_strike_is_a_gap_and_counting_goes_on():
    right = planted_strikes([100] * 20)
    cut, gaps = strides.cut_strides(np.delete(right, 9), 1, 100.0)
    assert (len(cut), gaps) == (18, 1)
    assert (cut[:, 1] - cut[:, 0] == 100).all()


def test_phase_runs_from_zero_to_one_between_anchors():
    phase = strides.stride_phase(300, np.array([[20, 120], [120, 170]]))
    assert np.isnan(phase[:20]).all()
    assert np.isnan(phase[170:]).all()
    assert phase[[20, 70, 119, 120, 145]] == pytest.approx([0, 0.5, 0.99, 0, 0.5])


def test_the_phase_of_hilbert_agrees_with_the_planted_one():
    planted = np.arange(3000) / RATE / 0.9 % 1
    rng = np.random.default_rng(0)
    waves = [np.sin(2 * np.pi * (planted + shift)) for shift in (0, 0.1, 0.2)]
    pose = np.stack(waves, axis=1) + 0.3 * rng.standard_normal((3000, 3))
    phase = strides.hilbert_phase(pose, 0.9, RATE)
    _, agreement = strides.circular_mean(phase - planted)
    assert agreement > 0.98
    _, chance = strides.circular_mean(rng.permutation(phase) - planted)
    assert chance < 0.1


def test_circular_mean_crosses_zero():
    mean, concentration = strides.circular_mean([0.95, 0.05])
    assert min(mean, 1 - mean) == pytest.approx(0, abs=1e-12)
    assert concentration == pytest.approx(np.cos(2 * np.pi * 0.05))
    assert strides.circular_mean([0.0, 0.5])[1] == pytest.approx(0, abs=1e-12)
    assert np.isnan(strides.circular_mean([])).all()


def test_symmetry_index_of_known_feet():
    assert strides.symmetry_index([0.4, 0.4]) == 0
    assert strides.symmetry_index([0.6, 0.4]) == pytest.approx(40)
    assert strides.symmetry_index([0.0, 0.4]) == 200
    assert strides.symmetry_index([0.6, 0.5, 0.45, 0.4]) == pytest.approx(40)
    assert np.isnan(strides.symmetry_index([0.4]))
    assert np.isnan(strides.symmetry_index([0.0, 0.0]))


def test_mean_sd_is_the_planted_one_and_needs_no_more_than_an_episode_at_a_time():
    rng = np.random.default_rng(0)
    cycle = np.sin(np.linspace(0, 2 * np.pi, PHASES))[:, None] * [1.0, 3.0]
    noisy = cycle + rng.normal(size=(400, 1, 2)) * [0.1, 0.5]
    deviations = strides.mean_sd(np.split(noisy, 8))
    np.testing.assert_allclose(deviations, noisy.std(axis=0, ddof=1).mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(deviations, [0.1, 0.5], rtol=0.1)
    assert np.isnan(strides.mean_sd([noisy[:1]])).all()
    assert np.isnan(strides.mean_sd([])).all()


def test_a_limit_cycle_recurs_and_noise_does_not():
    rng = np.random.default_rng(0)
    t = np.arange(3000) / 100
    cycle = np.stack([np.sin(2 * np.pi * t), np.cos(2 * np.pi * t)], axis=1)
    near, far = strides.recurrence_distances(cycle, 100, rng)
    assert np.median(near) / np.median(far) < 1e-6
    near, far = strides.recurrence_distances(rng.normal(size=(3000, 2)), 100, rng)
    assert np.median(near) / np.median(far) == pytest.approx(1, abs=0.15)
    assert len(strides.recurrence_distances(cycle[:50], 100, rng)[0]) == 0


def map_of(eigenvalues, n, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    d = len(eigenvalues)
    basis = np.linalg.qr(rng.normal(size=(d, d)))[0]
    jacobian = basis @ np.diag(eigenvalues) @ basis.T
    states = np.zeros((n + 1, d))
    for i in range(n):
        states[i + 1] = jacobian @ states[i] + noise * rng.normal(size=d)
    return states[:-1], states[1:]


def test_the_eigenvalue_of_a_planted_return_map_is_found():
    states, following = map_of([0.9, 0.8, 0.7, 0.6, 0.5], 2000)
    fitted = strides.fit_return_map(states, following, np.random.default_rng(1))
    assert fitted.eigenvalue == pytest.approx(0.9, abs=0.04)
    assert fitted.low < 0.9 < fitted.high
    assert fitted.high - fitted.low < 0.1
    assert (fitted.n_pairs, fitted.note) == (2000, "")
    assert 0.3 < fitted.fit < 0.7


def test_the_interval_of_a_return_map_follows_alpha():
    pairs = map_of([0.9, 0.8, 0.7, 0.6, 0.5], 200)
    wide, narrow = (
        strides.fit_return_map(*pairs, np.random.default_rng(1), alpha=alpha)
        for alpha in (0.05, 0.5)
    )
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.eigenvalue == narrow.eigenvalue


def test_a_return_map_of_noise_is_refused():
    states, following = map_of([0.2] * 5, 300)
    fitted = strides.fit_return_map(states, following, np.random.default_rng(1))
    assert np.isnan([fitted.eigenvalue, fitted.low, fitted.high]).all()
    assert fitted.fit < 0.3
    assert "refused" in fitted.note


def test_few_strides_do_not_pass_for_a_fit():
    states, following = map_of([0.0] * 17, 23)
    fitted = strides.fit_return_map(states, following, np.random.default_rng(1))
    assert np.isnan(fitted.eigenvalue)
    assert "24 are needed" in fitted.note


def test_a_return_map_is_the_same_for_the_same_seed():
    pairs = map_of([0.9, 0.8, 0.7, 0.6, 0.5], 200)
    first, second = (strides.fit_return_map(*pairs, np.random.default_rng(3)) for _ in range(2))
    assert first == second
