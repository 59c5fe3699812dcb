"""The gait map on rings and blobs whose layout is known."""

from dataclasses import replace

import numpy as np
import pytest
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from brainiarb.maps import embedding as module
from brainiarb.maps.embedding import Embedding, embed, place_on_map, standardise
from brainiarb.maps.regions import density, map_limit, region_of, watershed_regions
from builders import gait_heights


@pytest.fixture(scope="module")
def features():
    x = gait_heights(1200)
    return standardise(x, x.mean(axis=0), x.std(axis=0))


@pytest.fixture(scope="module")
def embedding(features):
    return embed(features[::4], perplexity=20, seed=3)


def test_standardise_uses_the_given_scaler():
    x = gait_heights(100)
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
    placed = place_on_map(embedding, embedding.features)
    off = np.linalg.norm(placed - embedding.points, axis=1)
    assert np.median(off) < 0.05 * map_limit(embedding.points)


def test_unseen_rows_land_beside_their_neighbours_in_time(features, embedding):
    placed = place_on_map(embedding, features)
    step = np.linalg.norm(placed[1:] - placed[:-1], axis=1)
    assert np.median(step) < 0.1 * map_limit(embedding.points)


def test_no_row_depends_on_those_placed_with_it(features, embedding):
    together = place_on_map(embedding, features[:90])
    apart = [place_on_map(embedding, rows) for rows in (features[:40], features[40:90])]
    assert np.array_equal(together, np.concatenate(apart))


def test_placing_at_the_neighbours_is_as_near_to_them_as_the_transform_of_opentsne(
    features, embedding
):
    new = features[1::4]
    affinities = PerplexityBasedNN(embedding.features, 20, method="exact", random_state=0)
    reference = TSNEEmbedding(embedding.points.copy(), affinities, random_state=0)
    nearest = NearestNeighbors(n_neighbors=15).fit(embedding.features).kneighbors(new)[1]
    ours, theirs = (
        np.median(np.linalg.norm(embedding.points[nearest] - points[:, None], axis=2))
        for points in (place_on_map(embedding, new), np.array(reference.transform(new)))
    )
    assert 0 < ours <= theirs


def test_known_clusters_are_recovered_as_regions():
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 100)
    x = 6 * np.eye(4, 7)[truth] + rng.standard_normal((400, 7))
    fitted = embed(x, perplexity=30, seed=0)
    limit = map_limit(fitted.points)
    regions = watershed_regions(density(fitted.points, limit, grid=64))
    labels = region_of(fitted.points, regions, limit)
    assert regions.max() == 4
    assert adjusted_rand_score(truth, labels) > 0.95
    unseen = 6 * np.eye(4, 7)[truth] + rng.standard_normal((400, 7))
    placed = region_of(place_on_map(fitted, unseen), regions, limit)
    assert adjusted_rand_score(truth, placed) > 0.95


def test_many_rows_are_laid_out_alike_by_interpolation_to_the_byte(features, monkeypatch):
    for name in ("EARLY_ITERATIONS", "ITERATIONS"):
        monkeypatch.setattr(module, name, 40)
    with monkeypatch.context() as without_approximation:
        without_approximation.setattr(module, "THETA", 0)
        exact = embed(features[::6], perplexity=20, seed=3)
    monkeypatch.setattr(module, "MANY_ROWS", 200)
    first, second = (embed(features[::6], perplexity=20, seed=3) for _ in range(2))
    assert first.points.tobytes() == second.points.tobytes()
    assert not np.array_equal(first.points, exact.points)
    assert first.divergence == pytest.approx(exact.divergence, rel=0.05)


def test_placing_leaves_the_map_alone(features, embedding):
    before = embedding.points.tobytes()
    place_on_map(embedding, features[:10])
    assert embedding.points.tobytes() == before
    assert place_on_map(embedding, features[:0]).shape == (0, 2)


def test_a_map_read_back_from_arrays_places_the_same(features, embedding):
    restored = Embedding(
        embedding.points.copy(), embedding.features.copy(), embedding.perplexity, 3, 0.0
    )
    first, second = (place_on_map(fitted, features[:50]) for fitted in (embedding, restored))
    assert np.array_equal(first, second)


def test_place_refuses_other_features(embedding):
    with pytest.raises(ValueError, match="7 features"):
        place_on_map(embedding, np.ones((3, 8)))


def test_a_map_of_too_few_rows_places_no_further_rows(features, embedding):
    small = replace(embedding, points=embedding.points[:15], features=embedding.features[:15])
    with pytest.raises(ValueError, match="more than 15 rows"):
        place_on_map(small, features[:3])


def test_the_map_refuses_too_high_a_perplexity(features):
    with pytest.raises(ValueError, match="perplexity"):
        embed(features[:100], perplexity=40, seed=0)
    with pytest.raises(ValueError, match="finite"):
        embed(np.full((100, 7), np.nan), perplexity=10, seed=0)


def test_equal_rows_are_refused():
    with pytest.raises(ValueError, match="found 100 equal rows"):
        embed(np.ones((100, 7)), 10, 0)
