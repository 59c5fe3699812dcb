"""Centring and scaling of layers, so that offsets and outliers cost no digits, and of kernels."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from brainiarb.errors import Refused

Network = Mapping[str, np.ndarray]
"""The layers (n, p) of one network, by name."""

MIDDLE_ROWS = 255  # evenly spaced rows that give the middle row of a layer


def common_rows(networks: Sequence[Network]) -> int:
    """Return the number of rows that all layers have; raise Refused if the numbers differ."""
    lengths = {len(values) for network in networks for values in network.values()}
    if len(lengths) != 1:
        raise Refused(
            f"expected layers of the same states, found {sorted(lengths)} rows; "
            "record both sides on the same stimuli"
        )
    return lengths.pop()


def floating(values: np.ndarray) -> np.ndarray:
    """Return float32 and float64 values as they are, and values of any other type in float64."""
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)


def numbers_of(values: ArrayLike) -> np.ndarray:
    """Return an array-like as floats, see `floating`; masked values are nan.

    Raises Refused for complex numbers, for text and for whatever else holds no numbers.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError(f"values of type {array.dtype}")
        array = floating(array)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Refused(
            f"expected a layer of real numbers, found {type(values).__name__} ({error}); "
            "give an array (states, units)"
        ) from error
    if isinstance(values, np.ma.MaskedArray):
        array = np.where(np.ma.getmaskarray(values), np.nan, array)
    return array


def middle(values: np.ndarray) -> np.ndarray:
    """Return a middle row (p) of a layer (n, p): for each unit, one of its values near its median.

    Outliers do not move the middle row, and a constant unit equals it exactly. Zeros without rows.
    """
    if not len(values):
        return np.zeros(values.shape[1])
    sample = values[:: -(-len(values) // MIDDLE_ROWS)]
    return np.partition(sample, len(sample) // 2, axis=0)[len(sample) // 2]


def unit(values: np.ndarray) -> np.ndarray:
    """Return a layer (n, p) in float64, centred and of unit norm; zeros if it has no variance.

    A layer with a value that is nan or infinite gives zeros, too: it has no variance.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        centred = values.astype(np.float64) - middle(values)
    largest = np.abs(centred).max(initial=0.0)
    if not 0 < largest < np.inf:
        return np.zeros_like(centred)
    centred /= largest
    centred -= centred.mean(axis=0)
    return centred / np.linalg.norm(centred)


def scaled(values: np.ndarray, from_middle: bool = True) -> np.ndarray:
    """Return a layer (n, p) in float64 and within +-1, measured from its middle row or from 0."""
    result = values.astype(np.float64)
    if from_middle:
        result -= middle(values)
    return result / (np.abs(result).max(initial=0.0) or 1.0)


def centred_kernel(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel whose rows and columns sum to 0."""
    means = kernel.mean(axis=0)
    return kernel - means[:, None] - means + means.mean()


def centred_without_diagonal(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel centred without its diagonal; two such kernels' products sum to n(n-3) HSIC1.

    Szekely and Rizzo 2014, definition 2.
    """
    n = len(kernel)
    kernel = kernel - np.diag(kernel.diagonal())
    means = kernel.sum(axis=0) / (n - 2)
    kernel = kernel - means[:, None] - means + means.sum() / (n - 1)
    np.fill_diagonal(kernel, 0.0)
    return kernel
