"""The study's own maps, whose layout, density and regions are known."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KernelDensity

from brainiarb.errors import Refused
from brainiarb.maps.published import published_embed, published_measures, published_regions
from brainiarb.maps.tables import map_tables
from builders import MAP_SETTINGS, blobs, gait_heights


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


def around(turns, count=200):
    """Places on a circle of radius 2, which is passed through so many times."""
    angle = 2 * np.pi * turns * np.arange(count) / count
    return 2 * np.column_stack([np.cos(angle), np.sin(angle)])


def test_a_walk_that_repeats_itself_returns_to_its_place_and_meets_every_region():
    points = around(turns=8)
    quarters = (points[:, 0] > 0) + 2 * (points[:, 1] > 0)
    found = published_measures(points, quarters, slice(0, 26), period=25.0)
    assert found["published_return_distance"].value == pytest.approx(0, abs=1e-9)
    assert found["published_cycle_regions"].value == 1
    half = published_measures(points, quarters, slice(1, 12), period=12.5)
    assert half["published_return_distance"].value == pytest.approx(2, abs=0.05)
    assert half["published_cycle_regions"].value == 0.5


def test_places_in_random_order_are_further_apart_than_the_radius():
    points = np.random.default_rng(0).normal(size=(3000, 2))
    found = published_measures(points, np.ones(3000), slice(0, 10), period=30.0)
    # Two normal places are a distance of sqrt(pi) apart in the mean, and the radius is sqrt(2).
    expected = np.sqrt(np.pi / 2)
    assert found["published_return_distance"].value == pytest.approx(expected, rel=0.02)


def test_without_a_period_or_a_cycle_there_is_no_number():
    found = published_measures(around(2), np.ones(200), slice(0, 0), period=np.nan)
    assert {name: measure.status for name, measure in found.items()} == {
        "published_return_distance": "absent",
        "published_cycle_regions": "absent",
    }
    assert found["published_return_distance"].note == "no gait period"


def test_a_map_as_published_can_be_of_another_walk_of_the_expert(map_walks):
    expert = next(walk for walk in map_walks if walk.level < 0)
    shorter = replace(expert, episodes=expert.episodes[1:2])
    tables = map_tables([expert], MAP_SETTINGS, 0, published=shorter)
    drawn = tables.cycles.query("map == 'published'")["episode"].unique()
    assert drawn.tolist() == [expert.recording["episode_ids"][shorter.rows][0]]
    named = tables.measures[tables.measures["measure"].str.startswith("published_")]
    assert named[["level", "clone"]].drop_duplicates().to_numpy().tolist() == [[-1, -1]]
