"""The regions of a gait map: the density of its points, cut around its peaks."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.maps.embedding import finite_rows, some_rows


def map_limit(points: ArrayLike, margin: float = 1.3) -> float:
    """Return L of the square map from -L to L in x and y that holds `points` (n, 2) with a margin.

    With a margin of 1.3 times the farthest point, the density of outer points, smoothed by 3 % of
    the width, also ends within the map. L is 0 if all points lie at 0. Raises Refused without
    points and for points that are not finite.
    """
    return float(margin * np.abs(some_rows(points)).max())


def density(
    points: ArrayLike, limit: float, grid: int = 256, bandwidth: float = 0.03
) -> NDArray[np.float64]:
    """Return the density (grid, grid) of `points` (n, 2) on the map, a row for y, a column for x.

    A histogram over -`limit` to `limit` in both axes is smoothed by a Gaussian whose standard
    deviation is `bandwidth` times the width of the map. The density is per unit of area and
    integrates to 1 over the map. Points outside the map are left out. Raises Refused if no point
    lies on the map, for points that are not finite and for a limit that is not above 0.
    """
    from scipy.ndimage import gaussian_filter

    if not 0 < limit < np.inf:
        raise Refused(
            f"expected a map that reaches beyond 0, found the limit {limit:g}; take it from points "
            "that differ"
        )
    y = finite_rows(points)
    edges = np.linspace(-limit, limit, grid + 1)
    counts = np.histogram2d(y[:, 1], y[:, 0], bins=[edges, edges])[0]
    if counts.sum() == 0:
        raise Refused(
            f"expected points on the map from -{limit:g} to {limit:g}, found none of {len(y)}; "
            "take the limit from the map's own points"
        )
    smooth = gaussian_filter(counts, bandwidth * grid, mode="constant")
    return smooth / (smooth.sum() * (edges[1] - edges[0]) ** 2)


def watershed_regions(
    density: ArrayLike, prominence: float = 0.05, threshold: float = 1e-3
) -> NDArray[np.int32]:
    """Cut a density (grid, grid) into the regions around its peaks, by watershed.

    A peak founds a region if it rises by `prominence` times the density's maximum above the pass
    to a higher peak (h-maxima), so that ripples found no region. Cells below `threshold` times the
    maximum lie outside and are 0. Regions are numbered by the mass that they hold; the largest is
    1. A density without such a peak, for example a flat one, is one region. Raises Refused for a
    density without mass and for one that is not finite.
    """
    from scipy.ndimage import label as connected
    from skimage.morphology import h_maxima
    from skimage.segmentation import watershed

    z = np.asarray(density, dtype=np.float64)
    if z.ndim != 2 or not np.isfinite(z).all() or not z.max(initial=0) > 0:
        raise Refused(
            f"expected a density with mass on a grid, found shape {z.shape}; "
            "compute it by density()"
        )
    z = z / z.max()
    if np.ptp(z) <= prominence:
        # Then h-maxima finds no peak, but a warning.
        return (z >= threshold).astype(np.int32)
    markers, _ = connected(h_maxima(z, prominence), structure=np.ones((3, 3)))
    return numbered_by_mass(watershed(-z, markers, mask=z >= threshold), z)


def numbered_by_mass(regions: NDArray[np.int32], z: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return regions renumbered by the mass of the density `z` that each holds, the largest 1."""
    mass = np.bincount(regions.ravel(), weights=z.ravel())[1:]
    order = np.argsort(-mass, kind="stable")
    order = order[mass[order] > 0]
    number = np.zeros(len(mass) + 1, dtype=np.int32)
    number[order + 1] = np.arange(1, len(order) + 1)
    return number[regions]


def region_of(points: ArrayLike, regions: ArrayLike, limit: float) -> NDArray[np.int32]:
    """Return the region of each point (n, 2) on a map from -`limit` to `limit`; 0 is outside."""
    y, labels = finite_rows(points), np.asarray(regions)
    rows, columns = labels.shape
    share = (y + limit) / (2 * limit)
    on_map = ((share >= 0) & (share <= 1)).all(axis=1)
    column = np.clip(np.floor(share[:, 0] * columns), 0, columns - 1).astype(np.int64)
    row = np.clip(np.floor(share[:, 1] * rows), 0, rows - 1).astype(np.int64)
    return np.where(on_map, labels[row, column], 0).astype(np.int32)
