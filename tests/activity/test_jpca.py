"""Rotations that were planted are found, decay is none, and surrogates are a null."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import kstest, ortho_group

from brainiarb.activity.jpca import (
    SURROGATES,
    jpca,
    principal_components,
    skew_map,
    soft_normalise,
    steps,
    surrogate_r2,
)
from brainiarb.errors import Refused
from brainiarb.statistics.methods import p_value

RATE = 125.0


def rotating(frequencies=(1.1, 2.7), sizes=(2.0, 1.0), rows=600, episodes=3, seed=0):
    """Rotations in planes of 4 dimensions turned at random, from random phases; and the planes."""
    rng = np.random.default_rng(seed)
    time = np.arange(rows) / RATE
    basis = ortho_group.rvs(2 * len(frequencies), random_state=rng)
    parts = []
    for _ in range(episodes):
        angles = 2 * np.pi * np.outer(time, frequencies) + rng.uniform(0, 6, len(frequencies))
        flat = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * np.array(sizes)[:, None]
        parts.append(flat.reshape(rows, -1) @ basis)
    return np.concatenate(parts), np.repeat(np.arange(episodes) + 4, rows), basis


def smooth(rows, signals, rng):
    """Signals that know nothing of one another, each with a spectrum of its own, periodic."""
    sizes = np.exp(-((np.arange(rows // 2 + 1)[:, None] - [3, 5, 8, 4][:signals]) ** 2) / 20)
    spectrum = rng.normal(size=(2, *sizes.shape)) * sizes
    return np.fft.irfft(spectrum[0] + 1j * spectrum[1], rows, axis=0)


def test_planted_rotations_are_recovered_with_frequency_plane_and_variance():
    signals, ids, basis = rotating()
    fit = jpca(signals, ids, RATE)
    np.testing.assert_allclose(fit.frequencies, [1.1, 2.7], rtol=1e-2)
    np.testing.assert_allclose(fit.variances, [0.8, 0.2], atol=0.01)
    for value in (fit.r2, fit.r2_unconstrained, fit.r2_left_out):
        assert value == pytest.approx(1, abs=2e-3)
    np.testing.assert_allclose(fit.concentrations, 1, atol=0.02)
    for plane, planted in zip(fit.planes, (basis[:2], basis[2:]), strict=True):
        np.testing.assert_allclose(plane.T @ plane, np.eye(2), atol=1e-9)
        np.testing.assert_allclose(np.linalg.svd(planted @ plane)[1], 1, atol=1e-3)
        x, y = ((signals - signals.mean(axis=0)) @ plane).T
        assert (x[:-1] * y[1:] - x[1:] * y[:-1])[ids[1:] == ids[:-1]].mean() > 0


def test_a_single_rotation_of_whole_turns_is_exact():
    time = np.arange(251) / RATE
    circle = np.column_stack([np.cos(2 * np.pi * 2.0 * time), np.sin(2 * np.pi * 2.0 * time)])
    fit = jpca(circle + np.array([5, -3]), np.zeros(251, int), RATE)
    assert fit.frequencies[0] == pytest.approx(2.0, abs=1e-9)
    assert fit.r2 == pytest.approx(1, abs=1e-9)
    assert np.isnan(fit.r2_left_out)


def test_decay_is_linear_but_no_rotation():
    rng = np.random.default_rng(0)
    decay = np.exp(-np.outer(np.arange(300) / RATE, [0.5, 1.0, 1.7, 2.5]))
    signals = np.concatenate([decay * rng.normal(size=4) for _ in range(6)])
    fit = jpca(signals, np.repeat(np.arange(6), 300), RATE)
    assert fit.r2_unconstrained > 0.9
    assert fit.r2 < 0.3


def test_closed_form_equals_an_independent_minimiser():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5))
    dx = x @ rng.normal(size=(5, 5)) + rng.normal(size=(200, 5))
    upper = np.triu_indices(5, 1)

    def whole(entries):
        matrix = np.zeros((5, 5))
        matrix[upper] = entries
        return matrix - matrix.T

    def error(entries):
        left = x @ whole(entries) - dx
        gradient = 2 * x.T @ left
        return (left**2).sum(), (gradient - gradient.T)[upper]

    minimum = minimize(error, np.zeros(10), jac=True, method="BFGS", options={"gtol": 1e-8})
    np.testing.assert_allclose(skew_map(x.T @ x, x.T @ dx), whole(minimum.x), atol=1e-6)


def test_left_out_r2_is_that_of_fits_to_the_other_episodes():
    rng = np.random.default_rng(2)
    ids = np.repeat([0, 1, 2], [80, 60, 70])
    signals = rng.normal(size=(210, 4)).cumsum(axis=0)
    states, changes, of = steps(signals, ids)
    left = total = 0.0
    for e in range(3):
        x, dx = states[of != e], changes[of != e]
        mean_x, mean_dx = x.mean(axis=0), dx.mean(axis=0)
        K = skew_map((x - mean_x).T @ (x - mean_x), (x - mean_x).T @ (dx - mean_dx))
        tested = changes[of == e] - mean_dx
        left += ((tested - (states[of == e] - mean_x) @ K) ** 2).sum()
        total += (tested**2).sum()
    fit = jpca(signals, ids, RATE)
    assert fit.r2_left_out == pytest.approx(1 - left / total, abs=1e-9)
    assert len(states) == 207


def test_rotation_of_the_signals_changes_nothing_but_the_axes():
    signals, ids, _ = rotating()
    signals = signals + 0.3 * np.random.default_rng(0).normal(size=signals.shape)
    first = jpca(signals, ids, RATE)
    second = jpca(signals @ ortho_group.rvs(4, random_state=5), ids, RATE)
    np.testing.assert_allclose(first.frequencies, second.frequencies)
    assert first.r2 == pytest.approx(second.r2)


@pytest.mark.parametrize("shape", [(100, 1), (6, 4)])
def test_too_little_to_rotate_is_refused(shape):
    with pytest.raises(ValueError, match="expected two signals or more"):
        jpca(np.ones(shape), np.zeros(len(np.ones(shape)), int), RATE)


def test_soft_normalisation_makes_units_alike_and_leaves_silent_ones_silent():
    rng = np.random.default_rng(0)
    activity = rng.normal(size=(500, 3)) * [1, 100, 0]
    made = soft_normalise(activity.astype(np.float32))
    assert (made[:, 2] == 0).all()
    assert 0.9 < np.ptp(made[:, 0]) / np.ptp(made[:, 1]) < 1
    assert not soft_normalise(np.zeros((5, 2))).any()


def test_components_count_directions_and_leave_out_rounding():
    rng = np.random.default_rng(0)
    activity = rng.normal(size=(4000, 3)) @ ortho_group.rvs(8, random_state=0)[:3]
    components = principal_components(activity, 6)
    assert components.scores.shape == (4000, 3)
    assert components.participation_ratio == pytest.approx(3, rel=0.02)
    assert components.variance == pytest.approx(1)
    assert principal_components(activity, 2).variance == pytest.approx(2 / 3, rel=0.03)
    silent = principal_components(np.zeros((9, 4)), 6)
    assert silent.scores.shape == (9, 0)
    assert np.isnan(silent.participation_ratio)


# ------------------------------------------------------------------------------------ surrogates


@pytest.mark.parametrize("kind", SURROGATES)
def test_a_planted_rotation_exceeds_every_surrogate(kind):
    signals, ids, _ = rotating()
    rng = np.random.default_rng(0)
    made = surrogate_r2(signals, ids, SURROGATES[kind], 19, rng)
    assert p_value(jpca(signals, ids, RATE).r2, made) == 1 / 20
    again = surrogate_r2(signals, ids, SURROGATES[kind], 19, np.random.default_rng(0))
    np.testing.assert_array_equal(made, again)


def test_p_is_uniform_where_signals_know_nothing_of_one_another():
    rng = np.random.default_rng(0)
    ids = np.repeat([0, 1], 100)
    values = []
    for _ in range(400):
        signals = np.concatenate([smooth(100, 4, rng) for _ in range(2)])
        observed = jpca(signals, ids, RATE).r2
        made = surrogate_r2(signals, ids, SURROGATES["phase_randomised"], 19, rng)
        values.append(p_value(observed, made) - rng.uniform(0, 1 / 20))
    assert kstest(values, "uniform").pvalue > 0.01


def test_surrogates_keep_what_they_say():
    rng = np.random.default_rng(3)
    signals = np.concatenate([smooth(200, 4, rng) + 1, smooth(100, 4, rng)])
    starts = np.array([0, 200])
    made = {name: surrogate(signals, starts, rng) for name, surrogate in SURROGATES.items()}
    for rows in (slice(0, 200), slice(200, 300)):
        shuffled = made["time_shuffled"][rows]
        assert {tuple(row) for row in shuffled} == {tuple(row) for row in signals[rows]}
        spectra = [
            np.abs(np.fft.rfft(x[rows], axis=0)) for x in (signals, made["phase_randomised"])
        ]
        np.testing.assert_allclose(*spectra, atol=1e-9)
    many = [SURROGATES["covariance_matched"](signals, starts, rng)[:200] for _ in range(300)]
    np.testing.assert_allclose(
        np.mean([x.var(axis=0) for x in many], axis=0), signals[:200].var(axis=0), rtol=0.15
    )
    powers = np.mean([(np.abs(np.fft.rfft(x, axis=0)) ** 2).sum(axis=1) for x in many], axis=0)
    expected = (np.abs(np.fft.rfft(signals[:200], axis=0)) ** 2).sum(axis=1)
    np.testing.assert_allclose(powers[1:15], expected[1:15], rtol=0.3)


def test_p_counts_the_observed_value_and_has_none_without_surrogates():
    assert p_value(0.5, np.array([0.1, 0.5, 0.9])) == 0.75
    assert np.isnan(p_value(0.5, np.array([])))


@pytest.mark.parametrize(
    ("signals", "episodes"),
    [
        (np.eye(200, 4), np.arange(200)),
        (np.eye(200, 4), np.arange(200) % 2),
        (np.eye(10, 4), np.arange(10) // 2),
    ],
    ids=["one row each", "interleaved", "five changes of four signals"],
)
def test_too_few_changes_within_episodes_are_refused(signals, episodes):
    with pytest.raises(Refused, match="changes within episodes for 4 signals"):
        jpca(signals, episodes, RATE)


def test_lists_are_taken_as_arrays_are():
    signals, ids, _ = rotating()
    of_lists = jpca(signals.tolist(), ids.tolist(), RATE)
    assert of_lists.r2 == jpca(signals, ids, RATE).r2


def test_constant_activity_has_no_components_and_no_dimension():
    leading = principal_components(np.full((200, 4), 0.1), 3)
    assert leading.scores.shape == (200, 0)
    assert np.isnan(leading.variance)
    assert np.isnan(leading.participation_ratio)
