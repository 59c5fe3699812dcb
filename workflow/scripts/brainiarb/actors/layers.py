"""Names and constants of the actor of Stable-Baselines3's SAC, which most experts and clones have.

Haarnoja et al. 2018, appendix C. `architecture.Architecture` names the layers of any actor.
"""

import math

LAYERS = ("linear1", "linear2", "mean_linear", "log_std_linear")
"""The layers of an actor with two hidden layers, in the order in which it computes them; each is
recorded before its non-linearity."""

HEADS = ("mean_linear", "log_std_linear")
"""The layers that say how a policy acts: its mean and its log standard deviation."""

OBSERVATIONS = "observations"
"""The name under which the states themselves are compared and analysed like a layer."""

WIDTH = 256
"""Number of units in a hidden layer."""

LOG_STD_MIN, LOG_STD_MAX = -20.0, 2.0
"""Bounds to which Stable-Baselines3's actor clamps the log standard deviation."""

LOG_2PI = math.log(2 * math.pi)
"""The logarithm of 2 pi, which the density of a Gaussian holds."""
