"""Ridge regression from sums of products.

Sums over blocks of rows add up, so a fit to some blocks and its error in other blocks need no
further pass over the rows. Hoerl and Kennard 1970.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """Linear maps from p predictors to q targets, one map for each penalty."""

    means: np.ndarray
    """(p + q) of predictors and targets in the fitted rows."""
    maps: np.ndarray
    """(penalties, p, q)."""


def moments(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the products of the columns of x (n, p), y (n, q) and ones, summed over the rows.

    (p + q + 1, p + q + 1), in this order.
    """
    columns = np.column_stack([x, y, np.ones(len(x))])
    return columns.T @ columns


def means_of(sums: np.ndarray) -> np.ndarray:
    """Return the means (p + q) of predictors and targets, from their moments."""
    return sums[-1, :-1] / sums[-1, -1]


def products_about(sums: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return the products (p + q, p + q) about given means (p + q), from moments."""
    shift = np.eye(len(sums))
    shift[-1, :-1] = -means
    return (shift.T @ sums @ shift)[:-1, :-1]


def fit_ridge(sums: np.ndarray, predictors: int, penalties: np.ndarray) -> RidgeFit:
    """Fit targets by `predictors` predictors to the rows behind some moments.

    `penalties` (m) are multiples of the mean variance of the predictors.
    """
    p, means = predictors, means_of(sums)
    covariance = sums[:-1, :-1] - sums[-1, -1] * np.outer(means, means)
    variances, directions = np.linalg.eigh(covariance[:p, :p])
    along = directions.T @ covariance[:p, p:]
    least = penalties[:, None] * max(float(variances.mean()), np.finfo(float).tiny)
    return RidgeFit(means, directions @ (along / (np.maximum(variances, 0) + least)[..., None]))


def explained(products: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Return by how much maps (..., p, q) lower the squared error of the mean, by weight.

    `products` (p + q, p + q) are centred. The sum over p is the gain of a target.
    """
    p = maps.shape[-2]
    return maps * (2 * products[:p, p:] - products[:p, :p] @ maps)


def squared_errors(sums: np.ndarray, fitted: RidgeFit) -> tuple[np.ndarray, np.ndarray]:
    """Return squared errors in the rows behind some moments: of the maps, and of the mean.

    (penalties, q) and (q); the mean is that of the fitted rows.
    """
    p = fitted.maps.shape[1]
    products = products_about(sums, fitted.means)
    total = products[p:, p:].diagonal()
    return total - explained(products, fitted.maps).sum(axis=1), total
