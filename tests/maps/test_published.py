"""The study's own maps, whose layout, density and regions are known."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KernelDensity

from brainiarb.errors import Refused
from brainiarb.maps.published import published_embed, published_regions
from builders import blobs, gait_heights


def test_the_published_map_is_the_same_to_the_byte():
    x = gait_heights(120)
    first, second = (published_embed(x, seed=1, perplexity=20) for _ in range(2))
    assert first.shape == (120, 2)
    assert first.tobytes() == second.tobytes()


def test_the_published_map_ignores_a_floor():
    x = gait_heights(120)
    floor = np.zeros((120, 1))
    maps = [
        published_embed(heights, seed=1, perplexity=20)
        for heights in (x, np.column_stack([x, floor]))
    ]
    assert trustworthiness(maps[0], maps[1], n_neighbors=10) > 0.95


def test_published_density_is_that_of_scikit_learn():
    points = blobs((300, 10, -5, 6), (200, -12, 8, 4))
    mapped = published_regions(points)
    x, y = np.meshgrid(mapped.axis, mapped.axis)
    nodes = np.stack([x.ravel(), y.ravel()], axis=1)
    exact = np.exp(KernelDensity(bandwidth=5, kernel="gaussian").fit(points).score_samples(nodes))
    np.testing.assert_allclose(mapped.density.ravel(), exact, rtol=1e-9, atol=1e-15)


def test_published_regions_cover_the_points():
    points = blobs((300, 15, -10, 3), (600, -14, 12, 3))
    mapped = published_regions(points)
    assert np.array_equal(mapped.regions > 0, mapped.density >= 1e-5)
    assert mapped.labels.shape == (900,)
    assert set(np.unique(mapped.labels[:300])) == {2}
    assert set(np.unique(mapped.labels[300:])) == {1}


def test_equal_rows_are_refused_and_do_not_end_the_process():
    with pytest.raises(Refused, match="found 400 equal rows"):
        published_embed(np.ones((400, 7)), seed=0)


def test_rows_of_two_postures_have_a_map():
    x = np.ones((90, 7))
    x[0] = 2
    assert np.isfinite(published_embed(x, seed=0, perplexity=20)).all()


def test_no_points_have_no_regions():
    with pytest.raises(Refused, match="found none"):
        published_regions(np.zeros((0, 2)))
