"""Linear CKA of many layers at once, biased and debiased, from their sums of products.

CKA is the centred kernel alignment of Kornblith et al. 2019. `hsic` explains the sums, `streaming`
makes them from rows, and `merge` adds the sums of other rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from brainiarb.errors import Refused
from brainiarb.similarity.hsic import hsic, normalised, shifted

NO_ROWS = "undefined: no rows"
NOT_FINITE = "undefined: values that are not finite"
NO_VARIANCE = "undefined: no variance"
FEW_ROWS = "debiased undefined: fewer than 4 rows"
ONE_ROW = "debiased undefined: all variance in one row"
NOTES = (NO_ROWS, NOT_FINITE, NO_VARIANCE, FEW_ROWS, ONE_ROW, "")
"""Why a pair of layers has no CKA or no debiased CKA: the first note that holds; else empty."""
WHITENED = 0.99
"""The share of a layer's variance in the components that are whitened."""


@dataclass(frozen=True, eq=False)
class ScaledLayer:
    """The scaling of one layer in the sums, and the rows that were kept apart from them."""

    name: str
    shift: np.ndarray
    """(p) in the layer's own units."""
    scale: float
    """The factor after the shift, a power of two; 0 if the layer has not varied so far."""
    heavy: np.ndarray
    """(m, p) rows that are no part of the sums, shifted and scaled."""


@dataclass(frozen=True, eq=False)
class CrossProducts:
    """Sums of products of the layers of some networks; see `streaming.cross_products`."""

    networks: tuple[tuple[ScaledLayer, ...], ...]
    sums: dict[tuple[int, int], np.ndarray]
    """By pair of networks, a <= b: products of the columns of all layers of both."""
    rows: int
    """n, with the heavy rows."""
    precision: float
    """Relative rounding error of one product."""

    def cka(self, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
        """Return biased and debiased CKA (a, b) of the a layers of one network with b of another.

        Biased in [0, 1]; debiased in [-1, 1], around 0 for independent rows. nan where there is no
        value, see `notes`. Kornblith et al. 2019, eq. 4; debiased with HSIC1 of Song et al. 2012,
        eq. 5.
        """
        if (first, second) not in self._known:
            biased, unbiased = (
                normalised(cross, x_itself[:, None], y_itself)
                for cross, x_itself, y_itself in zip(
                    self._hsic(first, second), self.norms[first], self.norms[second], strict=True
                )
            )
            self._known[first, second] = biased, unbiased
        return self._known[first, second]

    def independent_cka(self, first: int, second: int) -> np.ndarray:
        """Return about the value of biased CKA (a, b) if the rows of both sides were independent.

        sqrt(PR_x PR_y) / (n - 1) with PR the participation ratio tr(C)^2 / tr(C^2) of a covariance.
        """
        ratios = [self._participation_ratios[network] for network in (first, second)]
        return np.sqrt(ratios[0][:, None] * ratios[1]) / max(self.rows - 1, 1)

    def procrustes(self, first: int, second: int, row: int, column: int) -> float:
        """Return the angular Procrustes distance of a layer of each network, given by position.

        0 to pi/2, nan if a layer has no variance. Equals `array_measures.procrustes` to about the
        root of `precision`. Williams et al. 2021, eq. 6.
        """
        variances = [
            np.trace(self.covariance(network, network, layer, layer))
            for network, layer in ((first, row), (second, column))
        ]
        if not min(variances) > 0:
            return float("nan")
        shared = np.linalg.svd(self.covariance(first, second, row, column), compute_uv=False)
        cosine = shared.sum() / np.sqrt(variances[0] * variances[1])
        return float(np.arccos(np.clip(cosine, 0.0, 1.0)))

    def covariance(self, first: int, second: int, row: int, column: int) -> np.ndarray:
        """Return Y'X (p, q) of one layer of each network, centred and scaled, over all rows."""
        sums = self._sums(first, second)
        (x, x_columns), (y, y_columns) = (
            _with_columns(self.networks[network])[layer]
            for network, layer in ((first, row), (second, column))
        )
        part = sums[x_columns, y_columns]
        totals = part[:-2, -1] + x.heavy.sum(axis=0), part[-1, :-2] + y.heavy.sum(axis=0)
        with np.errstate(invalid="ignore"):  # Infinity less infinity is nan.
            return part[:-2, :-2] + x.heavy.T @ y.heavy - np.outer(*totals) / max(self.rows, 1)

    def whitening(self, network: int, layer: int) -> np.ndarray:
        """Return the map (p, k) to the leading components of a layer, scaled to unit squared norm.

        They are the fewest that hold `WHITENED` of the variance; none of a layer without variance.
        """
        if (network, layer) not in self._whitenings:
            covariance = self.covariance(network, network, layer, layer)
            axes = np.zeros((len(covariance), 0))
            if np.isfinite(covariance).all() and np.trace(covariance) > 0:
                variances, axes = np.linalg.eigh(covariance)
                variances, axes = variances[::-1].clip(0.0), axes[:, ::-1]
                held = np.cumsum(variances)
                count = 1 + int(np.searchsorted(held, WHITENED * held[-1]))
                axes = axes[:, :count] / np.sqrt(variances[:count])
            self._whitenings[network, layer] = axes
        return self._whitenings[network, layer]

    def notes(self, first: int, second: int) -> list[list[str]]:
        """Return one of `NOTES` for each pair of layers (a, b)."""
        rows, columns = (
            [self._note(*norms) for norms in zip(*self.norms[network], strict=True)]
            for network in (first, second)
        )
        return [[min(pair, key=NOTES.index) for pair in ((r, c) for c in columns)] for r in rows]

    @cached_property
    def norms(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Biased and unbiased HSIC (layers) of each layer with itself, for each network."""
        matrices = [self._hsic(k, k, diagonal=True) for k in range(len(self.networks))]
        return [(biased.diagonal(), unbiased.diagonal()) for biased, unbiased in matrices]

    @cached_property
    def _participation_ratios(self) -> list[np.ndarray]:
        """Participation ratio of each layer of each network."""
        ratios = []
        for k, layers in enumerate(self.networks):
            covariances = [self.covariance(k, k, i, i) for i in range(len(layers))]
            with np.errstate(divide="ignore", invalid="ignore"):
                of_layers = [np.trace(c) ** 2 / np.sum(c**2) for c in covariances]
            ratios.append(np.array(of_layers))
        return ratios

    @cached_property
    def _known(self) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
        """CKA by pair of networks, as far as it was asked for."""
        return {}

    @cached_property
    def _whitenings(self) -> dict[tuple[int, int], np.ndarray]:
        """`whitening` by network and layer, as far as it was asked for."""
        return {}

    def _note(self, biased: float, unbiased: float) -> str:
        """Return why a layer has no CKA, from its HSIC with itself."""
        if not self.rows:
            return NO_ROWS
        if not np.isfinite(biased):
            return NOT_FINITE
        if not biased > 0:
            return NO_VARIANCE
        if self.rows < 4:
            return FEW_ROWS
        return "" if unbiased > 0 else ONE_ROW

    def _sums(self, first: int, second: int) -> np.ndarray:
        if (first, second) in self.sums:
            return self.sums[first, second]
        if (second, first) in self.sums:
            return self.sums[second, first].T
        raise Refused(
            f"expected a pair of networks whose products were summed, found {first} and "
            f"{second}; add it to the pairs of cross_products"
        )

    def _hsic(
        self, first: int, second: int, diagonal: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return biased and unbiased HSIC (a, b) of all layers, or of the diagonal alone."""
        sums = self._sums(first, second)
        sides = self.networks[first], self.networks[second]
        biased, unbiased = np.full((2, *map(len, sides)), np.nan)
        for i, (x, x_columns) in enumerate(_with_columns(sides[0])):
            for j, (y, y_columns) in enumerate(_with_columns(sides[1])):
                if i == j or not diagonal:
                    heavy = x.heavy, y.heavy
                    part = sums[x_columns, y_columns]
                    biased[i, j], unbiased[i, j] = hsic(part, heavy, self.precision)
        return biased, unbiased


def merge(parts: Sequence[CrossProducts]) -> CrossProducts:
    """Return the sums over the rows of all parts, exactly as if the parts had been one.

    Parts come from other episodes, files or jobs, but from the same networks and pairs. Raises
    Refused if networks, layers or pairs differ.
    """
    total = next((part for part in parts if part.rows), parts[0])
    for part in (part for part in parts if part is not total):
        total = _merged(total, part)
    return total


def _merged(first: CrossProducts, second: CrossProducts) -> CrossProducts:
    """Return the sums over the rows of both parts, with the shifts and scales of the first."""
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
        for target, source in zip(*pair, strict=True):
            varied = bool((target.shift != source.shift).any())
            scale = target.scale or source.scale or float(varied)
            factor = scale / source.scale if source.scale else 1.0
            shift = (target.shift.astype(np.float64) - source.shift) * scale
            heavy = np.concatenate([target.heavy, source.heavy * factor - shift])
            layers.append(ScaledLayer(target.name, target.shift, scale, heavy))
            changes.append((factor, shift))
        networks.append(tuple(layers))
        moves.append(changes)
    sums = {pair: values.copy() for pair, values in first.sums.items()}
    for (a, b), values in sums.items():
        for x_move, (_, rows) in zip(moves[a], _with_columns(networks[a]), strict=True):
            for y_move, (_, columns) in zip(moves[b], _with_columns(networks[b]), strict=True):
                added = second.sums[a, b][rows, columns].copy()
                for side, (factor, _) in ((added, x_move), (added.T, y_move)):
                    side[:-2] *= factor
                    side[-2] *= factor**2
                values[rows, columns] += shifted(added, x_move[1], y_move[1])
    return CrossProducts(
        tuple(networks),
        sums,
        first.rows + second.rows,
        max(first.precision, second.precision),
    )


def _with_columns(layers: Iterable[ScaledLayer]) -> list[tuple[ScaledLayer, slice]]:
    """Return each layer of a network with the slice of its columns."""
    layers = list(layers)
    ends = np.cumsum([0, *(len(layer.shift) + 2 for layer in layers)]).tolist()
    return list(zip(layers, map(slice, ends[:-1], ends[1:]), strict=True))
