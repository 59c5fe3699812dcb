"""The promises of each measure on arrays: invariances, ranges, and layers without a value."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brainiarb.similarity.array_measures import (
    cca,
    linear_cka,
    linear_predictivity,
    procrustes,
    pwcca,
    rbf_cka,
    rsa,
    svcca,
)
from builders import related

MEASURES = {
    "linear CKA": (linear_cka, 0, 1),
    "debiased linear CKA": (lambda x, y: linear_cka(x, y, debiased=True), -1, 1),
    "RBF CKA": (rbf_cka, 0, 1),
    "debiased RBF CKA": (lambda x, y: rbf_cka(x, y, debiased=True), -1, 1),
    "Procrustes distance": (procrustes, 0, sqrt(2)),
    "Procrustes angle": (lambda x, y: procrustes(x, y, angular=True), 0, np.pi / 2),
    "CCA": (cca, 0, 1),
    "SVCCA": (svcca, 0, 1),
    "RSA": (lambda x, y: rsa(x, y, method="pearson"), -1, 1),
    "PWCCA": (pwcca, 0, 1),
}
sides = st.builds(
    related, st.integers(16, 30), st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1)
)
fast = settings(deadline=None, max_examples=25)


@pytest.mark.parametrize("name", MEASURES)
@given(sides, st.integers(-12, 12), st.floats(-100, 100), st.integers(0, 2**32 - 1))
@fast
def test_rotation_scale_shift_and_order_change_nothing(name, pair, power, shift, seed):
    measure, least, most = MEASURES[name]
    x, y = pair
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(y.shape[1], y.shape[1])))[0]
    order = rng.permutation(len(x))
    value = measure(x, y)
    assert least <= value <= most
    moved = (y @ rotation + shift) * 2.0**power
    assert measure(x[order], moved[order]) == pytest.approx(value, abs=1e-7)
    if name != "PWCCA":
        assert measure(y, x) == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize("name", MEASURES)
def test_a_side_is_most_like_itself(pair, name):
    measure, least, most = MEASURES[name]
    best = least if "Procrustes" in name else most
    assert measure(pair[0], pair[0] * 3 - 1) == pytest.approx(best, abs=1e-12)
    assert measure(*pair) != pytest.approx(best, abs=1e-3)


@given(sides, st.integers(0, 2**32 - 1))
@fast
def test_cca_and_pwcca_do_not_know_an_invertible_map(pair, seed):
    x, y = pair
    rng = np.random.default_rng(seed)
    bent = y @ (np.eye(y.shape[1]) + 0.3 * rng.normal(size=(y.shape[1],) * 2))
    for measure in (cca, pwcca):
        assert measure(x, bent) == pytest.approx(measure(x, y), abs=1e-6)


# ---- what has no value


@pytest.mark.parametrize("name", MEASURES)
def test_a_layer_without_variance_is_undefined_never_a_number(pair, name, caplog):
    x, _ = pair
    for still in (np.full((60, 3), 0.1), np.zeros((60, 1), np.float32)):
        for arguments in ((still, x), (x, still), (still, still)):
            caplog.clear()
            assert np.isnan(MEASURES[name][0](*arguments))
            assert "is undefined: " in caplog.text


@pytest.mark.parametrize("measure", [linear_cka, rbf_cka])
def test_debiased_needs_four_rows(pair, measure, caplog):
    x, y = pair
    assert np.isnan(measure(x[:3], y[:3], debiased=True))
    assert "is undefined: fewer than 4 rows" in caplog.text
    assert np.isfinite(measure(x[:4], y[:4], debiased=True))
    assert np.isfinite(measure(x[:3], y[:3]))


def test_debiased_needs_more_than_one_row_that_varies(pair, caplog):
    x, _ = pair
    single = np.zeros((60, 2))
    single[7] = 3
    assert np.isnan(linear_cka(single + 0.1, x, debiased=True))
    assert "is undefined: all variance in one row" in caplog.text
    assert np.isfinite(linear_cka(single + 0.1, x))


def test_values_that_are_not_finite_have_no_similarity(pair, caplog):
    x, y = pair
    assert np.isnan(linear_cka(np.where(x == x[5, 0], np.nan, x), y))
    assert np.isnan(linear_cka(np.where(x == x[5, 0], np.inf, x), y))
    assert caplog.text.count("is undefined: values that are not finite") == 2


def test_predictivity_needs_three_groups(pair, caplog):
    assert np.isnan(linear_predictivity(*pair, np.arange(60) % 2))
    assert "linear predictivity is undefined: fewer than 3 groups" in caplog.text


def test_unequal_rows_are_refused(pair):
    x, y = pair
    for measure, _, _ in MEASURES.values():
        with pytest.raises(ValueError, match=r"found \[59, 60\] rows"):
            measure(x, y[:-1])
    with pytest.raises(ValueError, match=r"found \[59, 60\] rows"):
        linear_predictivity(x, y, np.zeros(59))


def test_anything_but_two_matrices_is_refused(pair):
    with pytest.raises(ValueError, match=r"found shapes \(60,\) and \(60, 5\)"):
        linear_cka(pair[0][:, 0], pair[1])


def test_an_unknown_distance_is_refused(pair):
    with pytest.raises(ValueError, match="found sqeuclidean and kendall"):
        rsa(*pair, method="kendall")
