"""Intervals of drawn values, and how texts name them."""

import numpy as np
import pytest

from brainiarb.statistics.intervals import central_interval, percent


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.5])
def test_an_interval_holds_the_central_share_of_the_values(alpha):
    values = np.random.default_rng(0).permutation(np.arange(10_001.0))
    assert central_interval(values, alpha) == pytest.approx((5000 * alpha, 10_000 - 5000 * alpha))


def test_values_that_are_not_finite_are_left_out_and_of_none_there_is_no_interval():
    assert central_interval(np.array([np.nan, 1.0, np.inf, 3.0]), 0.5) == (1.5, 2.5)
    assert np.isnan(central_interval(np.array([np.nan]), 0.05)).all()


@pytest.mark.parametrize(("alpha", "name"), [(0.05, "95 %"), (0.1, "90 %"), (0.001, "99.9 %")])
def test_an_interval_is_named_by_its_confidence(alpha, name):
    assert percent(alpha) == name
