"""Stimuli: the states that networks are shown, chosen evenly from recorded episodes.

| name     | states                                                                          |
|----------|---------------------------------------------------------------------------------|
| `common` | one pool for all networks that are compared with an expert: equal parts of the  |
|          | states of the expert and of its clones at each of a few levels                  |
| `expert` | states of the expert's rollouts                                                 |
| `level`  | states of the rollouts of a level's clones, in equal parts from each clone      |
| `own`    | states of each network's own rollouts: networks see different states in a row   |

The pool `common` is the same at every level of noise, so that a trend over levels is one of the
networks and not of the states.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainiarb.files import read_npz, write_npz
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import balanced_rows, drop_transient


@dataclass(frozen=True, eq=False)
class Stimuli:
    """n states, in the order in which every network sees them."""

    observations: np.ndarray
    """(n, o) float32, raw."""
    episode_ids: np.ndarray
    """(n) int32, the recorded episode of each state."""
    spacing: float = float("nan")
    """s between neighbouring states in the median episode; nan if states are not evenly chosen."""
    sources: np.ndarray | None = None
    """(n) int32, whose rollouts each state of `common` is from: -1 is the expert, other numbers are
    the level of the clones. None for all other stimuli."""

    @property
    def digest(self) -> str:
        """Return a digest of the states and their order: equal digests mean paired rows."""
        states = np.ascontiguousarray(self.observations, np.float32)
        return hashlib.sha256(states.tobytes() + repr(states.shape).encode()).hexdigest()[:16]


def sample_states(rollouts: Rollouts, rows: int, transient: float) -> Stimuli:
    """Choose at most `rows` states in equal parts from all agents and from all their episodes.

    The first `transient` seconds of an episode are left out, because they are alike in every
    episode. An agent that always falls earlier gives no state; there may be no state at all.
    """
    steady = drop_transient(rollouts["episode_ids"], float(rollouts["sampling_rate"]), transient)
    agents, episodes = rollouts["clone_ids"][steady], rollouts["episode_ids"][steady]
    chosen = balanced_rows(agents, episodes, rows)
    return Stimuli(
        rollouts["observations"][steady][chosen],
        episodes[chosen],
        _spacing(episodes, chosen) / float(rollouts["sampling_rate"]),
    )


def common_states(rollouts: Mapping[int, Rollouts], rows: int, transient: float) -> Stimuli:
    """Choose the pool `common`: at most `rows` states in equal parts from several recordings.

    `rollouts` holds a recording for each source (see `Stimuli.sources`). States are chosen from
    each as by `sample_states`, and episodes are numbered anew over all recordings. A source whose
    agents always fall within the transient gives no state, and its part stays empty.
    """
    parts = {
        source: sample_states(rollouts[source], rows // len(rollouts), transient)
        for source in sorted(rollouts)
    }
    episode_ids: list[np.ndarray] = []
    for part in parts.values():
        first = 1 + max((int(ids.max(initial=-1)) for ids in episode_ids), default=-1)
        numbers = np.unique(part.episode_ids, return_inverse=True)[1]
        episode_ids.append((first + numbers).astype(np.int32))
    return Stimuli(
        np.concatenate([part.observations for part in parts.values()]),
        np.concatenate(episode_ids),
        float(np.fmin.reduce([part.spacing for part in parts.values()])),
        np.repeat(np.array([*parts], np.int32), [*map(len, episode_ids)]),
    )


def write_stimuli(path: str | Path, stimuli: Stimuli) -> None:
    """Write the states of `common` to an .npz file."""
    write_npz(path, {name: np.asarray(value) for name, value in vars(stimuli).items()})


def read_stimuli(path: str | Path) -> Stimuli:
    """Read the states of `common`; raise Refused if the file is damaged."""
    stored = read_npz(path)
    states, episode_ids, sources = (stored[k] for k in ("observations", "episode_ids", "sources"))
    return Stimuli(states, episode_ids, float(stored["spacing"]), sources)


def own(rollouts: Rollouts, clone: int, rows: int) -> Stimuli:
    """Return the first `rows` states that one agent met, with the transient, as the study did."""
    met = np.flatnonzero(rollouts["clone_ids"] == clone)[:rows]
    return Stimuli(rollouts["observations"][met], rollouts["episode_ids"][met])


def _spacing(episode_ids: np.ndarray, chosen: np.ndarray) -> float:
    """Return the mean number of rows from one chosen row to the next, in the median episode."""
    within = np.diff(episode_ids[chosen]) == 0
    _, episodes = np.unique(episode_ids[chosen][1:][within], return_inverse=True)
    gaps = np.bincount(episodes, np.diff(chosen)[within]) / np.bincount(episodes)
    return float(np.median(gaps)) if len(gaps) else float("nan")
