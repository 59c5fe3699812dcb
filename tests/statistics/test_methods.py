"""Statistics: known answers, then calibration at the sizes of the default and the full study."""

import numpy as np
import pytest
from scipy import stats as reference
from scipy.stats import binom, norm

from brainiarb.statistics import methods

LEVELS, CLONES, EXPERTS, RUNS = 8, 8, 3, 1000
NOISE = np.repeat(np.arange(LEVELS), CLONES)
CLEAN, NOISY = NOISE == 0, (NOISE > 0) & (NOISE < 5)
BETWEEN = 3.0  # standard deviation between experts, of clones 1


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def assert_rate(hits, rate):
    """Hold the share of hits to the band that 99 of 100 calibrated methods stay in."""
    assert len(hits) >= 200
    low, high = binom.interval(0.99, len(hits), rate)
    assert low <= sum(hits) <= high, f"{sum(hits)} of {len(hits)} outside {low:.0f} to {high:.0f}"


def covers(result, truth=0.0):
    return result.low < truth < result.high


def clones(rng, slopes=0.0, between=BETWEEN, experts=EXPERTS):
    """Values of the clones of each expert (E, 64), at NOISE each, with variance between experts."""
    means = between * rng.normal(size=(experts, 1))
    slopes = slopes * rng.normal(size=(experts, 1))
    return means + slopes * NOISE / (LEVELS - 1) + rng.normal(size=(experts, len(NOISE)))


# ---- known answers


def test_t_interval_of_students_sleep_data():
    found = methods.t_interval(np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]))
    assert (found.estimate, found.low, found.high) == pytest.approx((1.58, 0.7001142, 2.4598858))
    assert found.p == pytest.approx(0.002833, abs=1e-6)


@pytest.mark.parametrize("values", [[3.0], [0.1, 0.1, 0.1]])
def test_what_has_no_spread_has_no_interval(values):
    found = methods.t_interval(np.array(values))
    assert found.estimate == pytest.approx(values[0])
    assert np.isnan([found.low, found.high, found.p]).all()


def test_interquartile_mean_cuts_a_quarter_at_either_end(rng):
    assert methods.interquartile_mean(np.array([9.0, -50, 1, 2, 3, 4, 5, 1e6])) == 3.5
    values = rng.normal(size=(5, 21))
    expected = reference.trim_mean(values, 0.25, axis=1)
    np.testing.assert_allclose(methods.interquartile_mean(values), expected)


def test_strata_are_drawn_each_by_itself(rng):
    strata = [np.array([1.0, 1.0]), np.array([5.0, 5.0])]
    found = methods.stratified_bootstrap(strata, lambda x: x.mean(-1), 100, rng)
    assert (found.estimate, found.low, found.high) == (3, 3, 3)


def test_hierarchical_bootstrap_of_one_value_per_level_is_the_bootstrap_of_experts(rng):
    values = [[np.array([value])] for value in (0.0, 1.0)]
    found = methods.hierarchical_bootstrap(values, 2000, rng)
    assert (found.estimate, found.low, found.high) == (0.5, 0, 1)


def test_a_small_permutation_test_is_exact_and_its_interval_welchs(rng):
    first, second = np.array([0.0, 1, 2.5]), np.array([10.0, 12, 13])
    found = methods.permutation_test([first], [second], 1000, rng)
    assert found.p == found.smallest == pytest.approx(2 / 20)
    welch = reference.ttest_ind(second, first, equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((welch.low, welch.high))
    twice = methods.permutation_test([first] * 2, [second] * 2, 1000, rng)
    assert twice.p == pytest.approx(2 / 400)
    assert twice.estimate == pytest.approx(found.estimate)


def test_a_large_permutation_test_agrees_with_all_arrangements(rng):
    first, second = rng.normal(size=6), rng.normal(size=7) + 1
    exact = methods.permutation_test([first], [second], 2000, rng).p
    drawn = methods.permutation_test([first], [second], 1700, rng)
    assert drawn.smallest == 1 / 1701
    assert drawn.p == pytest.approx(exact, abs=4 * np.sqrt(exact / 1700))


def test_exchanging_clones_cannot_resolve_two_against_two(rng):
    found = methods.permutation_test([np.array([0.0, 1])], [np.array([100.0, 101])], 1000, rng)
    assert found.p == found.smallest == pytest.approx(2 / 6)


def test_sign_flips_of_darwins_maize(rng):
    darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    found = methods.sign_flip_test(np.array(darwin, float), 40_000, rng)
    assert found.p == pytest.approx(1726 / 32768)
    assert found.smallest == 2 / 32768


def test_trend_of_the_motivation_data_of_hollander_and_wolfe(rng):
    values = np.array([40, 35, 38, 43, 44, 41, 38, 40, 47, 44, 40, 42, 48, 40, 45, 43, 46, 44.0])
    levels = np.repeat([0, 1, 2], 6)
    found = methods.trend_test([values], [levels], 100, rng)
    assert found.estimate == pytest.approx((2 * 79 - 108) / 108)
    # Kendall's S of values and groups has the same variance, ties of both sides counted.
    kendall = reference.kendalltau(levels, values, method="asymptotic")
    assert found.p == pytest.approx(kendall.pvalue)
    assert found.p == pytest.approx(0.0413, abs=0.0005)


def test_trends_are_counted_within_experts_only(rng):
    levels = np.array([0, 1, 2] * 2)
    rising = levels + np.array([0, 0, 0, 9, 9, 9.0])
    found = methods.trend_test([rising, -rising], [levels, levels], 100, rng)
    assert (found.estimate, found.p) == (0, 1)
    few = methods.trend_test([np.arange(3.0)], [np.arange(3)], 100, rng)
    assert few.estimate == 1
    assert few.p == few.smallest == pytest.approx(2 / 6)


def test_equivalence_is_the_larger_of_two_one_sided_p(rng):
    differences = rng.normal(size=8) + 0.3
    found = methods.equivalence(differences, 0.8)
    sides = [
        reference.ttest_1samp(differences, -0.8, alternative="greater"),
        reference.ttest_1samp(differences, 0.8, alternative="less"),
    ]
    assert found.p == pytest.approx(max(side.pvalue for side in sides))
    low, high = sides[0].confidence_interval(0.95).low, sides[1].confidence_interval(0.95).high
    assert (found.low, found.high) == pytest.approx((low, high))


def test_holm_steps_down_and_leaves_out_what_was_no_test():
    p = np.array([0.01, 0.04, np.nan, 0.03, 0.005])
    np.testing.assert_allclose(methods.holm(p), [0.03, 0.06, np.nan, 0.06, 0.02])


def test_dips_of_known_samples(rng):
    assert methods.dip(np.array([0.0, 0, 1, 1])) == pytest.approx(0.25)
    assert methods.dip(np.arange(10.0)) == pytest.approx(1 / 20)
    # By Hartigan's own algorithm, in the package diptest; ties make a jump off the mode dear.
    uneven = np.array([-0.82710469, -0.61077796, 0.42115653, 1.21022274, 1.39780857])
    assert methods.dip(uneven) == pytest.approx(0.168145513, abs=1e-8)
    tied = np.array([-3.0, -3, -2, 0, 2, 4, 5, 5])
    assert methods.dip(np.stack([tied, tied * 7 + 1])) == pytest.approx(1 / 7, abs=1e-8)


def test_two_kinds_of_clones_at_every_level_show_in_the_mean_dip(rng):
    cells = rng.normal(size=(LEVELS, CLONES)) * 0.05
    cells[:, :3] += 1
    assert methods.dip_test([*cells], 999, rng).p <= 0.005
    one = methods.dip_test([*rng.normal(size=(LEVELS, CLONES))], 999, rng)
    assert one.p > 0.05
    assert np.isnan(methods.dip_test([np.ones(8), np.arange(3.0)], 999, rng).p)


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
    found = [methods.permutation_test([x[CLEAN]], [x[NOISY]], 199, rng) for x in data]
    assert_rate([x.p <= 0.05 for x in found], 0.05)
    assert_rate([covers(x) for x in found], 0.95)


def test_sign_flips_of_one_expert_hold_their_level(rng):
    data = clones(rng, experts=RUNS, between=0)
    assert_rate([methods.sign_flip_test(x[NOISY], 199, rng).p <= 0.05 for x in data], 0.05)


@pytest.mark.parametrize("slope", [0.0, 1.4])
def test_the_trend_of_one_expert_covers_and_without_one_holds_its_level(rng, slope):
    steps = slope * np.arange(LEVELS) / (LEVELS - 1)
    apart = np.subtract.outer(steps, steps)[np.tril_indices(LEVELS, -1)]
    truth = np.mean(2 * norm.cdf(apart / np.sqrt(2)) - 1)
    data = clones(rng, experts=RUNS) + steps[NOISE]
    found = [methods.trend_test([x], [NOISE], 199, rng) for x in data]
    assert_rate([covers(x, truth) for x in found], 0.95)
    if slope == 0:
        assert_rate([x.p <= 0.05 for x in found], 0.05)


def test_equivalence_of_one_expert_at_its_margin_is_found_once_in_twenty(rng):
    data = clones(rng, experts=RUNS, between=0)[:, CLEAN] + 2
    assert_rate([methods.equivalence(x, 2).p <= 0.05 for x in data], 0.05)


def dip_p(cells, rng):
    """Return the p of `dip_test` for each study (RUNS, cells, CLONES), all dips in one call."""
    observed = methods.dip(cells).mean(axis=1)
    sizes = [CLONES] * cells.shape[1]
    nulls = (methods.dip_null(sizes, 199, rng) for _ in observed)
    return np.array(
        [(1 + (null >= x).sum()) / 200 for x, null in zip(observed, nulls, strict=True)]
    )


def test_one_mode_at_every_level_is_taken_for_more_once_in_twenty_at_most(rng):
    assert_rate(dip_p(rng.random((RUNS, LEVELS, CLONES)), rng) <= 0.05, 0.05)
    assert np.mean(dip_p(rng.normal(size=(RUNS, LEVELS, CLONES)), rng) <= 0.05) <= 0.05


# ---- calibration: 3 experts x 8 levels x 8 clones, with variance between experts


def test_a_t_interval_of_expert_means_covers_where_a_bootstrap_of_three_does_not(rng):
    studies = [clones(rng)[:, CLEAN] for _ in range(RUNS)]
    assert_rate([covers(methods.t_interval(x.mean(axis=1))) for x in studies], 0.95)
    episodes = [x[..., None] + rng.normal(size=(EXPERTS, CLONES, 4)) for x in studies[:300]]
    bootstrap = [methods.hierarchical_bootstrap([*map(list, x)], 300, rng) for x in episodes]
    assert np.mean([covers(x) for x in bootstrap]) < 0.9


def test_a_hierarchical_bootstrap_of_many_experts_covers(rng):
    found = []
    for _ in range(300):
        of_clones = clones(rng, experts=30)[:, CLEAN, None] + rng.normal(size=(30, CLONES, 4))
        found.append(methods.hierarchical_bootstrap([*map(list, of_clones)], 400, rng))
    assert_rate([covers(x) for x in found], 0.95)


def test_the_interquartile_mean_of_three_experts_covers_conditional_on_them(rng):
    spread = norm.ppf((np.arange(1000) + 0.5) / 1000)
    hits = []
    for _ in range(RUNS):
        means = rng.normal(size=(EXPERTS, 1))
        truth = float(methods.interquartile_mean((means + spread).ravel()))
        strata = [*(means + rng.normal(size=(EXPERTS, CLONES)))]
        found = methods.stratified_bootstrap(strata, methods.interquartile_mean, 999, rng)
        hits.append(covers(found, truth))
    assert_rate(hits, 0.95)


def test_contrasts_of_three_experts_hold_their_level(rng):
    within, over = [], []
    for _ in range(RUNS):
        x = clones(rng)
        within.append(methods.permutation_test([*x[:, CLEAN]], [*x[:, NOISY]], 199, rng))
        x = clones(rng, slopes=1.0)
        over.append(methods.t_interval(x[:, NOISY].mean(axis=1) - x[:, CLEAN].mean(axis=1)))
    for found in (within, over):
        assert_rate([x.p <= 0.05 for x in found], 0.05)
        assert_rate([covers(x) for x in found], 0.95)


def test_trends_of_three_experts_hold_their_level(rng):
    within, over = [], []
    for _ in range(RUNS):
        within.append(methods.trend_test([*clones(rng)], [NOISE] * EXPERTS, 199, rng))
        each = [methods.trend_test([x], [NOISE], 1, rng) for x in clones(rng, slopes=1.0)]
        over.append(methods.t_interval(np.array([x.estimate for x in each])))
    for found in (within, over):
        assert_rate([x.p <= 0.05 for x in found], 0.05)
        assert_rate([covers(x) for x in found], 0.95)


def test_equivalence_of_three_experts_at_its_margin_is_found_once_in_twenty(rng):
    means = [clones(rng, between=0.5)[:, CLEAN].mean(axis=1) + 9 for _ in range(RUNS)]
    assert_rate([methods.equivalence(x, 9).p <= 0.05 for x in means], 0.05)


def test_one_mode_in_three_experts_is_taken_for_more_once_in_twenty_at_most(rng):
    assert_rate(dip_p(rng.random((RUNS, EXPERTS * LEVELS, CLONES)), rng) <= 0.05, 0.05)
