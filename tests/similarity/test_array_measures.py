"""Measures of similarity against their definitions in the papers, on easy and on hard inputs."""

from fractions import Fraction
from itertools import product
from math import copysign, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.linear_model import Ridge

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

# ---- definitions, straight from the papers


def hsic(k, m, debiased):
    """Song et al. 2012, eq. 4 (up to a factor) and 5, of kernels that need not be centred."""
    n = len(k)
    if not debiased:
        h = np.eye(n) - np.full((n, n), 1 / n)
        return np.trace(k @ h @ m @ h)
    k, m = (kernel - np.diag(np.diag(kernel)) for kernel in (k, m))
    one = np.ones(n)
    first = np.trace(k @ m)
    second = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
    return first + second - 2 / (n - 2) * (one @ k @ m @ one)


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
        entries = [[sum(map(product_of, one, other)) for other in rows] for one in rows]
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


def rbf_kernel(x, threshold):
    distances = ((x[:, None] - x) ** 2).sum(axis=2)
    return np.exp(-distances / (2 * threshold**2 * np.median(distances)))


def canonical(x, y):
    """Canonical correlations, largest first, and directions of x: Hotelling's eigenproblem."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    solved = np.linalg.solve(x.T @ x, x.T @ y) @ np.linalg.solve(y.T @ y, y.T @ x)
    squares, vectors = np.linalg.eig(solved)
    order = np.argsort(-squares.real)[: min(x.shape[1], y.shape[1])]
    return np.sqrt(np.clip(squares.real[order], 0, 1)), vectors.real[:, order]


def leading(x, variance):
    """The scores of the fewest principal components that hold a share of the variance."""
    x = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(x.T @ x)
    held = np.cumsum(values[::-1]) / values.sum()
    return x @ vectors[:, ::-1][:, : int((held < variance).sum()) + 1]


# ---- data


def related(n=60, p=9, q=5, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * np.geomspace(1, 0.05, p)
    return x, x @ rng.normal(size=(p, q)) + 0.3 * rng.normal(size=(n, q))


@pytest.fixture
def pair():
    return related()


def with_outliers(values, size, count):
    values = values.copy()
    values[:count] *= size
    return values


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

# ---- linear CKA


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


# ---- the others


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


def test_procrustes_equals_the_definition(pair):
    normed = [(side - side.mean(axis=0)) for side in pair]
    normed = [side / np.linalg.norm(side) for side in normed]
    nuclear = np.linalg.norm(normed[0].T @ normed[1], "nuc")
    assert procrustes(*pair) == pytest.approx(sqrt(2 - 2 * nuclear), abs=1e-12)
    assert procrustes(*pair, angular=True) == pytest.approx(np.arccos(nuclear), abs=1e-12)


def test_procrustes_is_exact_near_zero(pair):
    x, _ = pair
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(9, 9)))[0]
    assert procrustes(x, x @ rotation) < 1e-14
    assert procrustes(x, x @ rotation, angular=True) < 1e-14


def test_procrustes_obeys_the_triangle_inequality():
    sides = [related(seed=seed)[0] for seed in range(6)]
    for angular in (False, True):
        far = {
            (a, b): procrustes(sides[a], sides[b], angular) for a, b in product(range(6), repeat=2)
        }
        for a, b, c in product(range(6), repeat=3):
            assert far[a, c] <= far[a, b] + far[b, c] + 1e-12


def test_cca_equals_hotelling(pair):
    x, y = pair
    assert cca(x, y) == pytest.approx(canonical(x, y)[0].mean(), abs=1e-10)
    assert cca(x, y[:, :1]) == pytest.approx(canonical(x, y[:, :1])[0].mean(), abs=1e-10)


@pytest.mark.parametrize("variance", [0.5, 0.9, 0.99])
def test_svcca_is_cca_of_the_leading_components(pair, variance):
    x, y = pair
    expected = canonical(leading(x, variance), leading(y, variance))[0].mean()
    assert svcca(x, y, variance) == pytest.approx(expected, abs=1e-10)
    assert svcca(1e3 * x + 1e4, y, variance) == pytest.approx(expected, abs=1e-8)


def test_pwcca_equals_the_definition(pair):
    for x, y in (pair, pair[::-1]):
        correlations, directions = canonical(x, y)
        centred = x - x.mean(axis=0)
        variates = centred @ directions
        variates /= np.linalg.norm(variates, axis=0)
        weights = np.abs(variates.T @ centred).sum(axis=1)
        expected = (weights * correlations).sum() / weights.sum()
        assert pwcca(x, y) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0, 1000])
def test_cca_counts_no_direction_that_is_but_rounding(dtype, offset):
    """Six directions in twenty units, of which three are shared."""
    rng = np.random.default_rng(3)
    sources = rng.normal(size=(500, 9))
    x = sources[:, :6] @ rng.normal(size=(6, 20)) + offset
    y = sources[:, 3:] @ rng.normal(size=(6, 20)) + offset
    assert cca(x.astype(dtype), y.astype(dtype)) == pytest.approx(
        canonical(sources[:, :6], sources[:, 3:])[0].mean(), abs=1e-3
    )


def test_cca_of_more_directions_than_rows_is_one():
    rng = np.random.default_rng(4)
    assert cca(*rng.normal(size=(2, 20, 30))) == pytest.approx(1)


def test_linear_predictivity_equals_nested_ridge_regression():
    x, y = related(90, 6, 3)
    groups = np.repeat(np.arange(9), 10)
    penalties = (1e-4, 1e-2, 1.0)

    def predicted(train, test, penalty):
        spread = np.square(x[train] - x[train].mean(axis=0)).sum() / x.shape[1]
        return Ridge(penalty * spread).fit(x[train], y[train]).predict(x[test])

    fold = groups % 3
    left = total = 0.0
    for f in range(3):
        train, test = fold != f, fold == f
        inner = [
            sum(
                np.square(y[fold == g] - predicted(train & (fold != g), fold == g, penalty)).sum()
                for g in set(range(3)) - {f}
            )
            for penalty in penalties
        ]
        chosen = penalties[int(np.argmin(inner))]
        left += np.square(y[test] - predicted(train, test, chosen)).sum()
        total += np.square(y[test] - y[train].mean(axis=0)).sum()
    found = linear_predictivity(x, y, groups, folds=3, penalties=penalties)
    assert found == pytest.approx(1 - left / total, abs=1e-10)


def test_linear_predictivity_does_not_credit_what_an_episode_has_in_common():
    """Two sides that know the episode, each in its own way, predict nothing in another episode."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(20), 30)
    x, y = (rng.normal(size=(20, 8))[groups] + 0.1 * rng.normal(size=(600, 8)) for _ in range(2))
    assert linear_predictivity(x, y, groups) < 0.05
    assert linear_predictivity(x, y, np.arange(600)) > 0.3
    assert linear_predictivity(x, x @ rng.normal(size=(8, 4)), groups) > 0.999


@pytest.mark.parametrize("distance", ["sqeuclidean", "correlation"])
def test_rsa_equals_the_correlation_of_distances(pair, distance):
    a, b = (pdist(side, distance) for side in pair)
    assert rsa(*pair, distance) == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)
    assert rsa(*pair, distance, "pearson") == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-12)


def test_rsa_and_linear_cka_equal_those_of_rsatoolbox(pair):
    """Whitened cosine of squared Euclidean distances is linear CKA (Diedrichsen et al. 2021)."""
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import calc_rdm, compare

    def theirs(distance, method):
        rdms = [calc_rdm(Dataset(side), method=distance) for side in pair]
        return compare(*rdms, method=method).item()

    assert linear_cka(*pair) == pytest.approx(theirs("euclidean", "cosine_cov"), abs=1e-10)
    for ours, other in (("cosine", "cosine"), ("pearson", "corr"), ("spearman", "spearman")):
        for distance, name in (("sqeuclidean", "euclidean"), ("correlation", "correlation")):
            assert rsa(*pair, distance, ours) == pytest.approx(theirs(name, other), abs=1e-10)


# ---- what each measure promises

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
    found = measure(x, y)
    assert least <= found <= most
    moved = (y @ rotation + shift) * 2.0**power
    assert measure(x[order], moved[order]) == pytest.approx(found, abs=1e-7)
    if name != "PWCCA":
        assert measure(y, x) == pytest.approx(found, abs=1e-10)


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
