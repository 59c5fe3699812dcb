"""Distributions: the same bits as those of `scipy.stats`."""

import numpy as np
import pytest
from scipy.stats import beta, norm, t

from brainiarb.statistics.distributions import (
    beta_quantile,
    beta_share,
    normal_quantile,
    normal_tail,
    t_quantile,
    t_tail,
)


@pytest.mark.parametrize("freedom", [1, 2, 3.7, 7, 29, 1e6])
def test_students_t_is_that_of_scipy(freedom):
    for share in np.linspace(0.01, 0.99, 33):
        assert t_quantile(share, freedom) == t.ppf(share, freedom)
    for value in np.linspace(-6, 6, 33):
        assert t_tail(value, freedom) == t.sf(value, freedom)


def test_the_normal_distribution_is_that_of_scipy():
    for value in np.linspace(-9, 9, 33):
        assert normal_tail(value) == norm.sf(value)
    for share in np.linspace(0.01, 0.99, 33):
        assert normal_quantile(share) == norm.ppf(share)


@pytest.mark.parametrize(("first", "second"), [(1, 8), (2.7, 3), (8.5, 1)])
def test_the_beta_distribution_is_that_of_scipy(first, second):
    for share in np.linspace(0.01, 0.99, 33):
        assert beta_quantile(share, first, second) == pytest.approx(beta.ppf(share, first, second))
        assert beta_share(share, first, second) == pytest.approx(beta.cdf(share, first, second))
