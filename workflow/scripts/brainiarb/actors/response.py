"""What the layers of actors compute of observations, from their weights and architecture alone.

NumPy computes it, so that analyses of recorded networks are spared the seconds that torch takes to
load. `Actors.forward` computes the same where gradients are needed.
"""

from collections.abc import Mapping

import numpy as np

from brainiarb.actors.architecture import Architecture


def respond(
    weights: Mapping[str, np.ndarray], architecture: Architecture, observations: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what each layer of K actors computes, (K, n, p) in float32, by the layer's name.

    That is a hidden layer as its non-linearity takes it, the mean, and the log standard deviation
    before its clamp. `weights` hold `<layer>.weight` (K, out, in), `<layer>.bias` (K, out) and, if
    the architecture has a norm `before`, `gain_<layer>` and `shift_<layer>` (K, out). Observations
    are (K, n, o), or (n, o) which every actor sees.

    Examples
    --------
    >>> one = Architecture((2,), spread="none")
    >>> weights = {"linear1.weight": np.ones((1, 2, 2)), "linear1.bias": np.ones((1, 2))}
    >>> weights |= {"mean_linear.weight": np.ones((1, 1, 2)), "mean_linear.bias": np.zeros((1, 1))}
    >>> layers = respond(weights, one, np.array([[-3.0, 0.0], [1.0, 2.0]]))
    >>> layers["linear1"][0].tolist(), layers["mean_linear"][0].tolist()
    ([[-2.0, -2.0], [4.0, 4.0]], [[0.0], [8.0]])
    """

    def row(name: str) -> np.ndarray:
        return weights[name][:, None].astype(np.float32)

    def through(layer: str, inputs: np.ndarray) -> np.ndarray:
        outputs = inputs @ np.swapaxes(weights[f"{layer}.weight"], 1, 2).astype(np.float32)
        outputs += row(f"{layer}.bias")
        return outputs

    layers, values = {}, np.asarray(observations, np.float32)
    for name in architecture.trunk:
        layers[name] = through(name, values)
        if architecture.norm == "before":
            normed = architecture.standardised(layers[name])
            layers[name] = normed * row(f"gain_{name}") + row(f"shift_{name}")
        values = architecture.read(name, layers[name])
    return layers | {name: through(name, values) for name in architecture.heads}


def log_std(
    weights: Mapping[str, np.ndarray], architecture: Architecture, layers: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the log standard deviation (K, n, a) of the actions, from the layers of `respond`.

    It is clamped if it is that of a state; nan if the actors have no spread. A constant spread is
    the weight `log_std` (K, a).
    """
    if architecture.spread == "state":
        return architecture.read("log_std_linear", layers["log_std_linear"])
    constant = weights["log_std"][:, None] if architecture.spread == "constant" else np.nan
    return np.broadcast_to(constant, layers["mean_linear"].shape)
