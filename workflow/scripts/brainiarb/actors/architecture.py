"""Architectures: how the layers of an actor follow each other, whoever trained it.

An actor is a chain of hidden layers and a head for the mean of its actions:

| part       | meaning                                                                             |
|------------|-------------------------------------------------------------------------------------|
| hidden     | units of `linear1` ... `linearN`                                                    |
| activation | the non-linearity after each of them: a key of `ACTIVATIONS`                        |
| norm       | `none`; or a layer norm `before` or `after` the non-linearity                       |
| spread     | `state`: a head `log_std_linear`; `constant`: one number for each action; or `none` |
| bound      | how the mean becomes an action in [-1, 1]: by `tanh`, or by `clip`                  |

A layer is recorded as its non-linearity takes it. `Architecture.read` gives what the next layer
reads. The module imports no torch, so that readers of recordings are spared it.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from brainiarb.actors.layers import LOG_STD_MAX, LOG_STD_MIN
from brainiarb.errors import Refused


def _erf(values: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return erf(values)


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _silu(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * (1 + np.tanh(x / 2))


def _gelu(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * (1 + _erf(x / math.sqrt(2)))


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "ReLU": lambda x: np.maximum(x, 0),
    "Tanh": np.tanh,
    "ELU": _elu,
    "SiLU": _silu,
    "GELU": _gelu,
    "LeakyReLU": lambda x: np.where(x > 0, x, 0.01 * x),
}
"""The non-linearities, as torch has them with the arguments that it gives them. Each is 0 at 0."""

NORMS = ("none", "before", "after")
SPREADS = ("state", "constant", "none")
BOUNDS = ("tanh", "clip")


@dataclass(frozen=True)
class Architecture:
    """The architecture of an actor; the defaults are those of SAC in Stable-Baselines3.

    Examples
    --------
    >>> Architecture((400, 300), spread="none").layers
    ('linear1', 'linear2', 'mean_linear')
    """

    hidden: tuple[int, ...] = (256, 256)
    activation: str = "ReLU"
    norm: str = "none"
    spread: str = "state"
    bound: str = "tanh"
    norm_epsilon: float = 1e-5
    """What a layer norm adds to the variance."""

    def __post_init__(self) -> None:
        """Refuse what no actor here can be."""
        for name, value, choices in (
            ("activation", self.activation, ACTIVATIONS),
            ("norm", self.norm, NORMS),
            ("spread", self.spread, SPREADS),
            ("bound", self.bound, BOUNDS),
        ):
            if value not in choices:
                raise Refused(
                    f"the {name} of an actor is one of {', '.join(choices)}, found {value!r}"
                )
        if not self.hidden or not all(type(width) is int and width > 0 for width in self.hidden):
            raise Refused(
                "an actor has one hidden layer or more, each of one unit or more, found "
                f"{list(self.hidden)!r}"
            )
        if not self.norm_epsilon > 0:
            raise Refused(
                f"the norm_epsilon of an actor is more than 0, found {self.norm_epsilon!r}"
            )

    @property
    def trunk(self) -> tuple[str, ...]:
        """The names of the hidden layers, in order."""
        return tuple(f"linear{number}" for number in range(1, len(self.hidden) + 1))

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the layers that say how the actor acts."""
        return ("mean_linear", "log_std_linear")[: 2 if self.spread == "state" else 1]

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of all layers, in the order in which the actor computes them."""
        return (*self.trunk, *self.heads)

    @property
    def derived(self) -> tuple[str, ...]:
        """The names of the layers that follow from the recorded ones, see `derive`.

        `_relu` says that a hidden layer is taken after its non-linearity, whichever that is.
        """
        clamped = ("log_std_clamped",) if self.spread == "state" else ()
        return (*(f"{name}_relu" for name in self.trunk), *clamped, "actions")

    @property
    def probed(self) -> str:
        """The layer whose rotations are measured and from which the gait is decoded.

        It is the second hidden layer, or the only one.
        """
        return self.trunk[:2][-1]

    def shapes(self, sizes: tuple[int, int]) -> dict[str, tuple[int, int]]:
        """Return the shape (out, in) of the weight of each layer.

        `sizes` are the lengths of an observation and of an action.
        """
        observations, actions = sizes
        inputs = (observations, *self.hidden)
        outputs = (*self.hidden, *(actions for _ in self.heads))
        return {
            name: (out, inputs[min(number, len(self.hidden))])
            for number, (name, out) in enumerate(zip(self.layers, outputs, strict=True))
        }

    def parameters(self, sizes: tuple[int, int]) -> dict[str, tuple[int, ...]]:
        """Return the shape of each weight (out, in) and each bias (out) by its name."""
        return {
            f"{name}.{part}": shape
            for name, (out, inputs) in self.shapes(sizes).items()
            for part, shape in (("weight", (out, inputs)), ("bias", (out,)))
        }

    def read(self, layer: str, values: np.ndarray) -> np.ndarray:
        """Return the recorded values (..., p) of a layer as the next layer reads them.

        That is after the non-linearity and the norm of a hidden layer, and after the clamp of the
        log standard deviation. The mean has no non-linearity.
        """
        if layer == "log_std_linear":
            return np.clip(values, LOG_STD_MIN, LOG_STD_MAX)
        if layer == "mean_linear":
            return values
        active = ACTIVATIONS[self.activation](values)
        return self.standardised(active) if self.norm == "after" else active

    def standardised(self, values: np.ndarray) -> np.ndarray:
        """Return the values (..., p) of a layer less their mean, in standard deviations."""
        centred = values - values.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        return centred / np.sqrt(variance + self.norm_epsilon)

    def derive(self, layers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the recorded layers with those of `derived`.

        These are hidden layers as the next layer reads them, the clamped log standard deviation and
        the mean action.
        """
        followed = {f"{name}_relu": self.read(name, layers[name]) for name in self.trunk}
        if self.spread == "state":
            followed["log_std_clamped"] = self.read("log_std_linear", layers["log_std_linear"])
        return {**layers, **followed, "actions": self.action(layers["mean_linear"])}

    def action(self, mean: np.ndarray) -> np.ndarray:
        """Return the action (..., a) in [-1, 1] that a value of `mean_linear` becomes."""
        return np.tanh(mean) if self.bound == "tanh" else np.clip(mean, -1, 1)

    def to_json(self) -> str:
        """Return the architecture as JSON, in which every file of actors and activations has it."""
        return json.dumps(asdict(self), sort_keys=True)


DEFAULT = Architecture()
"""The architecture of SAC in Stable-Baselines3: two layers of 256 units, ReLU, tanh."""


def architecture_from(fields: Any) -> Architecture:
    """Return the architecture that the fields of JSON name; raise Refused if they do not fit.

    Fields that are left out have the values of `Architecture`; only `hidden` is needed.
    """
    if not isinstance(fields, dict) or not isinstance(fields.get("hidden"), list):
        raise Refused(
            'expected an architecture such as {"hidden": [256, 256], "activation": "Tanh"}, found '
            f"{fields!r:.200}"
        )
    known = Architecture.__dataclass_fields__
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise Refused(
            f"an architecture has the fields {', '.join(known)}, found {', '.join(unknown)}"
        )
    epsilon = fields.get("norm_epsilon", 1e-5)
    texts = [value for name, value in fields.items() if name not in ("hidden", "norm_epsilon")]
    if type(epsilon) not in (int, float) or not all(isinstance(text, str) for text in texts):
        raise Refused(f"an architecture has names and numbers, found {fields!r:.200}")
    return Architecture(**{**fields, "hidden": tuple(fields["hidden"])})
