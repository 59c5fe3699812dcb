"""Products of named networks, from their activations in the same states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from brainiarb.activity.activations import Activations
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.errors import Refused
from brainiarb.similarity.centring import Network
from brainiarb.similarity.cka import CrossProducts
from brainiarb.similarity.streaming import cross_products, in_chunks


@dataclass(frozen=True, eq=False)
class SharedStates:
    """Named networks that were shown the same n states; layers are read when they are asked for."""

    states: Activations
    """The states; any network of their group."""
    networks: Mapping[str, Activations]
    """The activations of each network, by name."""

    def layers(self, name: str) -> dict[str, np.ndarray]:
        """Return the layers (n, p) of one network, the derived layers among them."""
        if name == OBSERVATIONS:
            return {OBSERVATIONS: self.states.observations()}
        return self.networks[name].derived_layers()


@dataclass(frozen=True, eq=False)
class Products:
    """Products of named networks: all pairs of recorded layers, and other layers by themselves."""

    names: tuple[str, ...]
    recorded: CrossProducts
    matching: tuple[CrossProducts, ...] = ()
    """Each of one layer that networks have in common, such as a derived layer."""
    shared: SharedStates | None = None
    """The layers themselves; None if the networks were not shown the same states."""


def paired_layers(activations: Sequence[Activations]) -> list[dict[str, np.ndarray]]:
    """Return the recorded layers of several networks, row by row of the same states.

    Raises Refused if the activations are of different states.
    """
    first = activations[0]
    for recorded in activations[1:]:
        if recorded.digest != first.digest:
            raise Refused(
                f"expected two recordings of the same {recorded.group.rpartition('/')[2]} states, "
                f"found digests {first.digest} and {recorded.digest} in "
                f"{first.file.filename} and {recorded.file.filename}; record the "
                "activations of both again"
            )
    return [recorded.layers() for recorded in activations]


def products_of(
    networks: Mapping[str, Network],
    pairs: Sequence[tuple[str, str]],
    matching: Sequence[str] = (),
    shared: SharedStates | None = None,
) -> Products:
    """Multiply the recorded layers of pairs of networks, and each layer of `matching` by itself.

    A network without a layer of `matching`, such as the observations, takes part in all products,
    and every network is multiplied with the observations. `shared` gives the layers of the same
    rows again.
    """
    names = tuple(networks)
    beside = [(name, OBSERVATIONS) for name in names if OBSERVATIONS in names]
    positions = [(names.index(first), names.index(second)) for first, second in (*pairs, *beside)]

    def multiplied(chosen: Sequence[str], among: Sequence[str]) -> CrossProducts:
        sides = [
            {
                name: values
                for name, values in layers.items()
                if name in chosen or not set(among) & set(layers)
            }
            for layers in networks.values()
        ]
        return cross_products(in_chunks(sides), positions)

    recorded = [name for layers in networks.values() for name in layers if name not in matching]
    separate = tuple(multiplied((name,), matching) for name in matching)
    return Products(names, multiplied(recorded, recorded), separate, shared)
