"""Blocks: what is paired, what is left out, and trends within blocks."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import kendalltau

from brainiarb.statistics.blocks import differences, permuted_trends, sample, trend, trends


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_a_block_with_a_missing_side_is_left_out_and_counted():
    first, second = np.array([1.0, np.nan, 3, 4]), np.array([2.0, 5, np.nan, 8])
    apart, left_out = differences(first, second)
    assert (apart.tolist(), left_out) == ([1, 4], 2)
    apart, left_out = differences(10.0, second)
    assert (apart.tolist(), left_out) == ([-8, -5, -2], 1)


def test_the_sample_is_blocks_of_one_expert_and_one_mean_of_each_of_several():
    one, two = np.array([1.0, 3]), np.array([5.0, 9, 1])
    assert sample([one]).tolist() == [1, 3]
    assert sample([one, two]).tolist() == [2, 5]
    assert sample([one, np.zeros(0)]).tolist() == [1, 3]


def test_the_trend_of_a_block_is_kendalls_tau_a(rng):
    values = rng.normal(size=(6, 8))
    taus = [kendalltau(np.arange(8), x).statistic for x in values]
    np.testing.assert_allclose(trends(values), taus)
    assert trends(np.array([[1.0, 1, 2]])) == pytest.approx(2 / 3)


def test_a_missing_level_leaves_the_other_pairs_of_its_block():
    values = np.array([[1.0, np.nan, 2, 3], [1.0, np.nan, 2, np.nan]])
    taus = trends(values)
    assert taus[0] == 1
    assert np.isnan(taus[1])


def test_offsets_of_blocks_do_not_hide_a_trend(rng):
    offsets = 100 * rng.normal(size=(8, 1))
    values = offsets + np.arange(8) + 0.5 * rng.normal(size=(8, 8))
    result = trend([values], 100, rng)
    assert result.p < 1e-6
    assert 0.8 < result.low < result.estimate < result.high <= 1


def test_blocks_that_all_rise_the_same_way_have_the_p_of_permutations(rng):
    values = np.arange(5.0) + 10 * np.arange(8)[:, None]
    result = trend([values], 999, rng)
    assert (result.estimate, result.low, result.high) == (1, 1, 1)
    assert result.p == 1 / 1000


def test_blocks_that_are_constant_have_no_trend(rng):
    result = trend([np.ones((8, 5))], 999, rng)
    assert (result.estimate, result.low, result.high, result.p) == (0, 0, 0, 1)


def test_two_blocks_of_three_levels_cannot_resolve_a_trend(rng):
    result = trend([np.arange(3.0) + np.zeros((2, 1))], 9999, rng)
    assert result.p == pytest.approx(2 / 36, abs=0.01)
    assert np.isnan([result.low, result.high]).all()


def test_permuted_trends_are_those_of_all_orders(rng):
    values = np.array([[1.0, 2, np.nan, 4]])
    drawn = permuted_trends(values, 6000, rng)
    every = [trends(np.array([order]))[0] for order in permutations([1.0, 2, 4])]
    shares = [np.mean(np.isclose(drawn, tau)) for tau in sorted(set(every))]
    expected = [np.mean(np.isclose(every, tau)) for tau in sorted(set(every))]
    np.testing.assert_allclose(shares, expected, atol=0.03)


def test_the_trend_of_several_experts_is_over_their_means(rng):
    rising = np.arange(4.0) + np.zeros((8, 1))
    falling = rising[:, ::-1]
    result = trend([rising, rising, falling], 99, rng)
    assert result.estimate == pytest.approx(1 / 3)
    assert result.p > 0.5
    assert (result.low, result.high) == (-1, 1)
