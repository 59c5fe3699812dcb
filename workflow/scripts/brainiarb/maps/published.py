"""The gait map as the study made it: a map of its own for each agent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from skimage.segmentation import watershed
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from brainiarb.gait.walk import Walk
from brainiarb.maps.embedding import (
    check_perplexity,
    finite_rows,
)
from brainiarb.maps.regions import (
    numbered_by_mass,
)
from brainiarb.maps.shared import CELL_COLUMNS, MapSettings, cell_table, track

# The study's grid, bandwidth and threshold, in units of its own maps.
PUBLISHED_LIMIT = 30.0
PUBLISHED_GRID = 100
PUBLISHED_BANDWIDTH = 5.0
PUBLISHED_THRESHOLD = 1e-5


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


def published_embed(heights: ArrayLike, seed: int, perplexity: float = 100) -> NDArray[np.float64]:
    """Lay out one agent's heights as the study did: a map of its own, by scikit-learn's t-SNE.

    `heights` (n, g) in m, unscaled, one episode (the study took 1,000 rows); perplexity 100,
    initialisation by PCA, automatic learning rate, all else scikit-learn's defaults. The study's
    eighth column, the floor, is constant and changes no distance. Each map has its own scale and
    orientation: two of them are not comparable. Same arguments, same bytes, on one machine.
    """
    x = finite_rows(heights)
    check_perplexity(perplexity, len(x))
    with threadpool_limits(limits=1):
        fit = TSNE(
            init="pca", learning_rate="auto", perplexity=perplexity, random_state=seed
        ).fit_transform(x)
    return np.asarray(fit, dtype=np.float64)


def published_regions(points: ArrayLike) -> PublishedMap:
    """Cut one agent's map into regions as the study did, for its figure and nothing else.

    `points` (n, 2) of `published_embed`. A Gaussian kernel density of bandwidth 5 at 100 x 100
    nodes from -30 to 30, a watershed without markers, cells below a density of 1e-5 set to 0, each
    point given the region of the nearest node. All four numbers are in units of that one map, and
    without markers every ripple of the background is a region: their count means nothing.
    """
    y = finite_rows(points)
    axis = np.linspace(-PUBLISHED_LIMIT, PUBLISHED_LIMIT, PUBLISHED_GRID)
    kernel = np.exp(-(((axis[:, None, None] - y) / PUBLISHED_BANDWIDTH) ** 2) / 2)
    scale = 2 * np.pi * PUBLISHED_BANDWIDTH**2 * len(y)
    z = np.einsum("rn,cn->rc", kernel[:, :, 1], kernel[:, :, 0]) / scale
    regions = watershed(-z)
    regions[z < PUBLISHED_THRESHOLD] = 0
    regions = numbered_by_mass(regions, z)
    step = axis[1] - axis[0]
    node = np.clip(np.rint((y - axis[0]) / step), 0, PUBLISHED_GRID - 1).astype(np.int64)
    return PublishedMap(axis, z, regions, regions[node[:, 1], node[:, 0]])


PUBLISHED_PERPLEXITY = 100
# With fewer frames a map has no structure to cut.
LEAST_FRAMES = 60


def published_maps(
    walks: Sequence[Walk], settings: MapSettings, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return cells and cycles of each median clone's own map, of one episode, as the study did."""
    cells, tracks = [], []
    for w in (w for w in walks if w.median):
        frames = w.heights[w.episode][w.first : w.first + settings.published_frames]
        if len(frames) < LEAST_FRAMES:
            tracks.append(track("published", w, None, np.empty((0, 2)), np.empty(0, np.int32)))
            continue
        perplexity = min(PUBLISHED_PERPLEXITY, (len(frames) - 1) // 3)
        points = published_embed(frames, seed, perplexity)
        own = published_regions(points)
        cells.append(cell_table("published", w, own.axis, own.density, own.regions))
        cycle = w.cycle(stop=w.first + len(frames))
        rows = slice(0, 0)
        if cycle is not None:
            rows = slice(cycle.start - w.first, cycle.stop - w.first + 1)
        tracks.append(track("published", w, cycle, points[rows], own.labels[rows]))
    mapped = pd.concat(cells, ignore_index=True) if cells else pd.DataFrame(columns=CELL_COLUMNS)
    return mapped, pd.concat(tracks, ignore_index=True)
