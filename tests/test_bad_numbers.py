"""No public function takes nan, infinity, an empty or a constant input for a measured number.

Each gives nan with a reason (a note, or a line in the log), or refuses the input in one sentence.
None gives a p value or another number for nan and infinity, and none lets numpy or scipy fail or
warn.
"""

import warnings
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pandas as pd
import pytest

from brainiarb.activity import decoding, jpca
from brainiarb.errors import Refused
from brainiarb.gait import period, spectra, strides
from brainiarb.similarity import array_measures
from brainiarb.statistics import blocks, dip, intervals, methods, shares

NOT_NUMBERS = (np.nan, np.inf, -np.inf)


def answer(function, *arguments):
    """Return what a function gives; None if it refuses. Any warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return function(*arguments)
        except Refused:
            return None


def numbers(result):
    """All numbers of a result: of an array, of a tuple or of the fields of a dataclass."""
    if result is None or isinstance(result, str):
        return np.zeros(0)
    if is_dataclass(result):
        result = [getattr(result, field.name) for field in fields(result)]
    if isinstance(result, list | tuple):
        return np.concatenate([np.zeros(0), *map(numbers, result)])
    return np.ravel(np.asarray(result, float))


def rng():
    return np.random.default_rng(0)


def padded(values):
    """The values, and ten numbers: enough for every test."""
    return np.concatenate([np.arange(10.0), values])


INFERENCES = {
    "t_interval": methods.t_interval,
    "t_interval_null": lambda values: methods.t_interval(np.arange(9.0), null=values[-1]),
    "stratified_bootstrap": lambda values: methods.stratified_bootstrap(
        [values, np.arange(4.0)], methods.interquartile_mean, 20, rng()
    ),
    "equivalence": lambda values: methods.equivalence(values, 0.1),
    "equivalence_margin": lambda values: methods.equivalence(np.arange(9.0), values[-1]),
    "clipped": lambda values: methods.clipped(methods.t_interval(values), 0, 1),
    "mapped": lambda values: methods.mapped(methods.t_interval(values), np.exp),
    "dip_test": lambda values: dip.dip_test([values, np.arange(9.0)], 20, rng()),
    "wilson": lambda values: shares.wilson([np.ones(3, bool), values]),
    "binomial": lambda values: shares.binomial([values], 0.5),
    "binomial_null": lambda values: shares.binomial([np.ones(3, bool)], values[-1]),
    "paired_shares": lambda values: shares.paired_shares(values, np.ones(len(values), bool)),
}
"""By name, functions of values (n) that give an `Inference`."""


@pytest.mark.parametrize("bad", NOT_NUMBERS)
@pytest.mark.parametrize("name", INFERENCES)
def test_an_inference_from_what_is_no_number_is_nan_and_says_why(name, bad):
    result = answer(INFERENCES[name], padded([bad]))
    assert np.isnan(numbers(result)).all()
    assert result is None or result.note == methods.NOT_FINITE


EMPTY = {
    "t_interval": lambda: methods.t_interval(np.zeros(0)),
    "no_strata": lambda: methods.stratified_bootstrap([], methods.interquartile_mean, 20, rng()),
    "empty_strata": lambda: methods.stratified_bootstrap(
        [np.zeros(0)] * 2, methods.interquartile_mean, 20, rng()
    ),
    "equivalence": lambda: methods.equivalence(np.zeros(0), 0.1),
    "dip_test": lambda: dip.dip_test([], 20, rng()),
    "wilson": lambda: shares.wilson([]),
    "wilson_of_no_clones": lambda: shares.wilson([np.zeros(0, bool)]),
    "binomial": lambda: shares.binomial([], 0.5),
    "paired_shares": lambda: shares.paired_shares(np.zeros(0, bool), np.zeros(0, bool)),
    "trend": lambda: blocks.trend([np.zeros((0, 4))], 20, rng()),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_inference_from_nothing_is_nan_and_says_why(name):
    result = answer(EMPTY[name])
    assert np.isnan(numbers(result)).all()
    assert result.note == methods.NO_VALUES


@pytest.mark.parametrize("bad", NOT_NUMBERS)
def test_a_value_that_is_no_number_counts_as_missing(bad):
    assert blocks.differences(np.array([1.0, bad, 3]), np.array([bad, bad, 4]))[0].tolist() == [1.0]
    assert blocks.differences(np.array([1.0, bad, 3]), np.array([bad, bad, 4]))[1] == 2
    rows = np.array([[1.0, 2, 3, bad], [1, bad, bad, 2]])
    np.testing.assert_array_equal(answer(blocks.trends, rows), [1.0, np.nan])
    assert answer(methods.holm, np.array([0.01, bad, 0.04]))[[0, 2]].tolist() == [0.02, 0.04]
    assert np.isnan(answer(methods.holm, np.array([0.01, bad, 0.04]))[1])
    assert answer(methods.p_value, 2.0, np.array([1.0, bad, 3])) == 2 / 3
    assert answer(intervals.central_interval, np.array([1.0, bad]), 0.05) == (1.0, 1.0)


@pytest.mark.parametrize("bad", NOT_NUMBERS)
def test_a_number_from_what_is_no_number_is_nan(bad):
    assert np.isnan(answer(methods.p_value, bad, np.arange(9.0)))
    assert np.isnan(answer(methods.standard_error, padded([bad])))
    assert np.isnan(answer(methods.interquartile_mean, padded([bad])))
    assert np.isnan(answer(dip.dip, padded([bad])))
    mixed = answer(dip.dip, np.stack([padded([bad]), padded([10])]))
    assert np.isnan(mixed[0])
    assert mixed[1] == dip.dip(padded([10]))


def test_a_number_from_nothing_is_nan():
    nothing = np.zeros(0)
    assert np.isnan(answer(methods.p_value, 1.0, nothing))
    assert np.isnan(answer(methods.standard_error, nothing))
    assert np.isnan(answer(methods.interquartile_mean, nothing))
    assert np.isnan(answer(dip.dip, nothing))
    assert np.isnan(answer(intervals.central_interval, nothing, 0.05)).all()
    assert np.isnan(answer(blocks.permuted_trends, np.zeros((0, 4)), 5, rng())).all()
    assert not len(answer(methods.holm, nothing))


def test_equal_values_never_have_p_zero():
    equal = np.full(8, 0.1)
    assert answer(methods.t_interval, equal).p == 2 / 2**8
    assert answer(methods.equivalence, equal, 1.0).p == 1 / 2**8
    assert np.isnan(answer(dip.dip_test, [equal], 20, rng()).p)
    assert answer(methods.p_value, 0.1, equal) == 1.0
    assert answer(blocks.trend, [np.ones((8, 4))], 20, rng()).p == 1.0


# ------------------------------------------------------------- gait, dynamics and similarity

RATE = 50.0


def layer(kind, rows=120):
    """Numbers (rows, 3) of which one is bad, none, or equal ones."""
    values = np.random.default_rng(0).normal(size=(0 if kind == "empty" else rows, 3))
    if kind == "constant":
        return np.full((rows, 3), 0.1)
    if kind != "empty":
        values[7, 1] = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}[kind]
    return values


KINDS = ("nan", "inf", "-inf", "empty", "constant")


def episodes(values):
    """Six episodes of equal length."""
    return np.arange(len(values)) // 20


def spectrum(values):
    return spectra.power_spectrum(values, RATE, 32)


BAND = (1.0, 20.0)
WALK = np.sin(np.arange(120) / 5)[:, None] * np.ones(3)
WITHOUT_A_VALUE = {
    "period": lambda x: period.period(x, RATE, longest=0.8).seconds,
    "fundamental": lambda x: spectra.fundamental(spectrum(x), band=BAND),
    "spectral_peak": lambda x: spectra.spectral_peak(spectrum(x), band=BAND),
    "harmonic_ratios": lambda x: spectra.harmonic_ratios(spectrum(x), 2.0, band=BAND),
    "hellinger": lambda x: spectra.hellinger(spectrum(x), spectrum(WALK), band=BAND),
    "hilbert_phase": lambda x: strides.hilbert_phase(x, 0.6, RATE),
    "return_map": lambda x: replace(strides.fit_return_map(x, x, rng()), n_pairs=np.nan, note=""),
    "components": lambda x: jpca.principal_components(x, 2).participation_ratio,
    "jpca": lambda x: jpca.jpca(x, episodes(x), RATE),
    "decode": lambda x: decoding.decode(WALK[: len(x)], x, episodes(x)).r2,
    **{
        name: lambda x, measure=measure: measure(x, WALK[: len(x)])
        for name, measure in {
            "linear_cka": array_measures.linear_cka,
            "rbf_cka": array_measures.rbf_cka,
            "procrustes": array_measures.procrustes,
            "cca": array_measures.cca,
            "svcca": array_measures.svcca,
            "pwcca": array_measures.pwcca,
            "rsa": array_measures.rsa,
            "linear_predictivity": lambda x, y: array_measures.linear_predictivity(
                x, y, episodes(x)
            ),
        }.items()
    },
    **{
        f"surrogates_{name}": lambda x, surrogate=surrogate: jpca.surrogate_r2(
            x, episodes(x), surrogate, 2, rng()
        )
        for name, surrogate in jpca.SURROGATES.items()
    },
}
"""By name, functions of a signal (n, 3) that have no value for any of `KINDS`."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WITHOUT_A_VALUE)
def test_what_cannot_be_computed_is_nan_or_refused(name, kind):
    assert np.isnan(numbers(answer(WITHOUT_A_VALUE[name], layer(kind)))).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["linear_cka", "procrustes", "cca", "pwcca", "rsa"])
def test_a_similarity_without_a_value_is_told_in_the_log(name, kind, caplog):
    WITHOUT_A_VALUE[name](layer(kind))
    assert "is undefined: " in caplog.text


@pytest.mark.parametrize("name", ["linear_cka", "rbf_cka", "procrustes", "cca", "pwcca", "rsa"])
def test_all_measures_take_the_same_array_likes(name):
    x = np.random.default_rng(1).normal(size=(120, 3))
    measure = WITHOUT_A_VALUE[name]
    for same in (x.tolist(), pd.DataFrame(x), np.ma.masked_array(x), x.astype(object)):
        assert measure(same) == measure(x)
    assert np.isnan(measure(np.ma.masked_array(x, x > 1)))
    for other in (x.astype(str), x + 1j):
        with pytest.raises(Refused, match="real numbers"):
            measure(other)


@pytest.mark.parametrize("rows", [0, 1, 27, 28])
def test_a_short_pose_has_no_phase(rows):
    phase = answer(strides.hilbert_phase, WALK[:rows] + np.arange(rows)[:, None], 0.6, RATE)
    assert np.isnan(phase).all() == (rows < 28)


@pytest.mark.parametrize("rate", [0.0, np.nan, np.inf])
def test_a_sampling_rate_that_is_no_number_is_refused(rate):
    assert answer(period.period, WALK, rate) is None
    assert answer(spectra.power_spectrum, WALK, rate, 32) is None


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [1.0, np.inf], [0.0, 0.0]])
def test_values_without_a_symmetry_index_give_nan(values):
    assert np.isnan(answer(strides.symmetry_index, values))
