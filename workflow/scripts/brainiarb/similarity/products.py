"""Products of named networks, from their activations in the same states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from brainiarb.activity.activations import Activations, every_second, with_derived
from brainiarb.actors.layers import LAYERS, OBSERVATIONS
from brainiarb.errors import Refused
from brainiarb.similarity.centring import Network
from brainiarb.similarity.cka import CrossProducts, merge
from brainiarb.similarity.streaming import cross_products, in_chunks

ALL = slice(None)


@dataclass(frozen=True, eq=False)
class SharedStates:
    """Named networks that were shown the same n states; layers are read when they are asked for."""

    states: Activations
    """The states; any network of their group."""
    parts: tuple[Mapping[str, Activations], ...]
    """The activations of each network, by name: one part, or the two parts of `half`."""

    def layers(self, name: str) -> dict[str, np.ndarray]:
        """Return the layers (n, p) of one network, the derived layers among them."""
        if name == OBSERVATIONS:
            return {OBSERVATIONS: self.states.observations()}
        layers = [part[name].layers() for part in self.parts]
        return with_derived(every_second(*layers) if len(layers) > 1 else layers[0])


@dataclass(frozen=True, eq=False)
class Products:
    """Products of named networks: all pairs of recorded layers, and other layers by themselves."""

    names: tuple[str, ...]
    recorded: CrossProducts
    matching: tuple[CrossProducts, ...] = ()
    """Each of one layer that every network has, such as a derived layer."""
    shared: SharedStates | None = None
    """The layers themselves; None if the networks were not shown the same states."""

    def only(self, pairs: Sequence[tuple[str, str]]) -> "Products":
        """Return the products of the recorded layers of some pairs."""
        kept = [name for name in self.names if any(name in pair for pair in pairs)]
        positions = [(self.names.index(first), self.names.index(second)) for first, second in pairs]
        recorded = self.recorded.only([self.names.index(name) for name in kept], positions)
        return Products(tuple(kept), recorded)


def paired_layers(
    activations: Sequence[Activations], unpaired: bool = False
) -> list[dict[str, np.ndarray]]:
    """Return the recorded layers of several networks, row by row of the same states.

    Raises Refused if the activations are of different states. With `unpaired`, rows are matched by
    index up to the shortest recording; label every result as unpaired.
    """
    rows = min(recorded.rows for recorded in activations)
    first = activations[0]
    for recorded in activations[1:]:
        if not unpaired and recorded.digest != first.digest:
            raise Refused(
                f"expected two recordings of the same {recorded.group.rpartition('/')[2]} states, "
                f"found digests {first.digest} and {recorded.digest} in "
                f"{first.file.filename} and {recorded.file.filename}; record the "
                "activations of both again, or compare them as unpaired"
            )
    return [
        {name: values[:rows] for name, values in recorded.layers().items()}
        for recorded in activations
    ]


def products_of(
    networks: Mapping[str, Network],
    pairs: Sequence[tuple[str, str]],
    matching: Sequence[str] = (),
    rows: slice = ALL,
    shared: SharedStates | None = None,
) -> Products:
    """Multiply the recorded layers of pairs of networks, and each layer of `matching` by itself.

    A network without the layers of an actor, such as the observations, takes part in all products,
    and every network is multiplied with the observations. `shared` gives the layers of the same
    rows again.
    """
    names = tuple(networks)
    beside = [(name, OBSERVATIONS) for name in names if OBSERVATIONS in names]
    positions = [(names.index(first), names.index(second)) for first, second in (*pairs, *beside)]

    def multiplied(chosen: Sequence[str]) -> CrossProducts:
        sides = [
            {
                name: values[rows]
                for name, values in layers.items()
                if name in chosen or not set(LAYERS) <= set(layers)
            }
            for layers in networks.values()
        ]
        return cross_products(in_chunks(sides), positions)

    separate = tuple(multiplied((name,)) for name in matching)
    return Products(names, multiplied(LAYERS), separate, shared)


def merged(parts: Sequence[Products], shared: SharedStates | None = None) -> Products:
    """Return the products over the rows of all parts; `shared` gives the layers of these rows."""
    matching = zip(*(part.matching for part in parts), strict=True)
    recorded = merge([part.recorded for part in parts])
    return Products(parts[0].names, recorded, tuple(map(merge, matching)), shared)
