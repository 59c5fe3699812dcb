"""The agents of the explorer: which of a study it shows, and where their walks and networks lie."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from brainiarb.activity.activations import Activations, open_activations
from brainiarb.bodies.body import Body
from brainiarb.gait.walk import SteadyWalk, walks_of
from brainiarb.rollouts.arrays import open_rollouts

MOST_AGENTS = 80
"""The most agents of a page; where a study has more, each level gives fewer of its clones."""

Respond = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""The layers (n, p) of a network in states (n, o), each as the next layer reads it."""


@dataclass(frozen=True, eq=False)
class Agent:
    """An agent of the study: its walk, what its network computes, and where both are recorded."""

    walk: SteadyWalk
    respond: Respond
    files: tuple[str, ...]
    """The files that its walk and its network are read from."""

    @property
    def key(self) -> str:
        """Return the name of the agent in the page."""
        return f"{self.walk.expert}/{self.walk.level}/{self.walk.clone}"


def read_agents(
    body: Body,
    recording: Path,
    networks: Path,
    group: str,
    expert: str,
    level: int,
    transient: float,
    kept: Collection[int] | None = None,
) -> list[Agent]:
    """Return the agents of a recording, or those of its clones that are `kept`.

    `group` of the file `networks` holds their networks, in the order of the recording.
    """
    file = open_activations(networks)
    walks = walks_of(body, open_rollouts(recording), expert, level, transient)
    return [
        Agent(walk, _reading(Activations(file, group, number)), (str(recording), str(networks)))
        for number, walk in enumerate(walks)
        if kept is None or walk.clone in kept
    ]


def _reading(network: Activations) -> Respond:
    """Return the function that gives the layers of a network as their next layers read them."""
    read = network.architecture.read

    def respond(observations: np.ndarray) -> dict[str, np.ndarray]:
        return {name: read(name, values) for name, values in network.respond(observations).items()}

    return respond


def kept_clones(measures: pd.DataFrame, expert: str, level: int, count: int) -> list[int]:
    """Return the `count` clones of a level whose returns are nearest to the median, in order.

    `measures` is the table of measures, which has the `return` of every agent.

    Examples
    --------
    >>> returns = pd.DataFrame({"clone": range(4), "value": [10.0, 500.0, 90.0, 100.0]})
    >>> measures = returns.assign(expert="sac_0", level=40, measure="return")
    >>> kept_clones(measures, "sac_0", 40, 2)
    [2, 3]
    """
    own = (measures["expert"] == expert) & (measures["level"] == level)
    returns = measures[own & (measures["measure"] == "return")].set_index("clone")["value"]
    distances = (returns - returns.median()).abs()
    return sorted(int(clone) for clone in distances.sort_values(kind="stable").index[:count])


def clones_each(levels: Mapping[str, Sequence[int]], experts: int, clones: int) -> int:
    """Return how many of the `clones` of each expert's `levels` a page has place for: 1 or more.

    Examples
    --------
    >>> clones_each({"crossq_0": [0, 40, 80], "sac_0": [0, 80]}, experts=3, clones=20)
    15
    """
    groups = sum(map(len, levels.values()))
    return max(1, min(clones, (MOST_AGENTS - experts) // max(groups, 1)))
