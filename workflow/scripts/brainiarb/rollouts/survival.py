"""Survival: which episodes hold a fall, and how long each walker stays up."""

from collections.abc import Mapping

import numpy as np

from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.rollouts.episodes import episode_lengths, episode_starts, steps_into_episode


def episode_falls(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return which episodes hold a fall (e) bool, and the rows before the fall (e).

    Without a fall, the rows are all rows of the episode. Where the task ends an episode by a fall,
    the fall is its last step. Where the task goes on, it is the first state that the fall rule of
    the body calls fallen after the seconds of grace in which the walker gets up. A simulation that
    became unstable ends its episode by a fall in any task.
    """
    ids = arrays["episode_ids"]
    starts, lengths = episode_starts(ids), episode_lengths(ids)
    fell = np.asarray(arrays["terminals"][starts + lengths - 1])
    facts = environment_facts(get_body(str(arrays["body"])))
    if facts.fall.ends_episode or facts.fall.bounds_nothing:
        return fell, lengths
    down = facts.fall.fallen(np.hstack((arrays["qpos"], arrays["qvel"])))
    into = steps_into_episode(ids)
    down &= into >= facts.fall.grace * facts.sampling_rate
    first = np.minimum.reduceat(np.where(down, into, len(ids)), starts)
    return fell | (first < lengths), np.minimum(first, lengths)
