"""Calibration of verdicts on the design of the study: at most one in twenty is false.

The designs are five experts with four clones of each of two levels, and one expert with four.
Clones of one number share their first network at both levels; experts differ from one another.
"""

import numpy as np
import pytest
from scipy.stats import binom

from brainiarb.statistics.blocks import differences
from brainiarb.statistics.effects import Effects
from brainiarb.statistics.ledger import CONTRADICTED, EFFECTS, SUPPORTED
from brainiarb.statistics.verdicts import evidence, verdict
from claim_tables import part
from designs import RUNS, modes, studies

DESIGNS = {
    "five experts": {"experts": 5, "blocks": 4, "between": 1.0, "effect": 0.5},
    "one expert": {"experts": 1, "blocks": 4},
}
every_design = pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
MOST = binom.ppf(0.995, RUNS, 0.05) / RUNS
"""The largest share of false verdicts in the binomial band of 0.05."""

HYPOTHESES = {
    "higher": part("higher", 2.0),
    "lower": part("lower", -2.0),
    "at_least": part("at_least", 2.0),
    "at_most": part("at_most", 2.0),
    "within": part("within", 2.0),
}
every_hypothesis = pytest.mark.parametrize("hypothesis", HYPOTHESES.values(), ids=HYPOTHESES)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def rates(found, hypothesis):
    """The shares of studies whose verdict is `supported` and `contradicted`."""
    tested = [evidence(x.units, hypothesis, x.least_error) for x in found]
    answers = [verdict(x, x.p, x.p_against, 0.05) for x in tested]
    return np.mean([a == SUPPORTED for a in answers]), np.mean([a == CONTRADICTED for a in answers])


def effects_of(blocks, shares, span=0.0):
    named = {f"expert_{number}": x for number, x in enumerate(blocks)}
    return Effects(named, 0, (-np.inf, np.inf), shares=shares, span=span)


def values(drawn, span=0.0):
    return [effects_of([*study[..., 0]], False, span) for study in drawn]


def contrasts(drawn, shares=False):
    drawn = drawn.astype(float)
    return [
        effects_of([differences(x[:, 0], x[:, -1])[0] for x in study], shares) for study in drawn
    ]


@every_design
@every_hypothesis
@pytest.mark.parametrize("asked", [values, contrasts])
def test_one_in_twenty_is_supported_without_effect_or_contradicted_with_the_smallest(
    asked, hypothesis, design, rng
):
    drawn = studies(rng, **design, levels=2)
    for truth, false in [(0.0, SUPPORTED), (hypothesis.smallest, CONTRADICTED)]:
        shifted = drawn.copy()
        shifted[..., -1 if asked is contrasts else 0] += truth
        supported, contradicted = rates(asked(shifted), hypothesis)
        if false == CONTRADICTED:
            assert contradicted <= MOST
        # Of a bound or a margin, the claim is false just beyond it; of an effect, without any.
        if (false == SUPPORTED) == (hypothesis.expects in EFFECTS):
            assert supported <= MOST


def chances(rng, mean, design):
    """The chance of a mode in each study and expert, which differs between experts."""
    return rng.beta(5 * mean, 5 * (1 - mean), size=(RUNS, design["experts"], 1, 1))


@every_design
@pytest.mark.parametrize("chance", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_shares_of_two_modes_are_not_told_apart_more_often_where_they_are_equal(
    chance, design, rng
):
    shape = (RUNS, design["experts"], design["blocks"], 2)
    each = chances(rng, chance, design)
    drawn = modes(rng, np.broadcast_to(each, shape))
    assert rates(contrasts(drawn, shares=True), part("higher", 0.25))[0] <= MOST
    assert rates(contrasts(drawn, shares=True), part("lower", -0.25))[0] <= MOST


@every_design
@pytest.mark.parametrize("chance", [0.1, 0.3, 0.5])
def test_a_share_that_rises_by_the_smallest_effect_is_rarely_contradicted(chance, design, rng):
    shape = (RUNS, design["experts"], design["blocks"], 1)
    each = chances(rng, chance, design)
    raised = each + 0.25 * (1 - each) / (1 - chance)
    drawn = modes(rng, np.concatenate([np.broadcast_to(x, shape) for x in (each, raised)], axis=-1))
    assert rates(contrasts(drawn, shares=True), part("higher", 0.25))[1] <= MOST


@every_design
@pytest.mark.parametrize("bound", [0.1, 0.25, 0.5, 0.75, 0.9])
def test_a_mean_of_two_modes_at_its_bound_is_on_either_side_once_in_twenty_at_most(
    bound, design, rng
):
    shape = (RUNS, design["experts"], design["blocks"], 1)
    each = chances(rng, bound, design)
    each = each if design["experts"] > 1 else np.array(bound)
    drawn = modes(rng, np.broadcast_to(each, shape)) + 0.05 * rng.normal(size=shape)
    for expects in ("at_least", "at_most"):
        assert max(rates(values(drawn, span=1.0), part(expects, bound))) <= MOST
