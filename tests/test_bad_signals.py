"""Cycles, contacts, actions and nulls take no nan, infinity, empty or constant input for a value.

`test_bad_numbers.py` asks the same of statistics and of all other measures of signals.
"""

import numpy as np
import pytest

from brainiarb.activity.silent_units import silent_share
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.gait import alternation, contacts, cycles, rates
from brainiarb.similarity import acting, nulls
from brainiarb.similarity.adjusted_cka import deconfounded_cka, whitened_cka
from brainiarb.similarity.streaming import cross_products, in_chunks
from brainiarb.statistics import dip
from test_bad_numbers import KINDS, RATE, WALK, answer, episodes, layer, numbers, rng

GAUSSIAN = acting.Gaussian(WALK, WALK)
NOT_FINITE = ("nan", "inf", "-inf")


def bootstrapped(x):
    weights = nulls.episode_weights(len(np.unique(episodes(x))), 5, rng())
    return nulls.bootstrap_cka(x, WALK[: len(x)], episodes(x), weights)


def adjusted(measure, x, states=None):
    """A CKA of x with a walk, beside observations that explain neither."""
    states = np.random.default_rng(3).normal(size=(len(x), 2)) if states is None else states
    networks = [{"x": x}, {"x": WALK[: len(x)]}, {OBSERVATIONS: states}]
    return measure(cross_products(in_chunks(networks), dtype=np.float64), 0, 1, 0, 0)


WITHOUT_A_VALUE = {
    "r2": lambda x: acting.r2(x, WALK[: len(x)]),
    "bootstrap_cka": bootstrapped,
    "deconfounded_cka": lambda x: adjusted(deconfounded_cka, x),
    "whitened_cka": lambda x: adjusted(whitened_cka, x),
    "swap_null": lambda x: nulls.swap_null(x, WALK[: len(x)], episodes(x), 5, rng()).p_value(),
    "shift_null": lambda x: nulls.shift_null(x, WALK[: len(x)], episodes(x), 2).p_value(),
}
"""By name, functions of a layer (n, 3) that have no value for any of `KINDS`."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WITHOUT_A_VALUE)
def test_what_cannot_be_computed_is_nan(name, kind):
    assert np.isnan(numbers(answer(WITHOUT_A_VALUE[name], layer(kind)))).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_pose_without_a_cycle_gives_none(kind):
    assert answer(cycles.choose_cycle, layer(kind), 0.6, RATE) is None


@pytest.mark.parametrize("seconds", [np.nan, np.inf, 0.0, -1.0, 1e300])
def test_a_period_that_is_none_has_no_cycle(seconds):
    assert answer(cycles.choose_cycle, WALK, seconds, RATE) is None


@pytest.mark.parametrize("kind", NOT_FINITE)
@pytest.mark.parametrize("place", ["mean", "log_std", "other mean", "other log_std"])
def test_a_divergence_of_what_is_no_number_is_nan(place, kind):
    bad = layer(kind)
    pairs = {
        "mean": (acting.Gaussian(bad, WALK), GAUSSIAN),
        "log_std": (acting.Gaussian(WALK, bad), GAUSSIAN),
        "other mean": (GAUSSIAN, acting.Gaussian(bad, WALK)),
        "other log_std": (GAUSSIAN, acting.Gaussian(WALK, bad)),
    }
    assert np.isnan(answer(acting.gaussian_kl, *pairs[place]))
    assert np.isnan(answer(acting.r2, WALK, bad))


def test_a_divergence_of_no_states_is_nan_and_of_equal_ones_is_zero():
    nothing = acting.Gaussian(layer("empty"), layer("empty"))
    assert np.isnan(answer(acting.gaussian_kl, nothing, nothing))
    assert answer(acting.gaussian_kl, GAUSSIAN, GAUSSIAN) == 0


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf])
def test_contacts_of_no_sampling_rate_are_refused(rate):
    touching = np.ones((50, 2), bool)
    assert answer(contacts.touches, touching, rate) is None
    assert answer(contacts.foot_strikes, touching, rate) is None


def test_contacts_of_no_rows_have_no_strikes():
    nothing = np.zeros((0, 2), bool)
    assert [len(foot) for foot in answer(contacts.foot_strikes, nothing, RATE)] == [0, 0]


@pytest.mark.parametrize("cells", [[[1.0, 2.0, 3.0]], [[0.1] * 8], [[1.0, 2.0], [3.0] * 5]])
def test_too_few_or_equal_clones_have_no_dip_and_a_note(cells):
    result = answer(dip.dip_test, [np.array(cell) for cell in cells], 20, rng())
    assert np.isnan([result.estimate, result.p]).all()
    assert result.note == dip.NO_CELL


@pytest.mark.parametrize("kind", [*NOT_FINITE, "empty"])
def test_no_share_of_units_and_no_observations_are_of_what_is_no_number(kind):
    assert np.isnan(answer(silent_share, layer(kind)))
    walk = WALK[: len(layer(kind))]
    assert np.isnan(answer(adjusted, deconfounded_cka, walk, layer(kind)))


@pytest.mark.parametrize("kind", NOT_FINITE)
def test_a_pose_that_is_no_number_is_a_missed_strike(kind):
    missed = layer(kind)
    missed[7] = np.nan
    found = answer(alternation.alternation, [[layer(kind)]], rng(), 9)
    assert found == answer(alternation.alternation, [[missed]], rng(), 9)


@pytest.mark.parametrize("rate", [np.nan, np.inf, 0.0, -1.0])
def test_a_rate_that_is_none_is_folded_and_compared_with_nothing(rate):
    np.testing.assert_equal(answer(rates.fold, rate, 1.7), (rate, 1.0))
    assert answer(rates.fold, 1.7, rate) == (1.7, 1.0)
    assert np.isnan(answer(rates.disagreement, {"a": rate, "b": 2.0}))
