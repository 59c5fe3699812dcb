"""Stimuli: the states that networks are shown, chosen evenly from recorded episodes.

| name     | states                                                                          |
|----------|---------------------------------------------------------------------------------|
| `expert` | states of the expert's rollouts                                                 |
| `level`  | states of the rollouts of a level's clones, in equal parts from each clone      |
| `half`   | every second state of `expert` and of `level`                                   |
| `own`    | states of each network's own rollouts: networks see different states in a row   |
"""

import hashlib
from dataclasses import dataclass

import numpy as np

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


def half(first: Stimuli, second: Stimuli) -> Stimuli:
    """Return every second state of both stimuli."""
    return Stimuli(
        np.concatenate([first.observations[::2], second.observations[::2]]),
        np.concatenate([first.episode_ids[::2], second.episode_ids[::2]]),
        2 * float(np.fmin(first.spacing, second.spacing)),
    )


def own(rollouts: Rollouts, clone: int, rows: int) -> Stimuli:
    """Return the first `rows` states that one agent met, with the transient, as the study did."""
    return _stimuli(rollouts, np.flatnonzero(rollouts["clone_ids"] == clone)[:rows])


def own_twice(rollouts: Rollouts, rows: int) -> tuple[Stimuli, Stimuli]:
    """Return the first `rows` states of the first and of the second half of the episodes."""
    episodes = np.unique(rollouts["episode_ids"])
    later = rollouts["episode_ids"] >= episodes[len(episodes) // 2]
    first, second = (_stimuli(rollouts, np.flatnonzero(part)[:rows]) for part in (~later, later))
    return first, second


def _stimuli(rollouts: Rollouts, rows: np.ndarray) -> Stimuli:
    return Stimuli(rollouts["observations"][rows], rollouts["episode_ids"][rows])


def _spacing(episode_ids: np.ndarray, chosen: np.ndarray) -> float:
    """Return the mean number of rows from one chosen row to the next, in the median episode."""
    within = np.diff(episode_ids[chosen]) == 0
    _, episodes = np.unique(episode_ids[chosen][1:][within], return_inverse=True)
    gaps = np.bincount(episodes, np.diff(chosen)[within]) / np.bincount(episodes)
    return float(np.median(gaps)) if len(gaps) else float("nan")
