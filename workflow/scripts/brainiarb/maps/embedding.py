"""The embedding of a gait map: postures laid out in the plane by t-SNE."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.signals import principal_axes

EARLY_EXAGGERATION = 12
EARLY_ITERATIONS = 250
ITERATIONS = 500
# Angle of Barnes and Hut's method; 0 is exact, and 0.5 costs half as much again as this.
THETA = 0.8
# From this many rows on, gradients interpolated on a grid cost less than those of a tree.
MANY_ROWS = 10_000
# Width of a cell of FIt-SNE's grid. 20,000 rows take 41 s with cells of 1 and 29 s with these, at a
# divergence of 1.09 and 1.12 (scikit-learn: 1.13); with cells of 2, 26 s and 1.16.
INTERVAL = 1.4
# The rows of the map by which a further row is placed.
NEIGHBOURS = 15


@dataclass(frozen=True, eq=False)
class Embedding:
    """A t-SNE map with all that placing further rows on it needs.

    It holds arrays and numbers only, so that it can be stored and read back.
    """

    points: NDArray[np.float64]
    """(n, 2), centred on the middle of their range."""
    features: NDArray[np.float64]
    """(n, c) of the rows that the points stand for."""
    perplexity: float
    seed: int
    divergence: float
    """The Kullback-Leibler divergence that was reached."""


def standardise(heights: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> NDArray[np.float64]:
    """Return signals (N, g) less the `mean` and over the `sd` (g) of the expert.

    One scaler serves all agents. Raises Refused for a signal that does not vary.
    """
    centre, scale = np.asarray(mean, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    still = np.flatnonzero(~(scale > 0))
    if len(still):
        raise Refused(
            f"expected heights or angles that vary, found no variance in column {still[0]} of the "
            "expert's; leave it out"
        )
    return (np.asarray(heights, dtype=np.float64) - centre) / scale


def embed(features: ArrayLike, perplexity: float, seed: int) -> Embedding:
    """Lay out rows in the plane by t-SNE (van der Maaten and Hinton 2008; openTSNE).

    `features` (n, c), standardised; `perplexity` of 30 to n / 100 or more, at most (n - 1) / 3.
    Exact neighbours, initialisation by the first two principal components plus a jitter drawn from
    `seed`, exaggeration 12 for 250 iterations and none for 500 more, learning rate n over
    exaggeration. Gradients by the method of Barnes and Hut, from 10,000 rows on by interpolation
    (FIt-SNE, Linderman et al. 2019). One thread: the same arguments give the same bytes. Raises
    Refused for features that are not finite, for rows that are all equal and for too high a
    perplexity.
    """
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    x = finite_rows(features)
    check_perplexity(perplexity, len(x))
    check_differs(x)
    affinities = PerplexityBasedNN(x, perplexity, method="exact", n_jobs=1, random_state=seed)
    fit = TSNEEmbedding(
        _principal_plane(x, seed),
        affinities,
        negative_gradient_method="bh" if len(x) < MANY_ROWS else "fft",
        theta=THETA,
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
    """Return where the rows begin: the first two principal components, small and with a jitter."""
    centred = x - x.mean(axis=0)
    plane = principal_axes(centred, 2)
    plane = plane * np.sign(plane[np.abs(plane).argmax(axis=0), [0, 1]])
    start = np.einsum("ni,ij->nj", centred, plane)
    start *= 1e-4 / start[:, 0].std()
    # Rows that coincide would never part without a jitter.
    return start + np.random.default_rng(seed).normal(0, 1e-6, start.shape)


def place_on_map(embedding: Embedding, features: ArrayLike) -> NDArray[np.float64]:
    """Return the places (m, 2) of further rows on a finished map, which stays as it is.

    `features` (m, c), standardised as the rows of the map are. Each row comes to the median of the
    places of its 15 nearest rows of the map, and no row depends on the others placed with it
    (the first step of Policar et al. 2021; their optimisation is left out). Raises Refused for
    other features than the map has, and for a map of too few rows.
    """
    from scipy.spatial import cKDTree

    x = finite_rows(features)
    n_rows, n_features = embedding.features.shape
    if x.shape[1] != n_features:
        raise Refused(
            f"expected rows of {n_features} features as on the map, found {x.shape[1]}; record the "
            "same heights"
        )
    if n_rows <= NEIGHBOURS:
        raise Refused(
            f"expected a map of more than {NEIGHBOURS} rows to place others by, found {n_rows}; "
            "embed more rows"
        )
    if len(x) == 0:
        return np.empty((0, 2))
    nearest = cKDTree(embedding.features).query(x, NEIGHBOURS)[1]
    return np.median(embedding.points[nearest], axis=1)


def finite_rows(values: ArrayLike) -> NDArray[np.float64]:
    """Return finite values (rows, features); raise Refused for any other values."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise Refused(
            f"expected finite rows of features, found shape {x.shape} or values that are not "
            "finite; pass (rows, features) without nan"
        )
    return np.ascontiguousarray(x)


def some_rows(values: ArrayLike) -> NDArray[np.float64]:
    """Return finite values (rows, features); raise Refused for any other and without rows."""
    x = finite_rows(values)
    if not len(x):
        raise Refused("expected rows to lay out, found none; record longer")
    return x


def differs(rows: NDArray[np.float64]) -> bool:
    """Return whether any two rows (n, c) differ; False without rows."""
    return bool((rows[1:] != rows[:1]).any())


def check_differs(rows: NDArray[np.float64]) -> None:
    """Raise Refused if all rows (n, c) are equal, because t-SNE cannot lay out a single point."""
    if not differs(rows):
        raise Refused(
            f"expected postures that differ, found {len(rows)} equal rows; leave this agent out or "
            "record it while it moves"
        )


def check_perplexity(perplexity: float, n: int) -> None:
    """Raise Refused unless `n` rows suffice for the perplexity."""
    if not 1 <= perplexity <= (n - 1) / 3:
        raise Refused(
            f"expected a perplexity from 1 to a third of the rows less one, found {perplexity:g} "
            f"for {n} rows; lower it or embed more rows"
        )
