"""Concerns about an expert from elsewhere, which its trial walk shows."""

import numpy as np

from brainiarb.actors.foreign import equal_in_size
from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.rollouts.episodes import RETURN_STEPS

LEAST_REWARD = 0.5
"""Reward of a step (at least) of an agent that learnt to walk on a body that cannot fall."""


def concerns(returns: np.ndarray, lengths: np.ndarray, body: Body) -> list[str]:
    """Return a sentence if the returns are those of no agent that learnt to walk; else nothing.

    `returns` (n) are the sums of rewards of episodes and `lengths` (n) their numbers of steps. An
    agent that learnt to walk earns more than an agent that stands still for `RETURN_STEPS` steps.
    """
    least = RETURN_STEPS * max(environment_facts(body).healthy_reward, LEAST_REWARD)
    mean = float(np.mean(returns))
    if mean >= least:
        return []
    return [
        f"this expert returns {mean:.0f} in episodes of {np.mean(lengths):.0f} steps on average, "
        f"where an agent that learnt to walk in {body.env_id} returns more than {least:.0f}; the "
        "usual causes are an archive of another body with the same sizes (here "
        f"{equal_in_size(body)}), statistics of a VecNormalize that are missing or belong to "
        "another archive, a wrapper that changed observations or actions, or a short training"
    ]
