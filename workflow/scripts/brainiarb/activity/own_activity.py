"""The activity of a network on its own walk, beside what its body did: the rows behind the tables.

A network is shown the states that it met itself (the stimuli `own`), in order of time, after the
start transient. Hidden layers count as the next layer reads them, after the ReLU: before the ReLU,
linear1 is an affine map of the observation. The head of the log standard deviations is clamped. The
observation is analysed like a layer: it is the reference of all layers, because the actor has no
memory.
"""

from dataclasses import dataclass, replace

import h5py
import numpy as np
from numpy.typing import NDArray

from brainiarb.activity.activations import Activations, read_by_next
from brainiarb.activity.stimuli import Stimuli
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.errors import Refused
from brainiarb.gait.strides import stride_phase
from brainiarb.gait.walk import NO_STRIDES, SteadyWalk


@dataclass(frozen=True, eq=False)
class OwnActivity:
    """What one agent met, computed and did on its own walk: n steady rows in order of time."""

    layers: dict[str, np.ndarray]
    """(n, p) by name, observations first."""
    episode_ids: np.ndarray
    """(n)."""
    targets: dict[str, np.ndarray]
    """(n, q): cosine and sine of the phase, forward speed (m/s), joint angles (rad), contacts."""
    sampling_rate: float
    """Hz."""
    note: str
    """Why there is no phase; empty where there is one."""


def own_activity(walk: SteadyWalk, activations: h5py.File, network: int) -> OwnActivity:
    """Return the activity of one network of a file on its own walk.

    `network` is its index in the file, which is the agent's number in the recording. Raises Refused
    if the recording is not the one that the network was shown.
    """
    recorded = Activations(activations, "own", network)
    walk = _first_rows(walk, recorded.rows)
    ids = walk.episode_ids(walk.rows)
    met = Stimuli(walk.recording["observations"][walk.rows], ids)
    if met.digest != recorded.digest:
        raise Refused(
            f"expected the rollouts that the activations were recorded from, found others (agent "
            f"{network}); record the activations again"
        )
    steady = walk.steady_rows()
    layers = {OBSERVATIONS: met.observations}
    layers |= {name: read_by_next(name, values) for name, values in recorded.layers().items()}
    phase, note = gait_phase(walk)
    return OwnActivity(
        layers={name: values[steady] for name, values in layers.items()},
        episode_ids=ids[steady],
        targets={
            "phase": np.exp(2j * np.pi * phase[:, None]).view(float),
            "speed": walk.recording["qvel"][walk.rows][steady, :1],
            "joints": walk.joints(walk.rows)[steady],
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
        return nowhere, NO_STRIDES
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
