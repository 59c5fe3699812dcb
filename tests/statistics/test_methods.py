"""Methods: known answers, equal values, and the calibration of the interquartile mean."""

import numpy as np
import pytest
from scipy import stats as reference
from scipy.stats import norm

from brainiarb.statistics import methods
from builders import assert_rate
from designs import RUNS, covers


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_t_interval_of_students_sleep_data():
    result = methods.t_interval(np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]))
    assert (result.estimate, result.low, result.high) == pytest.approx((1.58, 0.7001142, 2.4598858))
    assert result.p == pytest.approx(0.002833, abs=1e-6)


def test_fewer_than_two_values_have_no_interval():
    result = methods.t_interval(np.array([3.0]))
    assert result.estimate == 3
    assert np.isnan([result.low, result.high, result.p]).all()
    assert np.isnan(methods.t_interval(np.zeros(0)).estimate)


def test_equal_values_are_an_answer_with_the_p_of_sign_flips():
    result = methods.t_interval(np.full(8, 0.1))
    assert (result.estimate, result.low, result.high) == pytest.approx((0.1, 0.1, 0.1))
    assert result.p == 2 / 2**8
    assert methods.t_interval(np.full(8, 0.1), null=0.1).p == 1
    assert methods.t_interval(np.zeros(8)).p == 1


def test_five_equal_values_are_too_few_for_a_point():
    result = methods.t_interval(np.full(5, 0.1))
    assert result.p == 2 / 2**5
    assert np.isnan([result.low, result.high]).all()
    assert result.note == "5 equal values are too few for an interval"
    assert methods.t_interval(np.full(5, 0.1), confidence=0.9).low == pytest.approx(0.1)


def test_an_interval_is_cut_at_the_bounds_of_the_measure():
    result = methods.clipped(methods.Inference(0.9, 0.6, 1.17, 0.2), 0, 1)
    assert (result.estimate, result.low, result.high, result.p) == (0.9, 0.6, 1, 0.2)


def test_an_interval_of_logarithms_maps_back():
    result = methods.mapped(methods.Inference(0.0, -1.0, 1.0), np.exp)
    assert (result.estimate, result.low, result.high) == pytest.approx((1, np.exp(-1), np.e))


def test_interquartile_mean_cuts_a_quarter_at_either_end(rng):
    assert methods.interquartile_mean(np.array([9.0, -50, 1, 2, 3, 4, 5, 1e6])) == 3.5
    values = rng.normal(size=(5, 21))
    expected = reference.trim_mean(values, 0.25, axis=1)
    np.testing.assert_allclose(methods.interquartile_mean(values), expected)


def test_each_stratum_is_resampled_on_its_own(rng):
    strata = [np.array([1.0, 1.0]), np.array([5.0, 5.0])]
    result = methods.stratified_bootstrap(strata, lambda x: x.mean(-1), 100, rng)
    assert (result.estimate, result.low, result.high) == (3, 3, 3)


def test_equivalence_is_the_larger_of_two_one_sided_p(rng):
    differences = rng.normal(size=8) + 0.3
    result = methods.equivalence(differences, 0.8)
    sides = [
        reference.ttest_1samp(differences, -0.8, alternative="greater"),
        reference.ttest_1samp(differences, 0.8, alternative="less"),
    ]
    assert result.p == pytest.approx(max(side.pvalue for side in sides))
    low, high = sides[0].confidence_interval(0.95).low, sides[1].confidence_interval(0.95).high
    assert (result.low, result.high) == pytest.approx((low, high))


def test_a_mean_beyond_the_margin_has_the_p_that_the_true_mean_is_beyond_it(rng):
    differences = rng.normal(size=8) - 3
    result = methods.equivalence(differences, 0.8)
    beyond = reference.ttest_1samp(differences, -0.8, alternative="less")
    assert result.p == pytest.approx(beyond.pvalue)
    assert result.high < -0.8


def test_equal_differences_are_equivalent_or_not():
    assert methods.equivalence(np.full(8, 0.1), 0.2).p == 1 / 2**8
    assert methods.equivalence(np.full(8, 0.3), 0.2).p == 1 / 2**8
    assert methods.equivalence(np.full(8, 0.2), 0.2).p == 1
    assert np.isnan(methods.equivalence(np.array([0.1]), 0.2).p)


def test_holm_steps_down_and_leaves_nan_out():
    p = np.array([0.01, 0.04, np.nan, 0.03, 0.005])
    np.testing.assert_allclose(methods.holm(p), [0.03, 0.06, np.nan, 0.06, 0.02])


# ---- calibration of the bootstrap: eight clones of one expert, and of three


def test_a_bootstrap_of_one_experts_clones_covers(rng):
    cells = rng.normal(size=(RUNS, 8))
    mean = [methods.stratified_bootstrap([x], lambda y: y.mean(axis=-1), 999, rng) for x in cells]
    assert_rate([covers(x) for x in mean], 0.95)
    middle = [
        methods.stratified_bootstrap([x], methods.interquartile_mean, 999, rng) for x in cells
    ]
    # The bootstrap of a trimmed mean of 8 values is a little wide.
    assert 0.94 <= np.mean([covers(x) for x in middle]) <= 0.985


def test_the_interquartile_mean_of_three_experts_covers_conditional_on_them(rng):
    spread = norm.ppf((np.arange(1000) + 0.5) / 1000)
    hits = []
    for _ in range(RUNS):
        means = rng.normal(size=(3, 1))
        truth = float(methods.interquartile_mean((means + spread).ravel()))
        strata = [*(means + rng.normal(size=(3, 8)))]
        result = methods.stratified_bootstrap(strata, methods.interquartile_mean, 999, rng)
        hits.append(covers(result, truth))
    assert_rate(hits, 0.95)
