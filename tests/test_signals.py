"""Z-scores, and the columns that have no deviation to be divided by."""

import numpy as np

from brainiarb.signals import divisors, principal_axes, z_scored


def test_a_column_gets_mean_zero_and_deviation_one():
    values = np.random.default_rng(0).normal(5, (0.1, 30), (200, 2)).astype(np.float32)
    scored = z_scored(values)
    assert scored.dtype == np.float64
    np.testing.assert_allclose(scored.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scored.std(axis=0), 1)


def test_a_constant_column_becomes_zero_not_nan():
    assert z_scored(np.full((9, 2), 0.25)).tolist() == [[0, 0]] * 9


def test_mean_and_deviation_can_be_those_of_other_rows():
    rows = np.array([[1.0], [3.0], [100.0]])
    assert z_scored(rows, reference=rows[:2]).ravel().tolist() == [-1, 1, 98]


def test_only_deviations_above_the_smallest_divide():
    assert divisors(np.array([0.0, 1e-7, np.nan, 2.0]), 1e-6).tolist() == [1, 1, 1, 2]


def test_principal_axes_are_orthonormal_and_ordered_by_variance():
    rng = np.random.default_rng(0)
    signals = rng.normal(size=(500, 3)) * [1, 10, 3]
    centred = signals - signals.mean(axis=0)
    axes = principal_axes(centred, 2)
    np.testing.assert_allclose(axes.T @ axes, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(np.abs(axes), [[0, 0], [1, 0], [0, 1]], atol=0.1)
    assert principal_axes(centred, 9).shape == (3, 3)
