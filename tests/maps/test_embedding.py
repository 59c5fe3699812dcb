"""The gait map on rings and blobs whose layout, density and regions are known."""

import numpy as np
import pytest
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import KernelDensity
from threadpoolctl import threadpool_limits

from brainiarb.maps import embedding as module
from brainiarb.maps.embedding import Embedding, embed, neighbour_distance, place, standardise
from brainiarb.maps.published import published_embed, published_regions
from brainiarb.maps.regions import density, map_limit, region_of, watershed_regions


def heights(rows, seed=0, period=111.3):
    """Seven heights that repeat with the gait, in m, with a little noise."""
    rng = np.random.default_rng(seed)
    phase = 2 * np.pi * np.arange(rows) / period
    shifts = np.linspace(0, 5, 7)
    x = 0.6 + 0.2 * np.cos(phase[:, None] + shifts) + 0.1 * np.cos(2 * phase[:, None] - shifts)
    return x + 0.01 * rng.standard_normal(x.shape)


@pytest.fixture(scope="module")
def features():
    x = heights(1200)
    return standardise(x, x.mean(axis=0), x.std(axis=0))


@pytest.fixture(scope="module")
def embedding(features):
    return embed(features[::4], perplexity=20, seed=3)


def blobs(*specifications, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [np.array([x, y]) + sd * rng.standard_normal((n, 2)) for n, x, y, sd in specifications]
    )


def test_standardise_uses_the_given_scaler():
    x = heights(100)
    z = standardise(x, x.mean(axis=0), x.std(axis=0))
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1)
    np.testing.assert_allclose(standardise([[3.0, 8.0]], [1, 2], [2, 3]), [[1, 2]])


def test_standardise_refuses_a_geom_that_never_moves():
    with pytest.raises(ValueError, match="column 1"):
        standardise(np.ones((5, 2)), [1, 1], [1, 0])


def test_the_map_keeps_neighbours(features, embedding):
    assert embedding.points.shape == (300, 2)
    assert trustworthiness(features[::4], embedding.points, n_neighbors=10) > 0.95


def test_the_map_is_the_same_to_the_byte_at_any_number_of_threads(features, embedding):
    with threadpool_limits(limits=2):
        again = embed(features[::4].copy(), perplexity=20, seed=3)
    assert again.points.tobytes() == embedding.points.tobytes()
    assert again.divergence == embedding.divergence


def test_the_seed_changes_the_map(features, embedding):
    other = embed(features[::4], perplexity=20, seed=4)
    assert not np.array_equal(other.points, embedding.points)


def test_the_map_is_centred_and_its_limit_holds_it(embedding):
    low, high = embedding.points.min(axis=0), embedding.points.max(axis=0)
    np.testing.assert_allclose(low, -high, atol=1e-9)
    assert map_limit(embedding.points) == pytest.approx(1.3 * high.max())


def test_rows_of_the_map_are_placed_where_they_are(embedding):
    placed = place(embedding, embedding.features)
    off = np.linalg.norm(placed - embedding.points, axis=1)
    assert np.median(off) < 0.05 * map_limit(embedding.points)


def test_unseen_rows_land_beside_their_neighbours_in_time(features, embedding):
    placed = place(embedding, features)
    step = np.linalg.norm(placed[1:] - placed[:-1], axis=1)
    assert np.median(step) < 0.1 * map_limit(embedding.points)


@pytest.mark.parametrize("iterations", [0, 25])
def test_no_row_depends_on_those_placed_with_it(features, embedding, iterations):
    together = place(embedding, features[:90], iterations=iterations)
    apart = [
        place(embedding, rows, iterations=iterations) for rows in (features[:40], features[40:90])
    ]
    assert np.array_equal(together, np.concatenate(apart))


def test_placing_at_the_neighbours_is_as_near_to_them_as_the_transform_of_opentsne(
    features, embedding
):
    new = features[1::4]
    affinities = PerplexityBasedNN(embedding.features, 20, method="exact", random_state=0)
    reference = TSNEEmbedding(embedding.points.copy(), affinities, random_state=0)
    away = [
        neighbour_distance(embedding, new, points)
        for points in (place(embedding, new), np.array(reference.transform(new)))
    ]
    assert 0 < away[0] <= away[1]


def test_known_clusters_are_recovered_as_regions():
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 100)
    x = 6 * np.eye(4, 7)[truth] + rng.standard_normal((400, 7))
    fitted = embed(x, perplexity=30, seed=0)
    limit = map_limit(fitted.points)
    regions = watershed_regions(density(fitted.points, limit, grid=64))
    found = region_of(fitted.points, regions, limit)
    assert regions.max() == 4
    assert adjusted_rand_score(truth, found) > 0.95
    unseen = 6 * np.eye(4, 7)[truth] + rng.standard_normal((400, 7))
    placed = region_of(place(fitted, unseen), regions, limit)
    assert adjusted_rand_score(truth, placed) > 0.95


def test_many_rows_are_laid_out_alike_by_interpolation_to_the_byte(features, monkeypatch):
    for name in ("EARLY_ITERATIONS", "ITERATIONS"):
        monkeypatch.setattr(module, name, 40)
    exact = embed(features[::6], perplexity=20, seed=3, theta=0)
    monkeypatch.setattr(module, "MANY_ROWS", 200)
    first, second = (embed(features[::6], perplexity=20, seed=3) for _ in range(2))
    assert first.points.tobytes() == second.points.tobytes()
    assert not np.array_equal(first.points, exact.points)
    assert first.divergence == pytest.approx(exact.divergence, rel=0.05)


def test_placing_leaves_the_map_alone(features, embedding):
    before = embedding.points.tobytes()
    place(embedding, features[:10])
    assert embedding.points.tobytes() == before
    assert place(embedding, features[:0]).shape == (0, 2)


def test_a_map_read_back_from_arrays_places_the_same(features, embedding):
    restored = Embedding(
        embedding.points.copy(), embedding.features.copy(), embedding.perplexity, 3, 0.0
    )
    first, second = (place(one, features[:50]) for one in (embedding, restored))
    assert np.array_equal(first, second)


def test_place_refuses_other_features(embedding):
    with pytest.raises(ValueError, match="7 features"):
        place(embedding, np.ones((3, 8)))


def test_the_map_refuses_too_high_a_perplexity(features):
    with pytest.raises(ValueError, match="perplexity"):
        embed(features[:100], perplexity=40, seed=0)
    with pytest.raises(ValueError, match="finite"):
        embed(np.full((100, 7), np.nan), perplexity=10, seed=0)


def test_the_published_map_is_the_same_to_the_byte():
    x = heights(120)
    first, second = (published_embed(x, seed=1, perplexity=20) for _ in range(2))
    assert first.shape == (120, 2)
    assert first.tobytes() == second.tobytes()


def test_the_published_map_ignores_a_floor():
    x = heights(120)
    floor = np.zeros((120, 1))
    maps = [published_embed(one, seed=1, perplexity=20) for one in (x, np.column_stack([x, floor]))]
    assert trustworthiness(maps[0], maps[1], n_neighbors=10) > 0.95


def test_density_integrates_to_one():
    points = blobs((500, 3, -2, 2), (300, -8, 8, 1.5))
    z = density(points, 12.0, grid=128)
    assert z.shape == (128, 128)
    assert z.min() >= 0
    assert z.sum() * (24 / 128) ** 2 == pytest.approx(1)


def test_density_rows_are_y_and_columns_are_x():
    z = density(np.array([[5.0, -7.5]]), 10.0, grid=100)
    row, column = np.unravel_index(z.argmax(), z.shape)
    assert abs(-10 + 0.2 * (row + 0.5) + 7.5) < 0.2
    assert abs(-10 + 0.2 * (column + 0.5) - 5) < 0.2


def test_density_equals_a_gaussian_kernel_density():
    points = blobs((200, 1, -1, 2))
    z = density(points, 20.0, grid=400, bandwidth=0.03)
    centres = -20 + 0.1 * (np.arange(400) + 0.5)
    kernel = np.exp(-(((centres[:, None, None] - points) / 1.2) ** 2) / 2)
    exact = np.einsum("rn,cn->rc", kernel[..., 1], kernel[..., 0]) / (2 * np.pi * 1.44 * 200)
    np.testing.assert_allclose(z, exact, atol=0.01 * exact.max())


def test_density_refuses_a_map_without_points():
    with pytest.raises(ValueError, match="none of 1"):
        density([[50.0, 50.0]], 10.0)


def test_three_blobs_are_three_regions_numbered_by_mass():
    points = blobs((300, 10, 10, 1.5), (900, -10, 0, 1.5), (600, 8, -10, 1.5))
    regions = watershed_regions(density(points, 18.0))
    assert np.unique(regions).tolist() == [0, 1, 2, 3]
    centres = [[-10, 0], [8, -10], [10, 10], [-17.9, 17.9]]
    assert region_of(centres, regions, 18.0).tolist() == [1, 2, 3, 0]


def test_a_ripple_founds_no_region():
    grid = np.linspace(-10, 10, 200)
    x, y = np.meshgrid(grid, grid)
    hill = np.exp(-(x**2 + y**2) / 20)
    ripples = 0.01 * np.cos(3 * x) * np.cos(3 * y)
    z = np.clip(hill + ripples, 0, None)
    assert watershed_regions(z).max() == 1
    assert watershed_regions(z, prominence=0.001).max() > 5


def test_cells_below_the_threshold_are_outside():
    z = density(blobs((500, 0, 0, 1)), 20.0)
    regions = watershed_regions(z, threshold=0.01)
    assert np.array_equal(regions > 0, z >= 0.01 * z.max())


def test_regions_are_blind_to_the_scale_of_the_density():
    z = density(blobs((300, 5, 5, 1), (500, -5, 0, 1)), 12.0)
    assert np.array_equal(watershed_regions(z), watershed_regions(z * 1024))


def test_watershed_refuses_an_empty_density():
    with pytest.raises(ValueError, match="mass"):
        watershed_regions(np.zeros((10, 10)))


def test_region_of_looks_up_the_cell():
    regions = np.array([[1, 2], [3, 4]])
    points = [[-1, -1], [1, -1], [-1, 1], [1, 1], [2, 2], [2.01, 0], [0, -3]]
    assert region_of(points, regions, 2.0).tolist() == [1, 2, 3, 4, 4, 0, 0]


def test_published_density_is_that_of_scikit_learn():
    points = blobs((300, 10, -5, 6), (200, -12, 8, 4))
    found = published_regions(points)
    x, y = np.meshgrid(found.axis, found.axis)
    nodes = np.stack([x.ravel(), y.ravel()], axis=1)
    exact = np.exp(KernelDensity(bandwidth=5, kernel="gaussian").fit(points).score_samples(nodes))
    np.testing.assert_allclose(found.density.ravel(), exact, rtol=1e-9, atol=1e-15)


def test_published_regions_cover_the_points():
    points = blobs((300, 15, -10, 3), (600, -14, 12, 3))
    found = published_regions(points)
    assert np.array_equal(found.regions > 0, found.density >= 1e-5)
    assert found.labels.shape == (900,)
    assert set(np.unique(found.labels[:300])) == {2}
    assert set(np.unique(found.labels[300:])) == {1}
