"""The walk of an expert that networks are shown: its states, and what its body did in them.

Every network is shown the same states: those that the expert met on its own walk, in order of time,
after the start transient. So networks differ by what they compute and not by how they walk. The
observation is analysed like a layer: it is the reference of all layers, because the actor has no
memory.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from brainiarb.activity.activations import Activations
from brainiarb.gait.strides import stride_phase
from brainiarb.gait.walk import SteadyWalk


@dataclass(frozen=True, eq=False)
class ShownWalk:
    """What the expert met and did: n steady rows in order of time, of the rows that are shown."""

    expert: str
    observations: np.ndarray
    """(n, o)."""
    episode_ids: np.ndarray
    """(n)."""
    targets: dict[str, np.ndarray]
    """(n, q): cosine and sine of the phase, and the contact of each foot."""
    sampling_rate: float
    """Hz."""
    note: str
    """Why there is no phase; empty where there is one."""

    def layer(self, activations: Activations, name: str) -> np.ndarray:
        """Return a layer (n, p) of a network as its next layer reads it."""
        return activations.architecture.read(name, activations.respond(self.observations)[name])


def shown_walk(walk: SteadyWalk, rows: int) -> ShownWalk:
    """Return the first `rows` rows of a walk, which networks are shown."""
    walk = _first_rows(walk, rows)
    ids, steady = walk.episode_ids(walk.rows), walk.steady_rows()
    phase, note = gait_phase(walk)
    return ShownWalk(
        expert=walk.expert,
        observations=walk.recording["observations"][walk.rows][steady],
        episode_ids=ids[steady],
        targets={
            "phase": np.exp(2j * np.pi * phase[:, None]).view(float),
            "contact": walk.recording["contacts"][walk.rows][steady],
        },
        sampling_rate=walk.sampling_rate,
        note=note,
    )


def gait_phase(walk: SteadyWalk) -> tuple[NDArray[np.float64], str]:
    """Return the phase of each steady row (n) and, where no row has a phase, the reason.

    The phase runs from 0 to 1 from one strike of the reference foot to the next, and is nan outside
    strides. If one cycle holds several strikes, the phase restarts at each of them: which strike
    comes first varies by chance between episodes, so a longer phase could not be decoded across
    episodes.
    """
    nowhere = np.full(len(walk.steady_rows()), np.nan)
    if not walk.period.stable:
        return nowhere, "no stable cycle"
    foot = walk.reference_foot
    if foot is None:
        return nowhere, walk.strideless
    phases = [
        stride_phase(rows.stop - rows.start, cut)
        for rows, cut in zip(walk.steady.values(), walk.strides[foot], strict=True)
    ]
    return np.concatenate(phases), ""


def _first_rows(walk: SteadyWalk, count: int) -> SteadyWalk:
    """Return the walk of an agent's first `count` rows."""
    stop = walk.rows.start + count
    episodes = (rows for rows in walk.episodes if rows.start < stop)
    return replace(
        walk, episodes=tuple(slice(rows.start, min(rows.stop, stop)) for rows in episodes)
    )
