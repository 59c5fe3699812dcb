"""Ridge regression from sums: equal to the same regression from the rows."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from brainiarb.activity.ridge import (
    explained,
    fit_ridge,
    means_of,
    moments,
    products_about,
    squared_errors,
)

RNG = np.random.default_rng(0)
X = RNG.normal(3, 1, (200, 6))
Y = X @ RNG.normal(size=(6, 2)) + RNG.normal(size=(200, 2)) - 5
FITTED, TESTED = slice(0, 150), slice(150, 200)
PENALTIES = np.array([1e-3, 1.0])


def test_moments_add_up_over_blocks_of_rows():
    parts = moments(X[FITTED], Y[FITTED]) + moments(X[TESTED], Y[TESTED])
    np.testing.assert_allclose(parts, moments(X, Y))
    np.testing.assert_allclose(means_of(parts), np.column_stack([X, Y]).mean(axis=0))


@pytest.mark.parametrize("m", range(len(PENALTIES)))
def test_maps_and_errors_are_those_of_a_regression_on_the_rows(m):
    fitted = fit_ridge(moments(X[FITTED], Y[FITTED]), 6, PENALTIES)
    variance = np.square(X[FITTED] - X[FITTED].mean(axis=0)).sum() / 6
    ridge = Ridge(PENALTIES[m] * variance).fit(X[FITTED], Y[FITTED])
    np.testing.assert_allclose(fitted.maps[m], ridge.coef_.T, atol=1e-9)
    errors, errors_of_mean = squared_errors(moments(X[TESTED], Y[TESTED]), fitted)
    left = np.square(Y[TESTED] - ridge.predict(X[TESTED])).sum(axis=0)
    np.testing.assert_allclose(errors[m], left)
    deviation = np.square(Y[TESTED] - Y[FITTED].mean(axis=0)).sum(axis=0)
    np.testing.assert_allclose(errors_of_mean, deviation)


def test_the_gain_of_a_map_is_the_error_of_the_mean_less_its_own():
    sums = moments(X, Y)
    products, linear = products_about(sums, means_of(sums)), RNG.normal(size=(6, 2))
    x, y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    left = np.square(y - x @ linear).sum(axis=0)
    np.testing.assert_allclose(
        explained(products, linear).sum(axis=0), np.square(y).sum(axis=0) - left
    )
