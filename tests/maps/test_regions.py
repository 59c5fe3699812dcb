"""Densities of known points and the regions around their peaks."""

import numpy as np
import pytest

from brainiarb.maps.regions import density, map_limit, region_of, watershed_regions
from builders import blobs


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


@pytest.mark.parametrize("rise", [0, 1e-12, 0.04])
def test_a_density_without_a_peak_is_one_region(rise):
    flat = np.ones((32, 32))
    flat[5, 5] += rise
    assert set(watershed_regions(flat).ravel()) == {1}


def test_a_map_of_no_size_is_refused():
    with pytest.raises(ValueError, match="found the limit 0"):
        density(np.zeros((10, 2)), map_limit(np.zeros((10, 2))))
    with pytest.raises(ValueError, match="found none"):
        map_limit(np.zeros((0, 2)))
