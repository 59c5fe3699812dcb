"""Sums of products of many layers from one pass over the rows, chunk by chunk.

Networks lie side by side: n rows of P columns in all cost n P^2 operations, because each pair of
layers is multiplied once, and take the memory of P^2 / 2 sums and one chunk.

Layers are scaled to about unit norm and multiplied in float32, and the products of chunks are added
in float64. The shift is the middle row of the first chunk. Rows whose norm is many times the median
are kept apart: their fourth powers would swallow the small difference that debiased CKA is.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import DTypeLike

from brainiarb.errors import Refused
from brainiarb.similarity.centring import Network, common_rows, floating, middle
from brainiarb.similarity.cka import CrossProducts, ScaledLayer
from brainiarb.similarity.hsic import complete_columns

CHUNK_ROWS = 4096
HEAVY = 256.0  # a row is kept apart if its squared norm is this many times its layer's median
MOST_HEAVY = 256  # rows that are kept apart in one pass, at most


def cross_products(
    chunks: Iterable[Sequence[Network]],
    pairs: Iterable[tuple[int, int]] | None = None,
    dtype: DTypeLike = np.float32,
) -> CrossProducts:
    """Sum the products of the layers of some networks over the rows, chunk by chunk.

    Each chunk holds, for the same rows, the layers of every network in the same order; `in_chunks`
    cuts arrays into chunks. `pairs` names the networks whose layers are compared with each other,
    by position: all pairs unless given. Each network is always compared with itself. `dtype` is the
    type of the products, float32 or float64. Raises Refused without any chunk, and if the layers of
    a chunk differ in their rows.
    """
    stream = None
    for chunk in chunks:
        rows = common_rows(chunk)
        if stream is None or not stream.rows:
            stream = _Stream(chunk, pairs, np.dtype(dtype))
        if rows:
            stream.add(chunk, rows)
    if stream is None:
        raise Refused("expected chunks of rows, found none; pass at least one, even if empty")
    return stream.result()


def in_chunks(networks: Sequence[Network], rows: int = CHUNK_ROWS) -> Iterator[list[Network]]:
    """Cut the layers of networks that were shown the same states into chunks of `rows` rows."""
    for start in range(0, max(common_rows(networks), 1), rows):
        yield [
            {name: values[start : start + rows] for name, values in network.items()}
            for network in networks
        ]


class _Stream:
    """Sums that grow by chunks; the first chunk that has rows fixes the shifts."""

    def __init__(
        self,
        chunk: Sequence[Network],
        pairs: Iterable[tuple[int, int]] | None,
        dtype: np.dtype,
    ) -> None:
        itself = [(k, k) for k in range(len(chunk))]
        if pairs is None:
            pairs = combinations(range(len(chunk)), 2)
        self.networks = [[_GrowingLayer(*layer) for layer in network.items()] for network in chunk]
        self.widths = [sum(len(layer.shift) + 2 for layer in layers) for layers in self.networks]
        self.sums = {
            (a, b): np.zeros((self.widths[a], self.widths[b]))
            for a, b in sorted({*itself, *((min(pair), max(pair)) for pair in pairs)})
        }
        self.dtype = dtype
        self.rows = self.apart = 0

    @np.errstate(over="ignore", invalid="ignore")
    def add(self, chunk: Sequence[Network], rows: int) -> None:
        """Add the products of a chunk."""
        sides = [np.empty((rows, width), self.dtype) for width in self.widths]
        excess = np.zeros(rows)
        for network, layers, side in zip(chunk, self.networks, sides, strict=True):
            end = 0
            for layer in layers:
                start, end = end, end + len(layer.shift) + 2
                excess = np.fmax(excess, layer.write(network[layer.name], side[:, start:end]))
        heavy = self._heavy_rows(excess)
        for network, layers, side in zip(chunk, self.networks, sides, strict=True):
            for layer in layers:
                layer.keep_apart(network[layer.name][heavy])
            side[heavy] = 0
        for (a, b), total in self.sums.items():
            total += sides[a].T @ sides[b]
        self.rows += rows

    def _heavy_rows(self, excess: np.ndarray) -> np.ndarray:
        """Return the rows of a chunk that are kept apart, as far as there is room for them."""
        rows = np.flatnonzero(excess > HEAVY)
        room = min(MOST_HEAVY - self.apart, len(excess) // 2)
        rows = np.sort(rows[np.argsort(-excess[rows], kind="stable")[:room]])
        self.apart += len(rows)
        return rows

    def result(self) -> CrossProducts:
        """Return the sums so far."""
        return CrossProducts(
            tuple(tuple(layer.result() for layer in layers) for layers in self.networks),
            self.sums,
            self.rows,
            float(np.finfo(self.dtype).eps),
        )


class _GrowingLayer:
    """A layer that grows by chunks; the first chunk in which it varies fixes its scale."""

    def __init__(self, name: str, values: np.ndarray) -> None:
        self.name = name
        self.shift = middle(floating(values))
        self.scale = self.typical = 0.0
        self.heavy = [np.zeros((0, len(self.shift)))]

    def write(self, values: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Write the columns of a chunk; return each row's squared norm in medians of the layer."""
        values = floating(values)
        dtype = np.result_type(values, columns)
        with np.errstate(invalid="ignore"):  # The sums of a layer that holds infinity are nan.
            departure = np.subtract(values, self.shift, dtype=dtype)
        fresh = not self.scale
        if fresh:
            self.scale = _power_of_two(departure)
        np.multiply(departure, self.scale or 1.0, out=columns[:, :-2])
        complete_columns(columns)
        norms = columns[:, -2]
        if fresh:
            self.typical = float(np.median(norms)) or float(norms.mean())
        return norms / (self.typical or 1.0)

    def keep_apart(self, rows: np.ndarray) -> None:
        """Keep rows of a chunk that must not be summed."""
        self.heavy.append((rows.astype(np.float64) - self.shift) * (self.scale or 1.0))

    def result(self) -> ScaledLayer:
        """Return the layer as it is so far."""
        return ScaledLayer(self.name, self.shift, self.scale, np.concatenate(self.heavy))


def _power_of_two(departure: np.ndarray) -> float:
    """Return the power of two that scales rows to about unit size, 0 if no row departs from 0."""
    peaks = np.abs(departure).max(axis=1, initial=0.0)
    size = float(np.median(peaks)) or float(peaks.max())
    if not size > 0:
        return 0.0
    limit = np.finfo(departure.dtype).maxexp - 2
    return float(2.0 ** -np.clip(np.frexp(size)[1], -limit, limit))
