"""The gait map: body heights laid out in the plane by t-SNE, and the regions they crowd into."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from scipy.ndimage import gaussian_filter
from scipy.ndimage import label as connected
from scipy.spatial import cKDTree
from skimage.morphology import h_maxima
from skimage.segmentation import watershed
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

EARLY_EXAGGERATION = 12
EARLY_ITERATIONS = 250
ITERATIONS = 500
# From this many rows on, gradients interpolated on a grid cost less than those of a tree.
MANY_ROWS = 10_000
# Width of a cell of FIt-SNE's grid. 20,000 rows take 41 s with cells of 1 and 29 s with these, at a
# divergence of 1.09 and 1.12 (scikit-learn: 1.13); with cells of 2, 26 s and 1.16.
INTERVAL = 1.4

# The study's grid, bandwidth and threshold, in units of its own maps.
PUBLISHED_LIMIT = 30.0
PUBLISHED_GRID = 100
PUBLISHED_BANDWIDTH = 5.0
PUBLISHED_THRESHOLD = 1e-5


@dataclass(frozen=True, eq=False)
class Embedding:
    """A t-SNE map and what is needed to place further rows on it.

    `points` (n, 2), centred on the middle of their range; `features` (n, c) the rows they stand
    for; `perplexity` and `seed` as given; `divergence` is the Kullback-Leibler divergence reached.
    Arrays and numbers only, so that it can be stored and read back.
    """

    points: NDArray[np.float64]
    features: NDArray[np.float64]
    perplexity: float
    seed: int
    divergence: float


@dataclass(frozen=True, eq=False)
class PublishedMap:
    """The study's density and regions of one agent's map; not comparable between agents.

    `density` (100, 100), row for y and column for x, at the nodes `axis` (100,) of both; `regions`
    of the same shape, 0 outside; `labels` (n,) the region of every point.
    """

    axis: NDArray[np.float64]
    density: NDArray[np.float64]
    regions: NDArray[np.int32]
    labels: NDArray[np.int32]


def standardise(heights: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> NDArray[np.float64]:
    """Scale signals (N, g) by the expert's `mean` and `sd` (g,): one scaler for all agents."""
    centre, scale = np.asarray(mean, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    still = np.flatnonzero(~(scale > 0))
    if len(still):
        raise ValueError(
            f"expected heights or angles that vary, found no variance in column {still[0]} of the "
            "expert's; leave it out"
        )
    return (np.asarray(heights, dtype=np.float64) - centre) / scale


def embed(features: ArrayLike, perplexity: float, seed: int, *, theta: float = 0.8) -> Embedding:
    """Lay out rows in the plane by t-SNE (van der Maaten and Hinton 2008; openTSNE).

    `features` (n, c), standardised; `perplexity` of 30 to n / 100 or more, at most (n - 1) / 3.
    Exact neighbours, initialisation by the first two principal components plus a jitter drawn from
    `seed`, exaggeration 12 for 250 iterations and none for 500 more, learning rate n over
    exaggeration. Gradients by Barnes and Hut at an angle `theta` (0.5 is finer and costs half as
    much again), from 10,000 rows on by interpolation (FIt-SNE, Linderman et al. 2019). One thread:
    the same arguments give the same bytes.
    """
    x = _rows(features)
    _check_perplexity(perplexity, len(x))
    affinities = PerplexityBasedNN(x, perplexity, method="exact", n_jobs=1, random_state=seed)
    fit = TSNEEmbedding(
        _principal_plane(x, seed),
        affinities,
        negative_gradient_method="bh" if len(x) < MANY_ROWS else "fft",
        theta=theta,
        ints_in_interval=INTERVAL,
        n_jobs=1,
        random_state=seed,
    )
    fit.optimize(
        EARLY_ITERATIONS,
        inplace=True,
        exaggeration=EARLY_EXAGGERATION,
        momentum=0.5,
    )
    fit.optimize(ITERATIONS, inplace=True, momentum=0.8)
    points = np.array(fit, dtype=np.float64)
    return Embedding(
        points=points - (points.max(axis=0) + points.min(axis=0)) / 2,
        features=x,
        perplexity=float(perplexity),
        seed=seed,
        divergence=float(fit.kl_divergence),
    )


def _principal_plane(x: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    centred = x - x.mean(axis=0)
    # einsum sums in one order whatever the number of BLAS threads.
    _, axes = np.linalg.eigh(np.einsum("ni,nj->ij", centred, centred))
    plane = axes[:, ::-1][:, :2]
    plane = plane * np.sign(plane[np.abs(plane).argmax(axis=0), [0, 1]])
    start = np.einsum("ni,ij->nj", centred, plane)
    start *= 1e-4 / start[:, 0].std()
    # Rows that coincide would never part without a jitter.
    return start + np.random.default_rng(seed).normal(0, 1e-6, start.shape)


def place(
    embedding: Embedding,
    features: ArrayLike,
    *,
    neighbours: int = 15,
    iterations: int = 0,
) -> NDArray[np.float64]:
    """Place further rows on a finished map, which stays as it is (Policar et al. 2021).

    `features` (m, c), standardised as those of the map; returns (m, 2). Each row comes to the
    median of the places of its `neighbours` nearest rows of the map, and may be moved from there
    for `iterations` steps by the t-SNE gradient, of perplexity `neighbours` / 3, against the map
    alone. No row depends on the others placed with it.
    """
    if len(_rows(features)) == 0:
        return np.empty((0, 2))
    placed = np.median(embedding.points[_nearest(embedding, features, neighbours)], axis=1)
    if iterations == 0:
        return placed
    affinities = PerplexityBasedNN(embedding.features, neighbours / 3, method="exact", n_jobs=1)
    reference = TSNEEmbedding(
        embedding.points.copy(), affinities, negative_gradient_method="bh", n_jobs=1
    )
    moved = reference.prepare_partial(
        _rows(features), initialization=placed, perplexity=neighbours / 3
    )
    moved.optimize(
        iterations,
        inplace=True,
        learning_rate=0.1,
        exaggeration=1.5,
        momentum=0.8,
        max_grad_norm=0.25,
    )
    return np.array(moved, dtype=np.float64)


def neighbour_distance(
    embedding: Embedding, features: ArrayLike, points: ArrayLike, neighbours: int = 15
) -> float:
    """Return how far rows lie from the places of their nearest rows of the map.

    `points` (m, 2) are the places of `features` (m, c). The median over rows of the median
    distance to the `neighbours` nearest, in units of the map: small where placing kept neighbours.
    """
    places = embedding.points[_nearest(embedding, features, neighbours)]
    away = np.linalg.norm(places - _rows(points)[:, None], axis=2)
    return float(np.median(np.median(away, axis=1)))


def _nearest(embedding: Embedding, features: ArrayLike, neighbours: int) -> NDArray[np.int64]:
    x = _rows(features)
    if x.shape[1] != embedding.features.shape[1]:
        raise ValueError(
            f"expected rows of {embedding.features.shape[1]} features as on the map, found "
            f"{x.shape[1]}; record the same heights"
        )
    _check_perplexity(neighbours / 3, len(embedding.features))
    return cKDTree(embedding.features).query(x, neighbours)[1]


def published_embed(heights: ArrayLike, seed: int, perplexity: float = 100) -> NDArray[np.float64]:
    """Lay out one agent's heights as the study did: a map of its own, by scikit-learn's t-SNE.

    `heights` (n, g) in m, unscaled, one episode (the study took 1,000 rows); perplexity 100,
    initialisation by PCA, automatic learning rate, all else scikit-learn's defaults. The study's
    eighth column, the floor, is constant and changes no distance. Each map has its own scale and
    orientation: two of them are not comparable. Same arguments, same bytes, on one machine.
    """
    x = _rows(heights)
    _check_perplexity(perplexity, len(x))
    with threadpool_limits(limits=1):
        fit = TSNE(
            init="pca", learning_rate="auto", perplexity=perplexity, random_state=seed
        ).fit_transform(x)
    return np.asarray(fit, dtype=np.float64)


def map_limit(points: ArrayLike, margin: float = 1.3) -> float:
    """Return L of the square map from -L to L in x and y that holds `points` with a margin.

    At 1.3 the density of outer points, smoothed by 3 % of the width, also ends within the map.
    """
    return float(margin * np.abs(_rows(points)).max())


def density(
    points: ArrayLike, limit: float, grid: int = 256, bandwidth: float = 0.03
) -> NDArray[np.float64]:
    """Return the density of points on the map, (grid, grid), row for y and column for x.

    A histogram over -`limit` to `limit` in both axes, smoothed by a Gaussian whose standard
    deviation is `bandwidth` times the width of the map; per unit of area, integrating to 1 over
    the map. Points outside the map are left out.
    """
    y = _rows(points)
    edges = np.linspace(-limit, limit, grid + 1)
    counts = np.histogram2d(y[:, 1], y[:, 0], bins=[edges, edges])[0]
    if counts.sum() == 0:
        raise ValueError(
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
    to a higher one (h-maxima), so ripples found none; cells below `threshold` times the maximum
    are 0, outside. Regions are numbered by the mass that they hold, the largest is 1.
    """
    z = np.asarray(density, dtype=np.float64)
    if z.ndim != 2 or not np.isfinite(z).all() or not z.max(initial=0) > 0:
        raise ValueError(
            f"expected a density with mass on a grid, found shape {z.shape}; "
            "compute it by density()"
        )
    z = z / z.max()
    markers, _ = connected(h_maxima(z, prominence), structure=np.ones((3, 3)))
    return _by_mass(watershed(-z, markers, mask=z >= threshold), z)


def _by_mass(regions: NDArray[np.int32], z: NDArray[np.float64]) -> NDArray[np.int32]:
    mass = np.bincount(regions.ravel(), weights=z.ravel())[1:]
    order = np.argsort(-mass, kind="stable")
    order = order[mass[order] > 0]
    number = np.zeros(len(mass) + 1, dtype=np.int32)
    number[order + 1] = np.arange(1, len(order) + 1)
    return number[regions]


def region_of(points: ArrayLike, regions: ArrayLike, limit: float) -> NDArray[np.int32]:
    """Return the region of each point (n, 2) on a map from -`limit` to `limit`; 0 is outside."""
    y, labels = _rows(points), np.asarray(regions)
    rows, columns = labels.shape
    share = (y + limit) / (2 * limit)
    on_map = ((share >= 0) & (share <= 1)).all(axis=1)
    column = np.clip(np.floor(share[:, 0] * columns), 0, columns - 1).astype(np.int64)
    row = np.clip(np.floor(share[:, 1] * rows), 0, rows - 1).astype(np.int64)
    return np.where(on_map, labels[row, column], 0).astype(np.int32)


def published_regions(points: ArrayLike) -> PublishedMap:
    """Cut one agent's map into regions as the study did, for its figure and nothing else.

    `points` (n, 2) of `published_embed`. A Gaussian kernel density of bandwidth 5 at 100 x 100
    nodes from -30 to 30, a watershed without markers, cells below a density of 1e-5 set to 0, each
    point given the region of the nearest node. All four numbers are in units of that one map, and
    without markers every ripple of the background is a region: their count means nothing.
    """
    y = _rows(points)
    axis = np.linspace(-PUBLISHED_LIMIT, PUBLISHED_LIMIT, PUBLISHED_GRID)
    kernel = np.exp(-(((axis[:, None, None] - y) / PUBLISHED_BANDWIDTH) ** 2) / 2)
    scale = 2 * np.pi * PUBLISHED_BANDWIDTH**2 * len(y)
    z = np.einsum("rn,cn->rc", kernel[:, :, 1], kernel[:, :, 0]) / scale
    regions = watershed(-z)
    regions[z < PUBLISHED_THRESHOLD] = 0
    regions = _by_mass(regions, z)
    step = axis[1] - axis[0]
    node = np.clip(np.rint((y - axis[0]) / step), 0, PUBLISHED_GRID - 1).astype(np.int64)
    return PublishedMap(axis, z, regions, regions[node[:, 1], node[:, 0]])


def _rows(values: ArrayLike) -> NDArray[np.float64]:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError(
            f"expected finite rows of features, found shape {x.shape} or values that are not "
            "finite; pass (rows, features) without nan"
        )
    return np.ascontiguousarray(x)


def _check_perplexity(perplexity: float, n: int) -> None:
    if not 1 <= perplexity <= (n - 1) / 3:
        raise ValueError(
            f"expected a perplexity from 1 to a third of the rows less one, found {perplexity:g} "
            f"for {n} rows; lower it or embed more rows"
        )
