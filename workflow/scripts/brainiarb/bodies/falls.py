"""What counts as a fall, in training as in recordings.

A walker has fallen when its state leaves the bounds that its task calls healthy. To change what
counts as a fall, change `FallRule.fallen`: `Walkers` records by this rule, and experts are trained
in an environment that ends its episodes by this rule (`experts/environment.py`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class FallRule:
    """The rule that says which states of a body are falls."""

    low: np.ndarray
    """(nq + nv) lower bounds of the state (qpos, qvel), exclusive; -inf without a bound.
    The environment of the ant includes its bounds, but a state meets a bound only by chance."""
    high: np.ndarray
    """(nq + nv) upper bounds of the state, exclusive; inf without a bound."""
    ends_episode: bool
    """Whether a fall ends the episode; false for a body that cannot fall, and for a task that goes
    on with the walker on the ground."""
    grace: float = 0.0
    """Seconds at the start of an episode in which the walker gets up, so that no fall counts."""

    @property
    def bounds_nothing(self) -> bool:
        """Whether no state is a fall."""
        return bool(np.isinf(self.low).all() and np.isinf(self.high).all())

    def fallen(self, states: np.ndarray) -> np.ndarray:
        """Return which of the states (n, nq + nv) are falls, (n) bool.

        A state with a number that is not finite is a fall.
        """
        inside = (self.low < states) & (states < self.high)
        return np.asarray(~inside.all(axis=1), np.bool_)


def fall_rule(env: Any) -> FallRule:
    """Read the rule from a bare environment of Gymnasium."""
    import mujoco

    free = env.model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
    size = env.model.nq + env.model.nv
    low, high = np.full(size, -np.inf), np.full(size, np.inf)
    # Every body bounds z. Planar walkers also bound the pitch, and the hopper bounds all
    # coordinates from the pitch on.
    for columns, attribute in (
        (slice(2, None), "_healthy_state_range"),
        (2 if free else 1, "_healthy_z_range"),
        (2, "_healthy_angle_range"),
    ):
        bounds = getattr(env, attribute, (-np.inf, np.inf))
        low[columns] = np.maximum(low[columns], bounds[0])
        high[columns] = np.minimum(high[columns], bounds[1])
    return FallRule(low, high, bool(getattr(env, "_terminate_when_unhealthy", False)))
