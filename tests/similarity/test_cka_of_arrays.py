"""CKA of two arrays, linear and RBF: exact on hard inputs, equal to definitions and print."""

from fractions import Fraction
from math import copysign, sqrt

import numpy as np
import pytest

from brainiarb.similarity.array_measures import linear_cka, rbf_cka
from builders import related, with_outliers


def hsic(k, m, debiased):
    """Song et al. 2012, eq. 4 (up to a factor) and 5, of kernels that need not be centred."""
    n = len(k)
    if not debiased:
        h = np.eye(n) - np.full((n, n), 1 / n)
        return np.trace(k @ h @ m @ h)
    k, m = (kernel - np.diag(np.diag(kernel)) for kernel in (k, m))
    ones = np.ones(n)
    first = np.trace(k @ m)
    second = (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
    return first + second - 2 / (n - 2) * (ones @ k @ m @ ones)


def cka(k, m, debiased):
    """Kornblith et al. 2019, eq. 4."""
    return hsic(k, m, debiased) / np.sqrt(hsic(k, k, debiased) * hsic(m, m, debiased))


def exact_linear_cka(x, y, debiased):
    """The same for linear kernels of centred columns, in exact arithmetic but for the root."""
    n = len(x)

    def kernel(values):
        rows = [[Fraction(float(v)) for v in row] for row in values]
        means = [sum(column) / n for column in zip(*rows, strict=True)]
        rows = [[v - m for v, m in zip(row, means, strict=True)] for row in rows]
        entries = [[sum(map(product_of, row, column)) for column in rows] for row in rows]
        if debiased:
            for i in range(n):
                entries[i][i] = Fraction(0)
        return entries

    def exact_hsic(k, m):
        value = sum(sum(map(product_of, *rows)) for rows in zip(k, m, strict=True))
        if debiased:
            of_k, of_m = ([sum(row) for row in kernel] for kernel in (k, m))
            value += sum(of_k) * sum(of_m) / ((n - 1) * (n - 2))
            value -= Fraction(2, n - 2) * sum(map(product_of, of_k, of_m))
        return value

    k, m = kernel(x), kernel(y)
    cross = exact_hsic(k, m)
    return copysign(sqrt(cross**2 / (exact_hsic(k, k) * exact_hsic(m, m))), cross)


def product_of(a, b):
    return a * b


SMALL, OTHER = related(24, 4, 3)
HARD = {
    "easy": (SMALL, OTHER),
    "mean of 1e6": (SMALL + 1e6, OTHER - 1e6),
    "mean of 1e6 in float32": ((SMALL + 1e6).astype(np.float32), OTHER),
    "float32 that would overflow": ((SMALL * 1e37).astype(np.float32), OTHER),
    "float32 that would underflow": ((SMALL * 1e-38).astype(np.float32), OTHER),
    "constant columns": (np.column_stack([SMALL, np.full(24, 0.1), np.zeros(24)]), OTHER),
    "duplicated columns": (np.column_stack([SMALL, SMALL[:, :1], SMALL[:, :1]]), OTHER),
    "fewer rows than columns": related(6, 12, 9),
    "one outlier": (with_outliers(SMALL, 1e6, 1), OTHER),
    "outliers on both sides": (with_outliers(SMALL, 1e6, 2), with_outliers(OTHER, 1e5, 3)),
    "outliers and a mean": (with_outliers(SMALL, 1e5, 2) + 1e6, OTHER),
    "a trend": (SMALL + 1e3 * np.arange(24)[:, None], OTHER),
    "scales apart": (SMALL * 1e-150, OTHER * 1e150),
    "no relation": (SMALL, OTHER[::-1]),
}


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("case", HARD)
def test_linear_cka_is_exact(case, debiased):
    x, y = HARD[case]
    assert abs(linear_cka(x, y, debiased) - exact_linear_cka(x, y, debiased)) < 1e-12


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_equals_the_definition(pair, debiased, offset):
    x, y = pair
    grams = [side @ side.T for side in (x - x.mean(axis=0), y - y.mean(axis=0))]
    assert linear_cka(x + offset, y, debiased) == pytest.approx(cka(*grams, debiased), abs=1e-9)


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e18])
def test_float32_neither_overflows_nor_underflows(pair, scale):
    x, y = pair
    small = (x * scale).astype(np.float32)
    assert linear_cka(small, y) == pytest.approx(linear_cka(x, y), abs=1e-6)


def test_independent_data_score_zero_only_when_debiased():
    rng = np.random.default_rng(2)
    values = [
        (linear_cka(x, y), linear_cka(x, y, debiased=True))
        for x, y in (rng.normal(size=(2, 50, 40)) for _ in range(40))
    ]
    biased, unbiased = np.mean(values, axis=0)
    assert biased > 0.3
    assert abs(unbiased) < 0.02
    assert np.min(values) < 0


def test_published_values_of_the_reference_code():
    """The demonstration that accompanies Kornblith et al. 2019 prints these five digits."""
    rng = np.random.RandomState(1337)
    x = rng.randn(100, 10)
    y = rng.randn(100, 10) + x
    assert linear_cka(x, y) == pytest.approx(0.55761, abs=5e-6)
    assert linear_cka(x, y, debiased=True) == pytest.approx(0.51346, abs=5e-6)
    assert rbf_cka(x, y, 0.5) == pytest.approx(0.65483, abs=5e-6)


def rbf_kernel(x, threshold):
    distances = ((x[:, None] - x) ** 2).sum(axis=2)
    return np.exp(-distances / (2 * threshold**2 * np.median(distances)))


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("threshold", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_rbf_cka_equals_the_definition(pair, threshold, debiased, offset):
    x, y = pair
    expected = cka(rbf_kernel(x, threshold), rbf_kernel(y, threshold), debiased)
    assert rbf_cka(x + offset, y, threshold, debiased) == pytest.approx(expected, abs=1e-8)


def test_rbf_cka_withstands_outliers_that_decide_linear_cka(pair):
    x, y = pair
    wild = with_outliers(x, 100, 3)
    assert abs(linear_cka(wild, y) - linear_cka(x, y)) > 0.2
    assert abs(rbf_cka(wild, y) - rbf_cka(x, y)) < 0.1
