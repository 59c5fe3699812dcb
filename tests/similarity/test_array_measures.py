"""Measures of similarity against their definitions in the papers, on easy and on hard inputs."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.linear_model import Ridge

from brainiarb.similarity.array_measures import (
    cca,
    linear_cka,
    linear_predictivity,
    procrustes,
    pwcca,
    rsa,
    svcca,
)
from builders import related


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
    value = linear_predictivity(x, y, groups, folds=3, penalties=penalties)
    assert value == pytest.approx(1 - left / total, abs=1e-10)


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

    def rsatoolbox_value(distance, method):
        rdms = [calc_rdm(Dataset(side), method=distance) for side in pair]
        return compare(*rdms, method=method).item()

    assert linear_cka(*pair) == pytest.approx(
        rsatoolbox_value("euclidean", "cosine_cov"), abs=1e-10
    )
    for method, their_method in (
        ("cosine", "cosine"),
        ("pearson", "corr"),
        ("spearman", "spearman"),
    ):
        for distance, name in (("sqeuclidean", "euclidean"), ("correlation", "correlation")):
            assert rsa(*pair, distance, method) == pytest.approx(
                rsatoolbox_value(name, their_method), abs=1e-10
            )
