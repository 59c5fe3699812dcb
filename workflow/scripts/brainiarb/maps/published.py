"""The gait map as the study made it: a map of its own for each agent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from brainiarb.gait.drawn import drawn_episode
from brainiarb.gait.walk import SteadyWalk
from brainiarb.maps.embedding import (
    check_differs,
    check_perplexity,
    differs,
    finite_rows,
    some_rows,
)
from brainiarb.maps.regions import numbered_by_mass
from brainiarb.maps.tracks import NO_TRACK, cell_table, joined_cells, track_table
from brainiarb.statistics.measures import Measure, Named, of_agent, qualified

PUBLISHED_PERPLEXITY = 100
# With fewer frames a map has no structure to cut.
LEAST_FRAMES = 60
# The study's grid, bandwidth and threshold, in units of each map.
PUBLISHED_LIMIT = 30.0
PUBLISHED_GRID = 100
PUBLISHED_BANDWIDTH = 5.0
PUBLISHED_THRESHOLD = 1e-5


@dataclass(frozen=True, eq=False)
class PublishedMap:
    """The study's density and regions of one agent's map; not comparable between agents."""

    axis: NDArray[np.float64]
    """(100) The nodes in x and y."""
    density: NDArray[np.float64]
    """(100, 100), a row for y and a column for x."""
    regions: NDArray[np.int32]
    """(100, 100), 0 outside."""
    labels: NDArray[np.int32]
    """(n) The region of every point."""


def published_embed(
    heights: ArrayLike, seed: int, perplexity: float = PUBLISHED_PERPLEXITY
) -> NDArray[np.float64]:
    """Return a layout (n, 2) of one agent's heights, made as the study did by scikit-learn's t-SNE.

    `heights` (n, g) in m, unscaled, of one episode (the study took 1,000 rows). Initialisation by
    PCA, automatic learning rate, scikit-learn's defaults in all other respects. The study's eighth
    column, the floor, is constant and changes no distance. Each map has its own scale and
    orientation, so two maps are not comparable. The same arguments give the same bytes on one
    machine. Raises Refused for heights that are not finite, for rows that are all equal and for too
    high a perplexity.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    x = finite_rows(heights)
    check_perplexity(perplexity, len(x))
    check_differs(x)
    with threadpool_limits(limits=1):
        fit = TSNE(
            init="pca", learning_rate="auto", perplexity=perplexity, random_state=seed
        ).fit_transform(x)
    return np.asarray(fit, dtype=np.float64)


def published_regions(points: ArrayLike) -> PublishedMap:
    """Cut one agent's map into regions as the study did, for its figure and nothing else.

    `points` (n, 2) of `published_embed`. A Gaussian kernel density of bandwidth 5 at 100 x 100
    nodes from -30 to 30, a watershed without markers, cells below a density of 1e-5 set to 0, each
    point given the region of the nearest node. All four numbers are in units of that one map.
    Without markers every ripple of the background is a region, so the number of regions means
    nothing. Raises Refused without points and for points that are not finite.
    """
    from skimage.segmentation import watershed

    y = some_rows(points)
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


@dataclass(frozen=True, eq=False)
class PublishedMaps:
    """What the study's maps of the median agents show; a row of `measures` is one number."""

    cells: pd.DataFrame
    """See `cell_table`."""
    tracks: pd.DataFrame
    """See `track_table`."""
    measures: list[Named]
    """`published_return_distance` and `published_cycle_regions`, see `published_measures`."""


def published_maps(walks: Sequence[SteadyWalk], frames: int, seed: int) -> PublishedMaps:
    """Return each median agent's own map, of the first `frames` of an episode.

    The map is made as the study made it, of the episode that is drawn, without its start transient.
    An agent with fewer than 60 such frames, or whose frames are all equal, has no map: its track is
    a row with a note.
    """
    cells, tracks, measures = [], [], []
    for walk in (walk for walk in walks if walk.median):
        drawn = drawn_episode(walk)
        heights = walk.heights(drawn.rows)[drawn.first : drawn.first + frames]
        if len(heights) < LEAST_FRAMES or not differs(heights):
            nowhere = np.empty((0, 2)), np.empty(0, np.int32)
            short = len(heights) < LEAST_FRAMES
            missing = f"fewer than {LEAST_FRAMES} frames" if short else "the heights do not vary"
            tracks.append(track_table("published", drawn, None, *nowhere, missing=missing))
            continue
        perplexity = min(PUBLISHED_PERPLEXITY, (len(heights) - 1) // 3)
        points = published_embed(heights, seed, perplexity)
        mapped = published_regions(points)
        cells.append(cell_table("published", walk, mapped.axis, mapped.density, mapped.regions))
        cycle = drawn.cycle(stop=drawn.first + len(heights))
        rows = slice(0, 0)
        if cycle is not None:
            rows = slice(cycle.start - drawn.first, cycle.stop - drawn.first + 1)
        tracks.append(track_table("published", drawn, cycle, points[rows], mapped.labels[rows]))
        of_map = published_measures(points, mapped.labels, rows, walk.cycle_length)
        measures += of_agent(walk.expert, walk.level, walk.clone, of_map)
    return PublishedMaps(joined_cells(cells), pd.concat(tracks, ignore_index=True), measures)


def published_measures(
    points: ArrayLike, labels: ArrayLike, cycle: slice, period: float
) -> dict[str, Measure]:
    """Return what the study read from one agent's map by eye, as numbers.

    `points` (n, 2) and `labels` (n) are the places and the regions of frames in order of time,
    `cycle` the rows of the drawn cycle, and `period` that of the gait in frames, nan without one.
    `published_return_distance` is the mean distance between a frame and the one a period later, as
    a share of the root mean square radius of the map: 0 for a walk that repeats itself, about 1.3
    for places in random order. `published_cycle_regions` is the share of all regions with a frame
    that the drawn cycle meets. A map of one walk scales itself, so neither compares two agents.
    """
    places, regions = some_rows(points), np.asarray(labels)
    lag = round(period) if np.isfinite(period) else 0
    known = 0 < lag < len(places)
    radius = float(np.sqrt(((places - places.mean(axis=0)) ** 2).sum(axis=1).mean()))
    steps = np.linalg.norm(places[lag:] - places[: len(places) - lag], axis=1)
    met = len(np.unique(regions[cycle])) / len(np.unique(regions))
    apart = float(steps.mean()) / radius if known else np.nan
    return {
        "published_return_distance": qualified("1", apart, "" if known else "no gait period"),
        "published_cycle_regions": qualified("1", met, "" if len(regions[cycle]) else NO_TRACK),
    }
