"""Similarity of two representations of the same n states: measures on arrays (n, p) and (n, q).

Each measure takes numbers of any size, offset and rank, in any array-like: lists, arrays, tables of
pandas and tensors. It computes in float64 and returns a number. If the measure has no value, it
returns nan and writes a warning to the log: for constant sides, without rows, and if a value is
nan, infinite or masked. Complex numbers and text are refused. Rows must be paired: row i of both
sides belongs to the same state. For linear CKA of many layers at once see `streaming`, and
for its intervals and nulls see `nulls`.

| measure               | invariant to shift, scale and | range         |
|-----------------------|-------------------------------|---------------|
| `linear_cka`          | rotation                      | 0 to 1 (*)    |
| `rbf_cka`             | rotation                      | 0 to 1 (*)    |
| `procrustes`          | rotation                      | 0 to sqrt(2)  |
| `cca`, `svcca`        | invertible maps; rotation     | 0 to 1        |
| `pwcca`               | invertible maps of y          | 0 to 1        |
| `linear_predictivity` | rotation                      | up to 1       |
| `rsa`                 | rotation                      | -1 to 1       |

(*) Debiased values are -1 to 1, and around 0 for independent sides. Biased values of independent
sides grow with p / n and q / n.
"""

import logging
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Concatenate, ParamSpec

import numpy as np
from numpy.typing import ArrayLike

from brainiarb.activity.ridge import RidgeFit, fit_ridge, moments, squared_errors
from brainiarb.errors import Refused
from brainiarb.similarity.centring import (
    centred_kernel,
    centred_without_diagonal,
    common_rows,
    numbers_of,
    scaled,
    unit,
)
from brainiarb.similarity.hsic import normalised
from brainiarb.similarity.streaming import cross_products, in_chunks

# The penalties of ridge regression, as multiples of the mean variance of the predictors.
PENALTIES = tuple(10.0**k for k in range(-8, 3))


P = ParamSpec("P")
Measure = Callable[Concatenate[ArrayLike, ArrayLike, P], float]


def _measure(
    name: str,
) -> Callable[[Callable[Concatenate[np.ndarray, np.ndarray, P], float]], Measure[P]]:
    """Give a measure both sides as paired floats, or return nan if a value of them is no number."""

    def decorate(function: Callable[Concatenate[np.ndarray, np.ndarray, P], float]) -> Measure[P]:
        @wraps(function)
        def measured(x: ArrayLike, y: ArrayLike, *args: P.args, **kwargs: P.kwargs) -> float:
            first, second = _pair(x, y)
            if not (np.isfinite(first).all() and np.isfinite(second).all()):
                return _undefined(name, "values that are not finite")
            return function(first, second, *args, **kwargs)

        return measured

    return decorate


def _pair(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return both sides as floats; raise Refused unless they are paired representations."""
    first, second = (numbers_of(side) for side in (x, y))
    if first.ndim != 2 or second.ndim != 2:
        raise Refused(
            f"expected two arrays (states, units), found shapes {first.shape} and {second.shape}; "
            "give a row per state and a column per unit"
        )
    common_rows([{"x": first, "y": second}])
    return first, second


def _undefined(measure: str, reason: str) -> float:
    """Log why a measure has no value and return nan."""
    logging.warning("%s is undefined: %s", measure, reason)
    return float("nan")


@_measure("linear CKA")
def linear_cka(x: np.ndarray, y: np.ndarray, debiased: bool = False) -> float:
    """Return linear CKA: ||Yc'Xc||^2 / (||Xc'Xc|| ||Yc'Yc||), columns centred.

    `x` (n, p), `y` (n, q); 0 to 1. With `debiased`, the unbiased HSIC1 of the linear kernels takes
    the place of each squared norm, so that independent sides average 0; -1 to 1. nan if a side has
    no variance; debiased also below 4 rows and if all variance is in one row. Costs n (p + q)^2
    operations. Kornblith et al. 2019, eq. 3 and 4; Song et al. 2012, eq. 5.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = rng.normal(size=(500, 3))
    >>> rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    >>> round(linear_cka(layer, 10 * layer @ rotation + 7), 6)
    1.0
    >>> unrelated = rng.normal(size=(500, 3))
    >>> abs(linear_cka(layer, unrelated, debiased=True)) < 0.02
    True
    """
    sides = [{"": side} for side in (x, y)]
    products = cross_products(in_chunks(sides), dtype=np.float64)
    value = products.cka(0, 1)[int(debiased)].item()
    if np.isnan(value):
        return _undefined("linear CKA", products.notes(0, 1)[0][0].partition("undefined: ")[2])
    return value


@_measure("RBF CKA")
def rbf_cka(x: np.ndarray, y: np.ndarray, threshold: float = 1.0, debiased: bool = False) -> float:
    """Return CKA with the kernel exp(-d^2 / (2 threshold^2 m)), d the distance of two states.

    m is the median of all n^2 squared distances, with the n zeros: the convention of the code that
    accompanies Kornblith et al. 2019, in which the threshold multiplies the bandwidth. `x` (n, p),
    `y` (n, q); 0 to 1; with `debiased` (HSIC1 of Song et al. 2012, eq. 5) -1 to 1. nan if m is 0;
    debiased also below 4 rows. Costs n^2 (p + q) operations and the memory of several n^2 numbers:
    give it a few thousand states.
    """
    sides = x, y
    rows = common_rows([{"": side} for side in sides])
    if debiased and rows < 4:
        return _undefined("RBF CKA", "fewer than 4 rows")
    kernels = []
    for side in sides:
        distances = _squared_distances(side)
        median = np.median(distances) if rows else 0.0
        if not median > 0:
            return _undefined("RBF CKA", "half of the states or more coincide")
        kernel = np.exp(distances / (-2 * threshold**2 * median))
        kernels.append(centred_without_diagonal(kernel) if debiased else centred_kernel(kernel))
    k, m = kernels
    return normalised((k * m).sum(), (k * k).sum(), (m * m).sum()).item()


@_measure("the Procrustes distance")
def procrustes(x: np.ndarray, y: np.ndarray, angular: bool = False) -> float:
    """Return the Procrustes shape distance sqrt(2 - 2 ||Xn'Yn||_*), with Xn = Xc / ||Xc||.

    This is the distance that remains between two centred representations of unit norm after the
    best rotation; zeros pad the narrower representation. `x` (n, p), `y` (n, q); 0 to sqrt(2). With
    `angular` it is the angle arccos ||Xn'Yn||_*, 0 to pi/2. Both are metrics. nan if a side has no
    variance. Costs n (p + q)^2 + p q min(p, q) operations. Williams et al. 2021, eq. 5 and 6.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = rng.normal(size=(500, 3))
    >>> procrustes(layer, layer[:, ::-1], angular=True) < 1e-9
    True
    >>> procrustes(layer, rng.normal(size=(500, 3))) > 1.2
    True
    """
    a, b = (unit(side) for side in (x, y))
    if not (a.any() and b.any()):
        return _undefined("the Procrustes distance", "no variance")
    # Both sides get one width. So the rotation is square, and the distance is exact near 0, where
    # 2 - 2 ||.||_* would lose its digits.
    width = max(a.shape[1], b.shape[1])
    a, b = (np.pad(side, ((0, 0), (0, width - side.shape[1]))) for side in (a, b))
    left, _, right = np.linalg.svd(a.T @ b)
    distance = min(float(np.linalg.norm(a @ (left @ right) - b)), np.sqrt(2))
    return 2 * float(np.arcsin(distance / 2)) if angular else distance


@_measure("CCA")
def cca(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean canonical correlation over the smaller of both sides' ranks.

    `x` (n, p), `y` (n, q); 0 to 1, and 1 for any two sides whose ranks together reach n. Directions
    count if they exceed the rounding of the given type, float32 or float64. nan if a side has no
    variance. Costs n (p + q)^2 operations. Hotelling 1936; Raghu et al. 2017, appendix A.
    """
    return _mean_correlation("CCA", x, y, 1.0)


@_measure("SVCCA")
def svcca(x: np.ndarray, y: np.ndarray, variance: float = 0.99) -> float:
    """Return `cca` of the fewest leading components of each side that reach a share of variance.

    `variance` is a share of the squared singular values of the centred side. `x` (n, p), `y`
    (n, q); 0 to 1; nan if a side has no variance. Costs n (p + q)^2 operations. Raghu et al. 2017,
    section 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = rng.normal(size=(500, 3))
    >>> round(svcca(layer, layer @ rng.normal(size=(3, 3))), 6)
    1.0
    """
    return _mean_correlation("SVCCA", x, y, variance)


@_measure("PWCCA")
def pwcca(x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean of the canonical correlations weighted by how much of `x` each accounts for.

    The weight of direction i of `x`, h_i, is sum_j |<h_i, x_j>| over the centred units x_j. `x`
    (n, p), `y` (n, q); 0 to 1; not symmetric; nan if a side has no variance. Costs n (p + q)^2
    operations. Morcos et al. 2018, eq. 2 and 3.
    """
    a, b = (_basis(side) for side in (x, y))
    if not (a.shape[1] and b.shape[1]):
        return _undefined("PWCCA", "no variance")
    directions, correlations, _ = np.linalg.svd(a.T @ b, full_matrices=False)
    weights = np.abs((a @ directions).T @ unit(x)).sum(axis=1)
    return float(np.minimum(correlations, 1.0) @ weights / weights.sum())


@_measure("linear predictivity")
def linear_predictivity(
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    folds: int = 5,
    penalties: Sequence[float] = PENALTIES,
) -> float:
    """Return R^2 of predicting `y` (n, q) from `x` (n, p) linearly in episodes left out.

    Ridge regression, cross-validated. `groups` (n) is the episode of each row; whole groups go in
    turn to `folds` folds (fewer if there are fewer groups). Each fold is predicted from the other
    folds, by the penalty that predicts each of these best from the rest. `penalties` are multiples
    of the mean variance of the components of `x`. The value is at most 1 and not symmetric:
    1 - sum |y - prediction|^2 / sum |y - mean of the other folds|^2 over all rows and units. nan
    below 3 groups and if a side has no variance. Costs n (p + q)^2
    + folds^2 (p^3 + len(penalties) p^2 q) operations. Schrimpf et al. 2018; Hoerl, Kennard 1970.
    """
    x, y = (unit(side) for side in (x, y))
    common_rows([{"x": x, "y": y, "groups": groups}])
    labels, group = np.unique(groups, return_inverse=True)
    folds = min(folds, len(labels))
    if folds < 3:
        return _undefined("linear predictivity", "fewer than 3 groups")
    if not (x.any() and y.any()):
        return _undefined("linear predictivity", "no variance")
    p = x.shape[1]
    parts = [moments(x[group % folds == f], y[group % folds == f]) for f in range(folds)]

    @cache
    def fit(fitted: frozenset[int]) -> RidgeFit:
        """Fit some of the folds."""
        return fit_ridge(np.sum([parts[f] for f in sorted(fitted)], axis=0), p, np.array(penalties))

    def errors(fitted: frozenset[int], fold: int) -> tuple[np.ndarray, float]:
        """Return the squared error of each penalty in a fold, and that of the fitted mean."""
        of_maps, of_mean = squared_errors(parts[fold], fit(fitted))
        return of_maps.sum(axis=1), float(of_mean.sum())

    error = total = 0.0
    everything = frozenset(range(folds))
    for fold in range(folds):
        others = everything - {fold}
        inner = sum(errors(others - {g}, g)[0] for g in sorted(others))
        outer, of_mean = errors(others, fold)
        error += float(outer[np.argmin(inner)])
        total += of_mean
    return 1 - error / total


@_measure("RSA")
def rsa(
    x: np.ndarray, y: np.ndarray, distance: str = "sqeuclidean", method: str = "spearman"
) -> float:
    """Return how far both sides agree about which states are alike: correlated distances.

    `distance` is that of two states, over units: `sqeuclidean`, or `correlation`, which is not
    invariant to rotation and shift of the units. `method` correlates the n(n-1)/2 distances of both
    sides: `spearman`, `pearson`, or `cosine`, which removes no mean. `x` (n, p), `y` (n, q); -1 to
    1. nan if the distances of a side do not differ or have no value. Costs n^2 (p + q) operations
    and the memory of several n^2 numbers: give it a few hundred states. Kriegeskorte et al. 2008.

    Examples
    --------
    >>> states = np.random.default_rng(0).normal(size=(100, 3))
    >>> round(rsa(states, 2 * states + 1), 6)
    1.0
    """
    from scipy.spatial.distance import pdist
    from scipy.stats import rankdata

    compared: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "spearman": lambda distances: unit(rankdata(distances)[:, None])[:, 0],
        "pearson": lambda distances: unit(distances[:, None])[:, 0],
        "cosine": lambda distances: distances / (np.linalg.norm(distances) or 1.0),
    }
    if method not in compared or distance not in ("sqeuclidean", "correlation"):
        raise Refused(
            f"expected distance sqeuclidean or correlation and method {', '.join(compared)}, "
            f"found {distance} and {method}; choose among them"
        )
    first, second = (
        compared[method](pdist(scaled(side, distance == "sqeuclidean"), distance))
        for side in (x, y)
    )
    if not (first.any() and second.any()):
        return _undefined("RSA", "distances that do not differ")
    return float(np.clip(first @ second, -1.0, 1.0))


def _squared_distances(values: np.ndarray) -> np.ndarray:
    """Return the squared distances (n, n) of all states, up to a factor."""
    side = scaled(values)
    products = side @ side.T
    norms = products.diagonal()
    distances = norms[:, None] + norms - 2 * products
    np.fill_diagonal(distances, 0.0)
    return np.maximum(distances, 0.0)


def _basis(values: np.ndarray, variance: float = 1.0) -> np.ndarray:
    """Return an orthonormal basis (n, r) of the leading components that reach a share of variance.

    Components within the rounding error of the given type are left out.
    """
    centred = unit(values)
    if not centred.any():
        return centred[:, :0]
    whole = scaled(values, from_middle=False)
    departure = np.linalg.norm(whole - whole.mean(axis=0)) / np.linalg.norm(whole)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    count = int((sizes > np.finfo(values.dtype).eps / departure).sum())
    if variance < 1:
        held = np.cumsum(sizes**2)
        count = min(count, 1 + int(np.searchsorted(held, variance * held[-1])))
    return left[:, :count]


def _mean_correlation(measure: str, x: np.ndarray, y: np.ndarray, variance: float) -> float:
    """Return the mean canonical correlation of the components that reach a share of variance."""
    a, b = (_basis(side, variance) for side in (x, y))
    if not (a.shape[1] and b.shape[1]):
        return _undefined(measure, "no variance")
    return float(np.minimum(np.linalg.svd(a.T @ b, compute_uv=False), 1.0).mean())
