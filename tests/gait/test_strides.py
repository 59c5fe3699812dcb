"""Strides of planted gaits: gaps, phases, regularity, stability."""

import numpy as np
import pytest

from brainiarb.gait import strides
from brainiarb.gait.cycles import PHASES

RATE = 125.0


def planted_strikes(intervals, start=10):
    return start + np.concatenate([[0], np.cumsum(intervals)]).astype(int)


def test_every_strike_begins_a_stride_that_ends_with_the_next_strike():
    first, second = strides.cut_strides([planted_strikes([100] * 20), planted_strikes([90] * 5)])
    assert (len(first), len(second)) == (20, 5)
    assert (np.diff(first) == 100).all()
    assert (first[1:, 0] == first[:-1, 1]).all()
    assert second[0].tolist() == [10, 100]


def test_short_and_long_strides_in_turn_are_all_strides():
    (cut,) = strides.cut_strides([planted_strikes([45, 83] * 20)])
    assert np.diff(cut)[:, 0].tolist() == [45, 83] * 20


def test_an_interval_without_a_strike_is_a_gap_and_no_stride():
    right = planted_strikes([98, 104] * 20)
    first, second = strides.cut_strides([np.delete(right, [9, 20]), right])
    assert len(first) == 40 - 4
    assert np.diff(first).max() == 104
    assert len(second) == 40


def test_an_episode_with_one_strike_or_none_has_no_strides():
    cuts = strides.cut_strides([np.empty(0, int), [7], [3, 80]])
    assert [cut.tolist() for cut in cuts] == [[], [], [[3, 80]]]
    assert [cut.shape for cut in strides.cut_strides([[], [4]])] == [(0, 2), (0, 2)]
    assert strides.cut_strides([]) == []


def test_variation_is_the_planted_one_whatever_the_number_of_episodes():
    rng = np.random.default_rng(0)
    for n_episodes in (2, 20):
        # Episodes differ by 20 %, the strides of an episode by 5 %.
        level = 1 + 0.2 * rng.standard_normal((400, n_episodes, 1))
        values = level + 0.05 * rng.standard_normal((400, n_episodes, 30))
        names = np.repeat(np.arange(n_episodes), 30)
        found = [strides.variation(agent.ravel(), names) for agent in values]
        assert np.median(found) == pytest.approx(5, rel=0.02)


def test_variation_needs_two_strides_of_an_episode():
    assert np.isnan(strides.variation([], []))
    assert np.isnan(strides.variation([0.5, 0.7], [0, 1]))
    assert np.isnan(strides.variation([0.5, np.nan], [0, 0]))
    assert strides.variation([0.5, 0.5], [3, 3]) == 0


def test_phase_runs_from_zero_to_one_between_strikes():
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
    deviations = strides.mean_sd([noisy])
    np.testing.assert_allclose(deviations, noisy.std(axis=0, ddof=1).mean(axis=0), rtol=1e-9)
    # Differences between episodes do not count.
    moved = strides.mean_sd([episode + i for i, episode in enumerate(np.split(noisy, 8))])
    np.testing.assert_allclose(moved, [0.1, 0.5], rtol=0.1)
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
