"""Stimuli: the states that networks are shown, chosen evenly from recorded episodes.

| name     | states                                                                        |
|----------|-------------------------------------------------------------------------------|
| `expert` | of the expert's rollouts                                                      |
| `level`  | of the rollouts of a level's clones, in equal parts from each                 |
| `half`   | every second state of both                                                    |
| `own`    | of each network's own rollouts: networks see different states, row by row     |
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
    """s between neighbouring states of an episode, of most episodes; nan if not evenly chosen."""

    @property
    def digest(self) -> str:
        """Return a digest of the states and their order: equal digests mean paired rows."""
        states = np.ascontiguousarray(self.observations, np.float32)
        return hashlib.sha256(states.tobytes() + repr(states.shape).encode()).hexdigest()[:16]


def pool(rollouts: Rollouts, rows: int, transient: float) -> Stimuli:
    """Choose at most `rows` states in equal parts from all agents and from all their episodes.

    The first `transient` seconds of an episode are left out: they are alike in every episode.
    Agents that always fall before give no state; where all do, there is none.
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
    """Return every second state of both."""
    return Stimuli(
        np.concatenate([first.observations[::2], second.observations[::2]]),
        np.concatenate([first.episode_ids[::2], second.episode_ids[::2]]),
        2 * float(np.fmin(first.spacing, second.spacing)),
    )


def own(rollouts: Rollouts, clone: int, rows: int) -> Stimuli:
    """Return the first `rows` states that one agent met, transient included, as the study did."""
    mine = np.flatnonzero(rollouts["clone_ids"] == clone)[:rows]
    return Stimuli(rollouts["observations"][mine], rollouts["episode_ids"][mine])


def own_twice(rollouts: Rollouts, rows: int) -> tuple[Stimuli, Stimuli]:
    """Return the same from the first and from the second half of an expert's episodes."""
    episodes = np.unique(rollouts["episode_ids"])
    middle = episodes[len(episodes) // 2]
    parts = (rollouts["episode_ids"] < middle, rollouts["episode_ids"] >= middle)
    first, second = (np.flatnonzero(part)[:rows] for part in parts)
    return (
        Stimuli(rollouts["observations"][first], rollouts["episode_ids"][first]),
        Stimuli(rollouts["observations"][second], rollouts["episode_ids"][second]),
    )


def _spacing(episode_ids: np.ndarray, chosen: np.ndarray) -> float:
    """Return how many rows lie from one chosen row to the next, in the median episode."""
    within = np.diff(episode_ids[chosen]) == 0
    gaps = pd.Series(np.diff(chosen)[within]).groupby(episode_ids[chosen][1:][within]).mean()
    return float(gaps.median())
