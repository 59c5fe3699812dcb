"""Methods: known answers, then calibration at the sizes of the default and the full study."""

import numpy as np
import pytest
from scipy import stats as reference
from scipy.stats import norm

from brainiarb.statistics import methods
from builders import assert_rate

LEVELS, CLONES, EXPERTS, RUNS = 8, 8, 3, 1000
NOISE = np.repeat(np.arange(LEVELS), CLONES)
CLEAN, NOISY = NOISE == 0, (NOISE > 0) & (NOISE < 5)
BETWEEN = 3.0  # standard deviation between experts, of clones 1


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def covers(result, truth=0.0):
    return result.low < truth < result.high


def clones(rng, slopes=0.0, between=BETWEEN, experts=EXPERTS):
    """Values of the clones of each expert (E, 64), at NOISE each, with variance between experts."""
    means = between * rng.normal(size=(experts, 1))
    slopes = slopes * rng.normal(size=(experts, 1))
    return means + slopes * NOISE / (LEVELS - 1) + rng.normal(size=(experts, len(NOISE)))


# ---- known answers


def test_t_interval_of_students_sleep_data():
    result = methods.t_interval(np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]))
    assert (result.estimate, result.low, result.high) == pytest.approx((1.58, 0.7001142, 2.4598858))
    assert result.p == pytest.approx(0.002833, abs=1e-6)


@pytest.mark.parametrize("values", [[3.0], [0.1, 0.1, 0.1]])
def test_values_without_variance_have_no_interval(values):
    result = methods.t_interval(np.array(values))
    assert result.estimate == pytest.approx(values[0])
    assert np.isnan([result.low, result.high, result.p]).all()


def test_interquartile_mean_cuts_a_quarter_at_either_end(rng):
    assert methods.interquartile_mean(np.array([9.0, -50, 1, 2, 3, 4, 5, 1e6])) == 3.5
    values = rng.normal(size=(5, 21))
    expected = reference.trim_mean(values, 0.25, axis=1)
    np.testing.assert_allclose(methods.interquartile_mean(values), expected)


def test_each_stratum_is_resampled_on_its_own(rng):
    strata = [np.array([1.0, 1.0]), np.array([5.0, 5.0])]
    result = methods.stratified_bootstrap(strata, lambda x: x.mean(-1), 100, rng)
    assert (result.estimate, result.low, result.high) == (3, 3, 3)


def test_a_small_permutation_test_is_exact_and_its_interval_welchs(rng):
    first, second = np.array([0.0, 1, 2.5]), np.array([10.0, 12, 13])
    result = methods.permutation_test([first], [second], 1000, rng)
    assert result.p == result.smallest == pytest.approx(2 / 20)
    welch = reference.ttest_ind(second, first, equal_var=False).confidence_interval()
    assert (result.low, result.high) == pytest.approx((welch.low, welch.high))
    twice = methods.permutation_test([first] * 2, [second] * 2, 1000, rng)
    assert twice.p == pytest.approx(2 / 400)
    assert twice.estimate == pytest.approx(result.estimate)


def test_a_large_permutation_test_agrees_with_all_arrangements(rng):
    first, second = rng.normal(size=6), rng.normal(size=7) + 1
    exact = methods.permutation_test([first], [second], 2000, rng).p
    drawn = methods.permutation_test([first], [second], 1700, rng)
    assert drawn.smallest == 1 / 1701
    assert drawn.p == pytest.approx(exact, abs=4 * np.sqrt(exact / 1700))


def test_exchanging_clones_cannot_resolve_two_against_two(rng):
    result = methods.permutation_test([np.array([0.0, 1])], [np.array([100.0, 101])], 1000, rng)
    assert result.p == result.smallest == pytest.approx(2 / 6)


def test_sign_flips_of_darwins_maize(rng):
    darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    result = methods.sign_flip_test(np.array(darwin, float), 40_000, rng)
    assert result.p == pytest.approx(1726 / 32768)
    assert result.smallest == 2 / 32768


def test_trend_of_the_motivation_data_of_hollander_and_wolfe(rng):
    values = np.array([40, 35, 38, 43, 44, 41, 38, 40, 47, 44, 40, 42, 48, 40, 45, 43, 46, 44.0])
    levels = np.repeat([0, 1, 2], 6)
    result = methods.trend_test([values], [levels], 100, rng)
    assert result.estimate == pytest.approx((2 * 79 - 108) / 108)
    # Kendall's S of values and groups has the same variance, ties of both sides counted.
    kendall = reference.kendalltau(levels, values, method="asymptotic")
    assert result.p == pytest.approx(kendall.pvalue)
    assert result.p == pytest.approx(0.0413, abs=0.0005)


def test_trends_are_counted_within_experts_only(rng):
    levels = np.array([0, 1, 2] * 2)
    rising = levels + np.array([0, 0, 0, 9, 9, 9.0])
    result = methods.trend_test([rising, -rising], [levels, levels], 100, rng)
    assert (result.estimate, result.p) == (0, 1)
    few = methods.trend_test([np.arange(3.0)], [np.arange(3)], 100, rng)
    assert few.estimate == 1
    assert few.p == few.smallest == pytest.approx(2 / 6)


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


def test_holm_steps_down_and_leaves_nan_out():
    p = np.array([0.01, 0.04, np.nan, 0.03, 0.005])
    np.testing.assert_allclose(methods.holm(p), [0.03, 0.06, np.nan, 0.06, 0.02])


# ---- calibration: 1 expert x 8 levels x 8 clones, conditional on the expert


def test_intervals_of_one_expert_cover_its_clones_mean(rng):
    cells = clones(rng, experts=RUNS, between=0)[:, CLEAN]
    assert_rate([covers(methods.t_interval(x)) for x in cells], 0.95)
    mean = [methods.stratified_bootstrap([x], lambda y: y.mean(axis=-1), 999, rng) for x in cells]
    assert_rate([covers(x) for x in mean], 0.95)
    middle = [
        methods.stratified_bootstrap([x], methods.interquartile_mean, 999, rng) for x in cells
    ]
    # Of 8 values a trimmed mean's bootstrap is a little wide.
    assert 0.94 <= np.mean([covers(x) for x in middle]) <= 0.985


def test_the_contrast_of_one_expert_holds_its_level_and_covers(rng):
    # Clones of noisier demonstrations differ more from each other.
    data = clones(rng, experts=RUNS, between=0) * (1 + NOISE / 4) + 7
    result = [methods.permutation_test([x[CLEAN]], [x[NOISY]], 199, rng) for x in data]
    assert_rate([x.p <= 0.05 for x in result], 0.05)
    assert_rate([covers(x) for x in result], 0.95)


def test_sign_flips_of_one_expert_hold_their_level(rng):
    data = clones(rng, experts=RUNS, between=0)
    assert_rate([methods.sign_flip_test(x[NOISY], 199, rng).p <= 0.05 for x in data], 0.05)


@pytest.mark.parametrize("slope", [0.0, 1.4])
def test_the_trend_of_one_expert_covers_and_without_one_holds_its_level(rng, slope):
    steps = slope * np.arange(LEVELS) / (LEVELS - 1)
    apart = np.subtract.outer(steps, steps)[np.tril_indices(LEVELS, -1)]
    truth = np.mean(2 * norm.cdf(apart / np.sqrt(2)) - 1)
    data = clones(rng, experts=RUNS) + steps[NOISE]
    result = [methods.trend_test([x], [NOISE], 199, rng) for x in data]
    assert_rate([covers(x, truth) for x in result], 0.95)
    if slope == 0:
        assert_rate([x.p <= 0.05 for x in result], 0.05)


def test_equivalence_of_one_expert_at_its_margin_is_found_once_in_twenty(rng):
    data = clones(rng, experts=RUNS, between=0)[:, CLEAN] + 2
    assert_rate([methods.equivalence(x, 2).p <= 0.05 for x in data], 0.05)


# ---- calibration: 3 experts x 8 levels x 8 clones, with variance between experts


def test_a_t_interval_of_the_means_of_three_experts_covers(rng):
    studies = [clones(rng)[:, CLEAN] for _ in range(RUNS)]
    assert_rate([covers(methods.t_interval(x.mean(axis=1))) for x in studies], 0.95)


def test_the_interquartile_mean_of_three_experts_covers_conditional_on_them(rng):
    spread = norm.ppf((np.arange(1000) + 0.5) / 1000)
    hits = []
    for _ in range(RUNS):
        means = rng.normal(size=(EXPERTS, 1))
        truth = float(methods.interquartile_mean((means + spread).ravel()))
        strata = [*(means + rng.normal(size=(EXPERTS, CLONES)))]
        result = methods.stratified_bootstrap(strata, methods.interquartile_mean, 999, rng)
        hits.append(covers(result, truth))
    assert_rate(hits, 0.95)


def test_contrasts_of_three_experts_hold_their_level(rng):
    within, over = [], []
    for _ in range(RUNS):
        x = clones(rng)
        within.append(methods.permutation_test([*x[:, CLEAN]], [*x[:, NOISY]], 199, rng))
        x = clones(rng, slopes=1.0)
        over.append(methods.t_interval(x[:, NOISY].mean(axis=1) - x[:, CLEAN].mean(axis=1)))
    for result in (within, over):
        assert_rate([x.p <= 0.05 for x in result], 0.05)
        assert_rate([covers(x) for x in result], 0.95)


def test_trends_of_three_experts_hold_their_level(rng):
    within, over = [], []
    for _ in range(RUNS):
        within.append(methods.trend_test([*clones(rng)], [NOISE] * EXPERTS, 199, rng))
        each = [methods.trend_test([x], [NOISE], 1, rng) for x in clones(rng, slopes=1.0)]
        over.append(methods.t_interval(np.array([x.estimate for x in each])))
    for result in (within, over):
        assert_rate([x.p <= 0.05 for x in result], 0.05)
        assert_rate([covers(x) for x in result], 0.95)


def test_equivalence_of_three_experts_at_its_margin_is_found_once_in_twenty(rng):
    means = [clones(rng, between=0.5)[:, CLEAN].mean(axis=1) + 9 for _ in range(RUNS)]
    assert_rate([methods.equivalence(x, 9).p <= 0.05 for x in means], 0.05)
