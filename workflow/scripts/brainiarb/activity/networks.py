"""The networks of a file of activations that were shown the same states, by their names in tables.

The columns network, level and clone name a network. The network is `expert`, `clone`, `untrained`
or the name of another expert; level and clone are -1 where they say nothing. An untrained network
has the number of the clones that began as it, and is their floor.
"""

from dataclasses import dataclass

import h5py

from brainiarb.activity.activations import Activations, networks_in
from brainiarb.statistics.measures import FLOOR

EXPERT, CLONE, UNTRAINED = "expert", "clone", "untrained"
PREFIXES = {EXPERT: "", CLONE: "", UNTRAINED: FLOOR}
"""The kinds whose values are measures of the study, with the prefix of their measures."""


@dataclass(frozen=True)
class ShownNetwork:
    """A network that was shown some states, and what it computed of them."""

    network: str
    level: int
    clone: int
    drawn: bool
    """Whether figures draw this network for its kind."""
    activations: Activations

    @property
    def named(self) -> dict[str, str | int | bool]:
        """The columns that name the network in a table."""
        return {name: getattr(self, name) for name in ("network", "level", "clone", "drawn")}


def references(file: h5py.File) -> list[ShownNetwork]:
    """Return the expert, the untrained networks and the other experts, shown `common`.

    Untrained network 0 and the first other expert are drawn.
    """
    names = sorted(file.get("peers", ()))
    return [
        ShownNetwork(EXPERT, -1, -1, True, Activations(file, EXPERT)),
        *(
            ShownNetwork(UNTRAINED, -1, k, k == 0, Activations(file, UNTRAINED, k))
            for k in range(networks_in(file, UNTRAINED))
        ),
        *(
            ShownNetwork(name, -1, -1, name == names[0], Activations(file, f"peers/{name}"))
            for name in names
        ),
    ]


def clones(file: h5py.File, level: int, median: int = -1) -> list[ShownNetwork]:
    """Return the clones of a level, shown `common`; the clone `median` is drawn for its level."""
    return [
        ShownNetwork(CLONE, level, k, k == median, Activations(file, "common", k))
        for k in range(networks_in(file, "common"))
    ]
