"""Reference scores: a return on a scale from that of random actions to that of an expert."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.rollouts.recording import record_episodes
from brainiarb.rollouts.returns import episode_returns

D4RL = {
    "Walker2d": (1.629008, 4592.3),
    "Hopper": (-20.272305, 3234.3),
    "HalfCheetah": (-280.178953, 12135.0),
    "Ant": (-325.6, 3879.7),
}
"""The returns of random actions and of an expert to which D4RL normalises (Fu et al. 2020, arXiv
2004.07219, `infos.py` of its code), by the environment without its version.

They were measured in version 2 of the environments, under older physics and older weights of the
rewards.
"""

SCORE = "d4rl_score"
"""The column of tables of returns that holds the score."""


@dataclass(frozen=True)
class ReferenceScores:
    """The two returns between which the returns of a data set are normalised."""

    lowest: float
    """The return of random actions."""
    highest: float
    """The return of an expert."""
    source: str
    """Who measured them, as the end of a sentence."""
    episodes: int | None = None
    """The number of episodes over which each is a mean, if it was measured here."""


def d4rl_references(environment: str) -> tuple[float, float] | None:
    """Return D4RL's reference scores for an environment of any version, None if it has none.

    Examples
    --------
    >>> d4rl_references("Walker2d-v5")
    (1.629008, 4592.3)
    """
    return D4RL.get(re.sub(r"-v\d+$", "", environment))


def with_scores(returns: pd.DataFrame, environment: str) -> pd.DataFrame:
    """Return a table of returns with D4RL's normalised score of each return beside it.

    The score is 0 for the return of D4RL's random actions and 100 for that of its expert. A table
    of an environment that D4RL does not have is returned as it is.

    Examples
    --------
    >>> with_scores(pd.DataFrame({"return": [1.629008, 4592.3], "length": 1}), "Walker2d-v5")
            return  d4rl_score  length
    0     1.629008         0.0       1
    1  4592.300000       100.0       1
    """
    references = d4rl_references(environment)
    if references is None:
        return returns
    lowest, highest = references
    scored = returns.copy()
    scores = 100 * (returns["return"] - lowest) / (highest - lowest)
    scored.insert(returns.columns.get_loc("return") + 1, SCORE, scores)
    return scored


def reference_scores(body: Body, expert_returns: np.ndarray, seed: int) -> ReferenceScores:
    """Return the reference scores of D4RL or, for a body without any, those of its own task.

    The latter are the mean return of as many episodes of random actions as there are
    `expert_returns` (n), and the mean of these.
    """
    if published := d4rl_references(body.env_id):
        return ReferenceScores(*published, "of D4RL, measured in version 2 of this environment")
    episodes = len(expert_returns)
    random = random_returns(body, episodes, seed)
    return ReferenceScores(
        float(random.mean()),
        float(np.mean(expert_returns)),
        "of random actions and of the expert with its mean action in this task",
        episodes,
    )


def random_returns(body: Body, episodes: int, seed: int) -> np.ndarray:
    """Return the returns (n) of episodes whose actions are uniform over their range."""
    actions = len(environment_facts(body).action_half_range)
    draw = np.random.default_rng(seed)
    recording = record_episodes(
        body,
        lambda observations: draw.uniform(-1, 1, (len(observations), actions)),
        agents=1,
        episodes=episodes,
        steps=1000,
        seed=seed,
        mode="sampled",
    )
    return episode_returns(recording)["return"].to_numpy()
