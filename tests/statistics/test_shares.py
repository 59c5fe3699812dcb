"""Shares: known answers, several experts, and pairs."""

import numpy as np
import pytest
from scipy.stats import binomtest

from brainiarb.statistics.shares import binomial, paired_shares, wilson


def marked(hits, n):
    return np.arange(n) < hits


@pytest.mark.parametrize(("hits", "n"), [(0, 8), (3, 8), (8, 8), (1, 2)])
def test_the_interval_of_a_share_is_wilsons(hits, n):
    result = wilson([marked(hits, n)])
    known = binomtest(hits, n).proportion_ci(0.95, "wilson")
    assert (result.low, result.high) == pytest.approx((known.low, known.high))
    assert result.estimate == hits / n


@pytest.mark.parametrize(
    ("hits", "n", "null", "side"),
    [(6, 8, 0.9, "less"), (8, 8, 0.9, "greater"), (0, 2, 0.9, "less"), (3, 8, 0.2, "greater")],
)
def test_the_test_of_a_share_is_exact(hits, n, null, side):
    result = binomial([marked(hits, n)], null, 0.9)
    assert result.p == pytest.approx(binomtest(hits, n, null, side).pvalue)
    known = binomtest(hits, n).proportion_ci(0.9)
    assert (result.low, result.high) == pytest.approx((known.low, known.high))


def test_experts_that_are_alike_count_all_their_clones_and_others_count_once():
    one = wilson([marked(4, 8)])
    alike = wilson([marked(4, 8)] * 6)
    apart = wilson([marked(8, 8)] * 3 + [marked(0, 8)] * 3)
    assert alike.estimate == apart.estimate == one.estimate == 0.5
    assert alike.high - alike.low < one.high - one.low < apart.high - apart.low


def test_a_share_that_no_expert_contradicts_still_has_an_interval():
    result = wilson([marked(4, 4)] * 6)
    assert (result.estimate, result.high) == (1, 1)
    assert 0.4 < result.low < 0.6


def test_pairs_have_the_p_of_mcnemar():
    first, second = marked(5, 8), marked(0, 8)
    result = paired_shares(first, second)
    assert result.estimate == -5 / 8
    assert result.p == pytest.approx(0.0253473)
    assert result.high < 0


def score(gained, lost, n, difference):
    """The score statistic of a paired difference, from its likelihood, maximised on a grid."""
    least = max(0.0, -difference) + 1e-9
    losing = np.linspace(least, (1 - difference) / 2 - 1e-9, 200_001)
    likelihood = (
        gained * np.log(losing + difference)
        + lost * np.log(losing)
        + (n - gained - lost) * np.log1p(-2 * losing - difference)
    )
    best = losing[np.argmax(likelihood)]
    return (gained - lost - n * difference) / np.sqrt(n * (2 * best + difference - difference**2))


@pytest.mark.parametrize(("gained", "lost"), [(3, 1), (6, 0), (2, 5)])
def test_the_interval_of_pairs_ends_where_the_score_test_does(gained, lost):
    n = 8
    result = paired_shares(marked(lost, n), np.roll(marked(gained, n), lost))
    assert abs(score(gained, lost, n, result.low)) == pytest.approx(1.96, abs=0.002)
    assert abs(score(gained, lost, n, result.high)) == pytest.approx(1.96, abs=0.002)


@pytest.mark.parametrize("gained", range(9))
@pytest.mark.parametrize("lost", range(3))
def test_the_interval_of_pairs_excludes_0_just_where_p_is_small(gained, lost):
    n = 12
    first = marked(lost, n)
    second = np.roll(marked(gained, n), lost)
    result = paired_shares(first, second)
    assert -1 <= result.low <= result.estimate <= result.high <= 1
    assert (result.low > 0 or result.high < 0) == (result.p < 0.05)


def test_pairs_that_are_all_alike_still_have_an_interval():
    result = paired_shares(marked(8, 8), marked(8, 8))
    assert (result.estimate, result.p) == (0, 1)
    assert result.high == pytest.approx(0.3244, abs=0.001)
    assert result.low == -result.high
