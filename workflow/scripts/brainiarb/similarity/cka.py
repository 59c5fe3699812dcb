"""Linear CKA of many layers at once, biased and debiased, from one pass over the rows.

A layer of p units takes p + 2 columns: its units x, less a shift; their squared norm a = |x|^2; and
one. Two layers' columns, multiplied and summed over the rows, are the sums

    [ sum x y'   sum x b   sum x ]
    [ sum a y'   sum a b   sum a ]
    [ sum y'     sum b     n     ]

which hold all that either CKA needs. They add up over chunks, episodes, files and jobs; another
shift is a linear map of them (`shifted`), so that centring needs no second pass. Networks lie side
by side: n rows of P columns in all cost n P^2 operations, each pair of layers being multiplied
once, and take the memory of P^2 / 2 sums and one chunk.

Layers are scaled to about unit norm and multiplied in float32, the products of chunks added in
float64. The shift is a middle value of each unit in the first chunk, which outliers do not move and
which a constant unit equals exactly. Rows whose norm is many times the median are kept apart: their
fourth powers would swallow what remains of debiased CKA when they cancel.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import DTypeLike

from brainiarb.errors import Refused

Network = Mapping[str, np.ndarray]
"""The layers (n, p) of one network, by name."""
Norms = tuple[np.ndarray, np.ndarray]
"""Biased and unbiased HSIC of each layer with itself."""

CHUNK_ROWS = 4096
SHIFT_ROWS = 255  # of the first chunk, evenly spaced, give the shift
HEAVY = 256.0  # times the median squared norm of its layer: a row that is kept apart
MOST_HEAVY = 256  # rows kept apart, at most, in one pass

NO_ROWS = "undefined: no rows"
NOT_FINITE = "undefined: values that are not finite"
NO_VARIANCE = "undefined: no variance"
FEW_ROWS = "debiased undefined: fewer than 4 rows"
ONE_ROW = "debiased undefined: all variance in one row"
NOTES = (NO_ROWS, NOT_FINITE, NO_VARIANCE, FEW_ROWS, ONE_ROW, "")
"""Why a pair of layers has no CKA or no debiased CKA, the first that holds; empty if it has."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of one network: how its p units were scaled, and its rows that were kept apart."""

    name: str
    shift: np.ndarray
    """(p) in the layer's own units."""
    scale: float
    """By what it was multiplied after the shift, a power of two; 0 if it has not varied so far."""
    heavy: np.ndarray
    """(m, p) rows that are no part of the sums, shifted and scaled."""


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """The sums of some networks' layers over the rows seen so far; see `cross_products`."""

    networks: tuple[tuple[Layer, ...], ...]
    sums: dict[tuple[int, int], np.ndarray]
    """Of each pair of networks, a <= b: products of the columns of all layers of both."""
    rows: int
    """n, the heavy rows among them."""
    precision: float
    """Relative rounding error of one product."""

    def cka(self, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
        """Return biased and debiased CKA (a, b) of the a layers of one network with b of another.

        Biased in [0, 1], debiased in [-1, 1]; nan where there is no value, see `notes`.
        """
        biased, unbiased = (
            ratio(cross, one[:, None], other)
            for cross, one, other in zip(
                self._hsic(first, second), self.norms[first], self.norms[second], strict=True
            )
        )
        return biased, unbiased

    def null(self, first: int, second: int) -> np.ndarray:
        """Return about what biased CKA (a, b) is where the rows of both sides are independent.

        sqrt(PR_x PR_y) / (n - 1), PR the participation ratio tr(C)^2 / tr(C^2) of a covariance.
        """
        ratios = []
        for network in (first, second):
            own = [
                self.covariance(network, network, i, i) for i in range(len(self.networks[network]))
            ]
            with np.errstate(divide="ignore", invalid="ignore"):
                ratios.append([np.trace(matrix) ** 2 / np.sum(matrix**2) for matrix in own])
        one, other = (np.array(values) for values in ratios)
        return np.sqrt(one[:, None] * other) / max(self.rows - 1, 1)

    def procrustes(self, first: int, second: int, layer: int, other: int) -> float:
        """Return the angular Procrustes distance of two layers, 0 to pi/2, nan without variance.

        As `similarity.procrustes`, to about the root of `precision`.
        """
        sizes = [
            np.trace(self.covariance(network, network, i, i))
            for network, i in ((first, layer), (second, other))
        ]
        if not min(sizes) > 0:
            return float("nan")
        shared = np.linalg.svd(self.covariance(first, second, layer, other), compute_uv=False)
        return float(np.arccos(np.clip(shared.sum() / np.sqrt(sizes[0] * sizes[1]), 0.0, 1.0)))

    def covariance(self, first: int, second: int, layer: int, other: int) -> np.ndarray:
        """Return Y'X (p, q) of one layer of each network, centred and scaled, over all rows."""
        sums = self._sums(first, second)
        (one, rows), (two, along) = (
            _with_columns(self.networks[network])[i]
            for network, i in ((first, layer), (second, other))
        )
        part = sums[rows, along]
        totals = part[:-2, -1] + one.heavy.sum(axis=0), part[-1, :-2] + two.heavy.sum(axis=0)
        return part[:-2, :-2] + one.heavy.T @ two.heavy - np.outer(*totals) / max(self.rows, 1)

    def only(self, networks: Sequence[int], pairs: Iterable[tuple[int, int]]) -> "CrossProducts":
        """Return the sums of some of the networks, in ascending order, and of some of their pairs.

        Pairs are named by the positions that the networks have here.
        """
        place = {network: k for k, network in enumerate(networks)}
        kept = sorted({*((k, k) for k in networks), *((min(pair), max(pair)) for pair in pairs)})
        return CrossProducts(
            tuple(self.networks[k] for k in networks),
            {(place[a], place[b]): self.sums[a, b] for a, b in kept},
            self.rows,
            self.precision,
        )

    def notes(self, first: int, second: int) -> list[list[str]]:
        """Return one of `NOTES` for each pair of layers (a, b)."""
        found = [
            [self._note(*of_layer) for of_layer in zip(*self.norms[network], strict=True)]
            for network in (first, second)
        ]
        return [[min((one, other), key=NOTES.index) for other in found[1]] for one in found[0]]

    def _note(self, biased: float, unbiased: float) -> str:
        if not self.rows:
            return NO_ROWS
        if not np.isfinite(biased):
            return NOT_FINITE
        if not biased > 0:
            return NO_VARIANCE
        if self.rows < 4:
            return FEW_ROWS
        return "" if unbiased > 0 else ONE_ROW

    @cached_property
    def norms(self) -> list[Norms]:
        """Biased and unbiased HSIC of each layer with itself, of each network."""
        own = [self._hsic(k, k, only_itself=True) for k in range(len(self.networks))]
        return [(biased.diagonal(), unbiased.diagonal()) for biased, unbiased in own]

    def _sums(self, first: int, second: int) -> np.ndarray:
        if (first, second) in self.sums:
            return self.sums[first, second]
        if (second, first) in self.sums:
            return self.sums[second, first].T
        raise Refused(
            f"expected a pair of networks whose products were summed, found {first} and "
            f"{second}; add it to the pairs of cross_products"
        )

    def _hsic(self, first: int, second: int, only_itself: bool = False) -> Norms:
        sums = self._sums(first, second)
        sides = self.networks[first], self.networks[second]
        biased, unbiased = np.full((2, *map(len, sides)), np.nan)
        for i, (one, rows) in enumerate(_with_columns(sides[0])):
            for j, (other, along) in enumerate(_with_columns(sides[1])):
                if i == j or not only_itself:
                    heavy = one.heavy, other.heavy
                    biased[i, j], unbiased[i, j] = hsic(sums[rows, along], heavy, self.precision)
        return biased, unbiased


def cross_products(
    chunks: Iterable[Sequence[Network]],
    pairs: Iterable[tuple[int, int]] | None = None,
    dtype: DTypeLike = np.float32,
) -> CrossProducts:
    """Sum the products of the layers of some networks over the rows, chunk by chunk.

    Each chunk holds, for the same rows, the layers of every network in the same order; `in_chunks`
    cuts arrays. `pairs` names the networks whose layers are compared with each other, by position;
    all unless given, and each with itself always. Products are of `dtype`, float32 or float64.
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
    """Cut the layers of networks that have seen the same states into chunks of so many rows."""
    for start in range(0, max(common_rows(networks), 1), rows):
        yield [
            {name: values[start : start + rows] for name, values in network.items()}
            for network in networks
        ]


def merge(parts: Sequence[CrossProducts]) -> CrossProducts:
    """Return the sums over the rows of all parts, exactly as if they had been one.

    Parts come from other episodes, files or jobs, of the same networks and pairs.
    """
    total = next((part for part in parts if part.rows), parts[0])
    for part in (part for part in parts if part is not total):
        total = _merged(total, part)
    return total


def common_rows(networks: Sequence[Network]) -> int:
    """Return how many rows all layers have; raise Refused where they differ."""
    lengths = {len(values) for network in networks for values in network.values()}
    if len(lengths) != 1:
        raise Refused(
            f"expected layers of the same states, found {sorted(lengths)} rows; "
            "record both sides on the same stimuli"
        )
    return lengths.pop()


def columns_of(units: np.ndarray) -> np.ndarray:
    """Return the columns (n, p + 2) of a layer (n, p): its units, their squared norm, and one."""
    columns = np.empty((len(units), units.shape[1] + 2), units.dtype)
    columns[:, :-2] = units
    _complete(columns)
    return columns


@np.errstate(over="ignore", invalid="ignore")
def shifted(sums: np.ndarray, by: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Return the sums (..., p + 2, q + 2) after x has become x - `by` and y has y - `along`."""
    result = sums.copy()
    for rows, delta in ((result, by), (result.swapaxes(-1, -2), along)):
        delta = delta[..., None, :]
        rows[..., -2, :] += (delta**2).sum(axis=-1) * rows[..., -1, :] - 2 * (
            delta @ rows[..., :-2, :]
        )[..., 0, :]
        rows[..., :-2, :] -= delta.swapaxes(-1, -2) * rows[..., -1:, :]
    return result


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def hsic(
    sums: np.ndarray,
    heavy: tuple[np.ndarray, np.ndarray] | None = None,
    precision: float = np.finfo(np.float64).eps,
) -> tuple[np.ndarray, np.ndarray]:
    """Return ||Y'X||^2 of centred X and Y, and n(n-3) times HSIC1 of their linear kernels.

    From `sums` (..., p + 2, q + 2) over rows, and from `heavy`, (m, p) and (m, q), further rows
    that are no part of the sums. With K and L the kernels without their diagonals, HSIC1 is
    (sum KL + sum K sum L / ((n-1)(n-2)) - 2/(n-2) 1'KL1) / (n(n-3)) (Song et al. 2012, eq. 5); it
    does not depend on the centre. nan below 4 rows, 0 below what rounding with `precision` leaves.
    """
    counted = np.maximum(sums[..., -1, -1], 1.0)[..., None]
    centre = sums[..., :-2, -1] / counted, sums[..., -1, :-2] / counted
    sums = shifted(sums, *centre)
    if heavy is None:
        x, y = (np.zeros((0, size - 2)) for size in sums.shape[-2:])
    else:
        x, y = heavy[0] - centre[0], heavy[1] - centre[1]
    cross, norms = sums[..., :-2, :-2], sums[..., -2, -2]
    along_x, along_y = x.sum(axis=0), y.sum(axis=0)
    n = sums[..., -1, -1] + len(x)
    kernels = [side @ side.T for side in (x, y)]
    for kernel in kernels:
        np.fill_diagonal(kernel, 0.0)
    between = [kernel.sum(axis=1) for kernel in kernels]
    squares = np.square(cross).sum(axis=(-1, -2))
    whole = cross + x.T @ y - np.outer(along_x, along_y) / n[..., None, None]
    products = squares - norms + 2 * ((x @ cross) * y).sum(axis=(-1, -2))
    products += (kernels[0] * kernels[1]).sum()
    totals = (between[0].sum() - sums[..., -2, -1]) * (between[1].sum() - sums[..., -1, -2])
    rows = (along_x @ cross) @ along_y - sums[..., -2, :-2] @ along_y
    rows = rows - sums[..., :-2, -2] @ along_x + norms + between[0] @ between[1]
    unbiased = products + totals / ((n - 1) * (n - 2)) - 2 / (n - 2) * rows
    unbiased = np.where(np.abs(unbiased) > 4 * precision * (squares + norms), unbiased, 0.0)
    return np.square(whole).sum(axis=(-1, -2)), np.where(n < 4, np.nan, unbiased)


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def ratio(cross: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return HSIC over the root of both sides' own, within [-1, 1]; nan where a side has none."""
    value = cross / np.sqrt(np.maximum(one, 0.0) * np.maximum(other, 0.0))
    return np.where((one > 0) & (other > 0), np.clip(value, -1.0, 1.0), np.nan)


def floating(values: np.ndarray) -> np.ndarray:
    """Return values as they are in float32 or float64, others in float64."""
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)


def middle(values: np.ndarray) -> np.ndarray:
    """Return a middle row (p): of each unit, a value that it took and that is near its median."""
    if not len(values):
        return np.zeros(values.shape[1])
    sample = values[:: -(-len(values) // SHIFT_ROWS)]
    return np.partition(sample, len(sample) // 2, axis=0)[len(sample) // 2]


def unit(values: np.ndarray) -> np.ndarray:
    """Return a layer in float64, centred and of unit norm, or zeros where it has no variance."""
    centred = values.astype(np.float64) - middle(values)
    largest = np.abs(centred).max(initial=0.0)
    if not largest > 0:
        return np.zeros_like(centred)
    centred /= largest
    centred -= centred.mean(axis=0)
    return centred / np.linalg.norm(centred)


def _complete(columns: np.ndarray) -> None:
    """Fill in the last two columns of a layer."""
    units = columns[:, :-2]
    columns[:, -2] = np.einsum("ij,ij->i", units, units)
    columns[:, -1] = 1


def _with_columns(layers: Iterable[Layer]) -> list[tuple[Layer, slice]]:
    """Return each layer of a network with where its columns lie."""
    layers = list(layers)
    ends = np.cumsum([0, *(len(layer.shift) + 2 for layer in layers)]).tolist()
    return list(zip(layers, map(slice, ends[:-1], ends[1:]), strict=True))


def _merged(first: CrossProducts, second: CrossProducts) -> CrossProducts:
    """Return the sums over the rows of both, at the first one's shifts and scales."""
    layouts = [
        [[(layer.name, len(layer.shift)) for layer in layers] for layers in part.networks]
        for part in (first, second)
    ]
    if layouts[0] != layouts[1] or first.sums.keys() != second.sums.keys():
        raise Refused(
            "expected parts of the same networks, layers and pairs, found others; "
            "merge what the same call of cross_products gave for other rows"
        )
    networks, moves = [], []
    for pair in zip(first.networks, second.networks, strict=True):
        layers, changes = [], []
        for one, other in zip(*pair, strict=True):
            varied = bool((one.shift != other.shift).any())
            scale = one.scale or other.scale or float(varied)
            by = scale / other.scale if other.scale else 1.0
            delta = (one.shift.astype(np.float64) - other.shift) * scale
            heavy = np.concatenate([one.heavy, other.heavy * by - delta])
            layers.append(Layer(one.name, one.shift, scale, heavy))
            changes.append((by, delta))
        networks.append(tuple(layers))
        moves.append(changes)
    sums = {pair: values.copy() for pair, values in first.sums.items()}
    for (a, b), values in sums.items():
        for (by, delta), (_, rows) in zip(moves[a], _with_columns(networks[a]), strict=True):
            for (to, shift), (_, along) in zip(moves[b], _with_columns(networks[b]), strict=True):
                more = second.sums[a, b][rows, along].copy()
                for side, scale in ((more, by), (more.T, to)):
                    side[:-2] *= scale
                    side[-2] *= scale**2
                values[rows, along] += shifted(more, delta, shift)
    return CrossProducts(
        tuple(networks),
        sums,
        first.rows + second.rows,
        max(first.precision, second.precision),
    )


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
        self.networks = [[_Growing(*layer) for layer in network.items()] for network in chunk]
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
        found = np.flatnonzero(excess > HEAVY)
        room = min(MOST_HEAVY - self.apart, len(excess) // 2)
        found = np.sort(found[np.argsort(-excess[found], kind="stable")[:room]])
        self.apart += len(found)
        return found

    def result(self) -> CrossProducts:
        """Return the sums so far."""
        return CrossProducts(
            tuple(tuple(layer.result() for layer in layers) for layers in self.networks),
            self.sums,
            self.rows,
            float(np.finfo(self.dtype).eps),
        )


class _Growing:
    """A layer that grows by chunks; the first one in which it varies fixes its scale."""

    def __init__(self, name: str, values: np.ndarray) -> None:
        self.name = name
        self.shift = middle(floating(values))
        self.scale = self.typical = 0.0
        self.heavy = [np.zeros((0, len(self.shift)))]

    def write(self, values: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Write the columns of a chunk and return by how much each row's norm is out of line."""
        values = floating(values)
        dtype = np.result_type(values, columns)
        departure = np.subtract(values, self.shift, dtype=dtype)
        fresh = not self.scale
        if fresh:
            self.scale = _scale(departure)
        np.multiply(departure, self.scale or 1.0, out=columns[:, :-2])
        _complete(columns)
        norms = columns[:, -2]
        if fresh:
            self.typical = float(np.median(norms)) or float(norms.mean())
        return norms / (self.typical or 1.0)

    def keep_apart(self, rows: np.ndarray) -> None:
        """Keep rows of a chunk that are not to be summed."""
        self.heavy.append((rows.astype(np.float64) - self.shift) * (self.scale or 1.0))

    def result(self) -> Layer:
        """Return the layer as it is so far."""
        return Layer(self.name, self.shift, self.scale, np.concatenate(self.heavy))


def _scale(departure: np.ndarray) -> float:
    """Return the power of two that brings rows to about unit size, 0 where none departs."""
    peaks = np.abs(departure).max(axis=1, initial=0.0)
    size = float(np.median(peaks)) or float(peaks.max())
    if not size > 0:
        return 0.0
    limit = np.finfo(departure.dtype).maxexp - 2
    return float(2.0 ** -np.clip(np.frexp(size)[1], -limit, limit))
