"""Verdicts: what a sample of effects says of a hypothesis."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from brainiarb.statistics.verdicts import combined, evidence, reason, tail, verdict
from claim_tables import part

EFFECT, DROP = part("higher", 1.0), part("lower", -1.0)
BOUND, CAP = part("at_least", 1.0), part("at_most", 1.0)
ALIKE = part("within", 1.0)
RATIO = part("lower", 0.5, "ratio", no_effect=1.0, logarithms=True)


def near(mean, spread=0.1, n=5):
    return mean + spread * np.linspace(-1, 1, n)


def judged(units, hypothesis, alpha=0.05):
    found = evidence(np.asarray(units, float), hypothesis)
    return verdict(found, found.p, found.p_against, alpha)


@pytest.mark.parametrize(
    ("hypothesis", "units", "answer"),
    [
        (EFFECT, near(2.0), "supported"),
        (EFFECT, near(0.0), "contradicted"),
        (EFFECT, near(0.7), "contradicted"),
        (EFFECT, near(-2.0), "contradicted"),
        (EFFECT, near(0.9, 0.5), "not resolved"),
        (EFFECT, near(0.6, 3.0), "not resolved"),
        (DROP, near(-2.0), "supported"),
        (DROP, near(2.0), "contradicted"),
        (BOUND, near(2.0), "supported"),
        (BOUND, near(0.5), "contradicted"),
        (BOUND, near(1.05), "not resolved"),
        (CAP, near(0.5), "supported"),
        (CAP, near(2.0), "contradicted"),
        (ALIKE, near(0.2), "supported"),
        (ALIKE, near(-2.0), "contradicted"),
        (ALIKE, near(2.0), "contradicted"),
        (ALIKE, near(0.0, 3.0), "not resolved"),
        (ALIKE, near(0.95), "not resolved"),
        (RATIO, np.log([0.2, 0.25, 0.3]), "supported"),
        (RATIO, np.log([0.9, 1.0, 1.1]), "contradicted"),
    ],
)
def test_a_verdict_says_whether_the_claim_holds(hypothesis, units, answer):
    assert judged(units, hypothesis) == answer


@pytest.mark.parametrize("units", [[], [2.0], [2.0, np.nan], [2.0, np.inf]])
def test_fewer_than_two_numbers_are_not_testable(units):
    assert judged(units, EFFECT) == "not testable"


def test_equal_units_are_an_answer():
    assert judged([2.0] * 5, EFFECT) == "supported"
    assert judged([0.0] * 5, EFFECT) == "contradicted"
    assert judged([2.0] * 4, EFFECT) == "not resolved"
    assert tail(np.full(5, 1.0), 1.0, 1) == 1.0
    assert tail(np.full(5, 1.2), 1.0, 1) == 1 / 32


@pytest.mark.parametrize(("side", "alternative"), [(1, "greater"), (-1, "less")])
def test_a_tail_is_that_of_students_test(side, alternative):
    units = np.array([0.3, 1.2, 0.7, 2.0])
    assert tail(units, 0.5, side) == pytest.approx(
        ttest_1samp(units, 0.5, alternative=alternative).pvalue
    )


def test_an_effect_that_is_shown_but_smaller_than_the_smallest_does_not_support():
    found = evidence(near(0.9, 0.2), EFFECT)
    assert found.p < 0.01
    assert not found.reached
    assert judged(near(0.9, 0.2), EFFECT) == "not resolved"


@pytest.mark.parametrize("hypothesis", [EFFECT, DROP, BOUND, CAP, ALIKE])
def test_no_sample_speaks_for_and_against(hypothesis):
    rng = np.random.default_rng(1)
    for _ in range(300):
        found = evidence(rng.normal(size=2) * 2 + rng.normal() * 3, hypothesis)
        assert not (found.p <= 0.2 and found.reached and found.p_against <= 0.2)


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "contradicted"], "contradicted"),
        (["not testable", "contradicted"], "contradicted"),
        (["supported", "not resolved"], "not resolved"),
        (["not resolved", "not testable"], "not testable"),
        (["", ""], ""),
    ],
)
def test_all_parts_of_a_claim_must_hold(answers, verdict):
    assert combined(answers) == verdict


@pytest.mark.parametrize(
    ("hypothesis", "units", "words"),
    [
        (EFFECT, near(2.0), "no effect is excluded, and the estimate reaches 1"),
        (EFFECT, near(0.0), "an effect of 1 is excluded"),
        (EFFECT, near(0.7), "an effect of 1 is excluded; there is an effect, but a smaller one"),
        (EFFECT, near(0.9, 0.5), "there is an effect, but whether it is as large as 1 is open"),
        (EFFECT, near(0.5, 3.0), "the interval holds 1 and no effect"),
        (BOUND, near(2.0), "values below 1 are excluded"),
        (CAP, near(2.0), "values of at most 1 are excluded"),
        (CAP, near(1.0), "the interval holds 1"),
        (ALIKE, near(0.0), "values beyond the margin 1 are excluded"),
        (ALIKE, near(0.95), "the interval holds an end of the margin 1"),
    ],
)
def test_a_reason_says_what_is_excluded(hypothesis, units, words):
    answer = judged(units, hypothesis)
    assert reason(evidence(units, hypothesis), hypothesis, answer, 0.05) == words


def test_a_reason_says_when_the_correction_decides():
    found = evidence(near(2.0, 1.0), EFFECT)
    assert verdict(found, 0.06, 1.0, 0.05) == "not resolved"
    assert reason(found, EFFECT, "not resolved", 0.05).startswith("the correction")
