"""The embedding of a gait map: postures laid out in the plane by t-SNE."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from scipy.spatial import cKDTree

from brainiarb.errors import Refused

EARLY_EXAGGERATION = 12
EARLY_ITERATIONS = 250
ITERATIONS = 500
# From this many rows on, gradients interpolated on a grid cost less than those of a tree.
MANY_ROWS = 10_000
# Width of a cell of FIt-SNE's grid. 20,000 rows take 41 s with cells of 1 and 29 s with these, at a
# divergence of 1.09 and 1.12 (scikit-learn: 1.13); with cells of 2, 26 s and 1.16.
INTERVAL = 1.4


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


def standardise(heights: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> NDArray[np.float64]:
    """Scale signals (N, g) by the expert's `mean` and `sd` (g,): one scaler for all agents."""
    centre, scale = np.asarray(mean, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    still = np.flatnonzero(~(scale > 0))
    if len(still):
        raise Refused(
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
    x = finite_rows(features)
    check_perplexity(perplexity, len(x))
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
    if len(finite_rows(features)) == 0:
        return np.empty((0, 2))
    placed = np.median(embedding.points[_nearest(embedding, features, neighbours)], axis=1)
    if iterations == 0:
        return placed
    affinities = PerplexityBasedNN(embedding.features, neighbours / 3, method="exact", n_jobs=1)
    reference = TSNEEmbedding(
        embedding.points.copy(), affinities, negative_gradient_method="bh", n_jobs=1
    )
    moved = reference.prepare_partial(
        finite_rows(features), initialization=placed, perplexity=neighbours / 3
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
    away = np.linalg.norm(places - finite_rows(points)[:, None], axis=2)
    return float(np.median(np.median(away, axis=1)))


def _nearest(embedding: Embedding, features: ArrayLike, neighbours: int) -> NDArray[np.int64]:
    x = finite_rows(features)
    if x.shape[1] != embedding.features.shape[1]:
        raise Refused(
            f"expected rows of {embedding.features.shape[1]} features as on the map, found "
            f"{x.shape[1]}; record the same heights"
        )
    check_perplexity(neighbours / 3, len(embedding.features))
    return cKDTree(embedding.features).query(x, neighbours)[1]


def finite_rows(values: ArrayLike) -> NDArray[np.float64]:
    """Return finite values (rows, features); raise Refused for any other values."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise Refused(
            f"expected finite rows of features, found shape {x.shape} or values that are not "
            "finite; pass (rows, features) without nan"
        )
    return np.ascontiguousarray(x)


def check_perplexity(perplexity: float, n: int) -> None:
    """Raise ValueError unless `n` rows suffice for the perplexity."""
    if not 1 <= perplexity <= (n - 1) / 3:
        raise Refused(
            f"expected a perplexity from 1 to a third of the rows less one, found {perplexity:g} "
            f"for {n} rows; lower it or embed more rows"
        )
