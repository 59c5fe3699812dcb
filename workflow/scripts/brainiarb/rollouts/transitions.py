"""Transitions: each row of a recording with what is observed after it, for offline learning."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from brainiarb.rollouts.episodes import Sliceable, episode_starts


@dataclass(frozen=True, eq=False)
class Transitions:
    """The steps of a recording, by the names of D4RL (Fu et al. 2020, arXiv 2004.07219)."""

    observations: np.ndarray
    """(N, o) what the walker observes."""
    actions: np.ndarray
    """(N, a) what it then does, noise included, in [-1, 1]."""
    rewards: np.ndarray
    """(N) what it is rewarded for that."""
    next_observations: np.ndarray
    """(N, o) what it observes after that."""
    terminals: np.ndarray
    """(N) bool: its episode ends there because it fell; no reward follows."""
    timeouts: np.ndarray
    """(N) bool: its episode is cut there; the walk would go on."""


def transitions(rollouts: Mapping[str, Sliceable]) -> Transitions:
    """Return every row of a recording with what is observed after it, across no end of an episode.

    Examples
    --------
    >>> steps = transitions({
    ...     "observations": np.array([[0.0], [1.0], [5.0]]), "actions": np.zeros((3, 1)),
    ...     "rewards": np.ones(3), "terminals": np.array([False, True, False]),
    ...     "timeouts": np.array([False, False, True]), "episode_ids": np.array([0, 0, 1]),
    ...     "final_observations": np.array([[2.0], [6.0]]),
    ... })
    >>> steps.next_observations.ravel()
    array([1., 2., 6.])
    """
    observations, ids = rollouts["observations"][:], rollouts["episode_ids"][:]
    following = np.roll(observations, -1, axis=0)
    following[np.append(episode_starts(ids)[1:], len(ids)) - 1] = rollouts["final_observations"][:]
    return Transitions(
        observations=observations,
        actions=rollouts["actions"][:],
        rewards=rollouts["rewards"][:],
        next_observations=following,
        terminals=rollouts["terminals"][:],
        timeouts=rollouts["timeouts"][:],
    )
