"""Linear CKA of two layers without what their observations share, or with every component alike.

CKA of two hidden layers of a policy is high for two reasons that say little of the networks: both
layers are computed from the same observations, and a few components of large variance dominate it.
`deconfounded_cka` leaves the first out and `whitened_cka` the second. Both follow from the sums of
products, so they cost no further pass over the rows.

Both are biased: independent rows give about sqrt(k m) / n, where k and m are the numbers of
components of equal weight of both sides (the participation ratios for `deconfounded_cka`).
"""

import numpy as np

from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.errors import Refused
from brainiarb.similarity.cka import CrossProducts


def deconfounded_cka(
    products: CrossProducts, first: int, second: int, row: int, column: int
) -> float:
    """Return linear CKA of what a linear map of the observations leaves of two layers.

    Networks and layers are named by position; the observations are the network that has the layer
    `observations`. With C_xo the covariance of a layer and the observations, every covariance C_xy
    in CKA becomes C_xy - C_xo C_oo^-1 C_oy. 0 to 1; nan if the observations leave no variance of a
    layer, up to the root of the rounding, and if a number is nan or infinite. Raises Refused
    without observations. The question is that of Cui et al. 2022, who regress the similarity of
    inputs, and not the inputs, out of that of the layers.
    """
    observations = _observations(products)
    x, y = (first, row), (second, column)
    confounding = products.covariance(observations, observations, 0, 0)
    if not np.isfinite(confounding).all():
        return float("nan")
    inverse = _inverse(confounding, products.precision)

    def left(one: tuple[int, int], other: tuple[int, int]) -> np.ndarray:
        """Return the covariance of what is left of two layers."""
        sides = [
            products.covariance(network, observations, layer, 0) for network, layer in (one, other)
        ]
        whole = products.covariance(one[0], other[0], one[1], other[1])
        return whole - sides[0] @ inverse @ sides[1].T

    norms = []
    for side in (x, y):
        remainder = left(side, side)
        variance = np.trace(products.covariance(side[0], side[0], side[1], side[1]))
        if not np.trace(remainder) > variance * np.sqrt(products.precision):
            return float("nan")
        norms.append(np.linalg.norm(remainder))
    return float(min(np.sum(left(x, y) ** 2) / (norms[0] * norms[1]), 1.0))


def whitened_cka(products: CrossProducts, first: int, second: int, row: int, column: int) -> float:
    """Return linear CKA of two layers whose leading components all have variance 1.

    Networks and layers are named by position. The leading components of a layer are the fewest that
    hold 99 % of its variance (see `CrossProducts.whitening`); for k and m of them the value is
    ||U'V||^2 / sqrt(k m), with U and V the orthonormal scores. So it is the mean squared canonical
    correlation of equal numbers of components. 0 to 1; nan if a layer has no variance.
    """
    x, y = products.whitening(first, row), products.whitening(second, column)
    sizes = x.shape[1] * y.shape[1]
    if not sizes:
        return float("nan")
    shared = x.T @ products.covariance(first, second, row, column) @ y
    return float(min(np.sum(shared**2) / np.sqrt(sizes), 1.0))


def _observations(products: CrossProducts) -> int:
    """Return the position of the observations among the networks."""
    for network, layers in enumerate(products.networks):
        if layers and layers[0].name == OBSERVATIONS:
            return network
    raise Refused(
        "expected products with the observations among the networks, found none; give the "
        "observations to products_of as a network"
    )


def _inverse(covariance: np.ndarray, precision: float) -> np.ndarray:
    """Return the inverse on the directions that exceed rounding, whatever the units of each."""
    spread = np.sqrt(covariance.diagonal().clip(0.0))
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    correlation = covariance * np.outer(scale, scale)
    rounding = len(correlation) * precision
    return np.linalg.pinv(correlation, rounding, hermitian=True) * np.outer(scale, scale)
