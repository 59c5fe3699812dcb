"""The networks that clones start from, which are the floor of every comparison."""

from collections.abc import Mapping

import numpy as np

from brainiarb.actors.actors import Actors, untrained, untrained_seeds
from brainiarb.actors.architecture import Architecture
from brainiarb.rollouts.scaler import observation_scaler


def untrained_clones(
    walked: Mapping[str, np.ndarray],
    architecture: Architecture,
    seed: int,
    expert: str,
    count: int,
) -> Actors:
    """Return the untrained networks that the first `count` clones of an expert start from.

    `walked` is the expert's recording: it says how long observations and actions are, and how
    observations are scaled. `architecture` is that of the clones, `seed` is the master seed.
    """
    sizes = walked["observations"].shape[1], walked["actions"].shape[1]
    seeds = untrained_seeds(seed, expert, count)
    return untrained(sizes, seeds, observation_scaler(walked), architecture)
