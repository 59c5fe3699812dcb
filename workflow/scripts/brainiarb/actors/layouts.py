"""Layouts of actors in the state dicts of Stable-Baselines3 and sb3-contrib, told by their names.

| algorithms       | hidden layers               | mean head    | spread              | bound |
|------------------|-----------------------------|--------------|---------------------|-------|
| SAC, TQC, CrossQ | `actor.latent_pi`           | `actor.mu`   | `actor.log_std`     | tanh  |
| TD3, DDPG        | `actor.mu`, all but one     | the last one | none                | tanh  |
| PPO, A2C, TRPO   | `mlp_extractor.policy_net`  | `action_net` | numbers: `log_std`  | clip  |

Before version 1.8, hidden layers of PPO, A2C and TRPO could also lie in `mlp_extractor.shared_net`.
The batch norms of CrossQ have fixed statistics when it acts, so they are folded into the layers
that follow them. PPO, A2C and TRPO act in the units of the environment, so their head is divided by
the half-range of each action.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from brainiarb.actors.actors import Actors
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.foreign import size_hint
from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.errors import Refused

PARTS = ("weight", "bias")
BATCH_NORM_EPSILON = 1e-3
"""What CrossQ's batch norms add to the variance, unless its policy was told otherwise."""
_NORM = ("ra_mean", "ra_var", "scale", "bias")


class Layout(NamedTuple):
    """Where the actor of an algorithm lies in a state dict."""

    trunks: tuple[str, ...]
    """The sequences of hidden layers, one after the other."""
    mean: str
    """The mean head; empty if it is the last layer of the sequence."""
    spread: str
    log_std: str
    """The tensor, or the layer, of the log standard deviation; empty if there is none."""
    bound: str
    activation: str
    """The non-linearity unless the policy was told otherwise."""


STATE = Layout(("actor.latent_pi",), "actor.mu", "state", "actor.log_std", "tanh", "ReLU")
DETERMINISTIC = Layout(("actor.mu",), "", "none", "", "tanh", "ReLU")
ON_POLICY = Layout(
    ("mlp_extractor.shared_net", "mlp_extractor.policy_net"),
    "action_net", "constant", "log_std", "clip", "Tanh",
)  # fmt: skip


def layout_of(names: set[str], where: object) -> Layout:
    """Return the layout of a state dict; raise Refused, which names `where`, if it is none."""
    if any(name.startswith("lstm") for name in names):
        raise Refused(
            f"{where} holds an actor with a memory (lstm), whose actions follow from more than one "
            "observation; train it without RecurrentPPO"
        )
    if any(".cnn." in name for name in names):
        raise Refused(
            f"{where} holds a network for images (CnnPolicy), where a body gives one row of "
            "numbers; train it with policy MlpPolicy on the body's own environment"
        )
    if "actor.log_std" in names:
        raise _state_dependent_noise(where)
    if any(name.startswith("actor.latent_pi.") for name in names):
        return STATE
    if any(re.fullmatch(r"actor\.mu\.\d+\.weight", name) for name in names):
        return DETERMINISTIC
    if any(name.startswith(ON_POLICY.trunks) for name in names) and "action_net.weight" in names:
        if "log_std" not in names:
            raise Refused(
                f"{where} lacks log_std, so its actions are choices and no numbers; train it on "
                "the body's own environment"
            )
        return ON_POLICY
    lacking = "mlp_extractor" if "action_net.weight" in names else "actor.latent_pi"
    raise Refused(
        f"{where} lacks hidden layers ({lacking}): expected an actor of SAC, TQC, CrossQ, TD3, "
        "DDPG, PPO, A2C or TRPO, found another algorithm or network; train it with policy MlpPolicy"
    )


def _state_dependent_noise(where: object) -> Refused:
    return Refused(
        f"{where} holds a gSDE actor (use_sde=True), whose noise depends on the state by other "
        "layers than those of its mean; train it with use_sde=False"
    )


def actor_from(
    policy: Mapping[str, Tensor],
    where: object,
    body: Body,
    activation: str | None = None,
    norm_epsilon: float = BATCH_NORM_EPSILON,
) -> Actors:
    """Return the actor of a state dict, K = 1.

    `activation` is the non-linearity that the policy was told, or None. Raises Refused, which names
    `where`, unless the state dict has a layout of this module and finite weights, for the
    observations and actions of the body.
    """
    layout = layout_of(set(policy), where)
    try:
        tensors = _named(policy, layout, norm_epsilon, where)
    except (RuntimeError, IndexError) as error:
        raise Refused(
            f"{where} holds layers whose sizes do not fit each other; save the model again"
        ) from error
    architecture = Architecture(activation=activation or layout.activation, bound=layout.bound)
    actors = checked(tensors, architecture, where, body)
    return _by_half_range(actors, body) if layout is ON_POLICY else actors


def _named(
    policy: Mapping[str, Tensor], layout: Layout, norm_epsilon: float, where: object
) -> dict[str, Tensor]:
    """Return the tensors of the actor of a layout by their names here, each with K = 1 before."""
    layers = [
        layer for trunk in layout.trunks for layer in _sequence(policy, trunk, norm_epsilon, where)
    ]
    closing = layers.pop() if layers and len(layers[-1]) == 1 else None
    mean = _layer(policy, layout.mean, where) if layout.mean else layers.pop()
    heads = {"mean_linear": mean}
    if layout.spread == "state":
        heads["log_std_linear"] = _layer(policy, layout.log_std, where)
    if closing is not None:
        heads = {name: _folded(head, closing[0]) for name, head in heads.items()}
    if not layers:
        raise Refused(f"{where} holds an actor without a hidden layer, where one is needed")
    named = {f"linear{number}": layer for number, layer in enumerate(layers, 1)} | heads
    tensors = {
        f"{name}.{part}": value
        for name, layer in named.items()
        for part, value in zip(PARTS, layer, strict=True)
    }
    if layout.spread == "constant":
        if policy["log_std"].ndim != 1:
            raise _state_dependent_noise(where)
        tensors["log_std"] = policy["log_std"]
    return {name: value.unsqueeze(0) for name, value in tensors.items()}


def checked(
    tensors: dict[str, Tensor], architecture: Architecture, where: object, body: Body
) -> Actors:
    """Return the actor (K = 1) of the tensors if it is one of the body; else raise Refused."""
    number, inputs = 1, -1
    while (name := f"linear{number}") and f"{name}.weight" in tensors:
        inputs = _fits(tensors, name, inputs, None, where)
        number += 1
    actions = tensors["mean_linear.weight"].shape[1]
    for head in ("mean_linear", "log_std_linear"):
        if f"{head}.weight" in tensors:
            _fits(tensors, head, inputs, actions, where)
    if "log_std" in tensors and tensors["log_std"].shape != (1, actions):
        raise Refused(f"{where} holds a log_std whose size does not fit mean_linear")
    observations = tensors["linear1.weight"].shape[2]
    sizes = environment_facts(body).sizes
    if (observations, actions) != sizes:
        raise Refused(
            f"{where} takes {observations} observations and gives {actions} actions, but "
            f"{body.name} has {sizes[0]} and {sizes[1]}; "
            f"{size_hint((observations, actions), body)}"
        )
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise Refused(f"{where} holds weights that are not finite: its training has diverged")
    return Actors(tensors, architecture)


def _fits(
    tensors: Mapping[str, Tensor], name: str, inputs: int, units: int | None, where: object
) -> int:
    """Return the number of units of a layer; refuse one that does not fit the layer before it."""
    weight, bias = (tensors[f"{name}.{part}"] for part in PARTS)
    fits = weight.ndim == 3 and bias.shape == weight.shape[:2] and 0 not in weight.shape
    if not fits or inputs not in (-1, weight.shape[2]) or units not in (None, weight.shape[1]):
        raise Refused(
            f"{where} holds layers whose sizes do not fit each other at {name}; save the model "
            "again"
        )
    return int(weight.shape[1])


def _layer(policy: Mapping[str, Tensor], name: str, where: object) -> tuple[Tensor, ...]:
    lacking = [f"{name}.{part}" for part in PARTS if f"{name}.{part}" not in policy]
    if lacking:
        raise Refused(f"{where} lacks {', '.join(lacking)}; train it with policy MlpPolicy")
    return tuple(policy[f"{name}.{part}"] for part in PARTS)


def _sequence(
    policy: Mapping[str, Tensor], name: str, epsilon: float, where: object
) -> list[tuple[Tensor, ...]]:
    """Return weight and bias of each linear layer of a sequence, batch norms folded into them.

    A norm after the last layer is returned as an entry of one tensor (2, p), its scale and shift.
    """
    by_place: dict[int, set[str]] = {}
    for key in policy:
        if match := re.fullmatch(rf"{re.escape(name)}\.(\d+)\.(\w+)", key):
            by_place.setdefault(int(match[1]), set()).add(match[2])
    layers: list[tuple[Tensor, ...]] = []
    norm: Tensor | None = None
    for place, parts in sorted(by_place.items()):
        if parts == set(PARTS) and policy[f"{name}.{place}.weight"].ndim == 2:
            layer = _layer(policy, f"{name}.{place}", where)
            layers.append(layer if norm is None else _folded(layer, norm))
            norm = None
        elif parts == {*_NORM, "steps"}:
            mean, variance, scale, shift = (
                policy[f"{name}.{place}.{part}"].double() for part in _NORM
            )
            gain = scale / (variance + epsilon).sqrt()
            norm = torch.stack([gain, shift - gain * mean])
        else:
            raise Refused(
                f"{where} holds {name}.{place} with {', '.join(sorted(parts))}, which is neither a "
                "linear layer nor a batch norm of CrossQ; train it with policy MlpPolicy"
            )
    return layers if norm is None else [*layers, (norm,)]


def _folded(layer: tuple[Tensor, ...], norm: Tensor) -> tuple[Tensor, ...]:
    """Return the layer that takes what `norm` (its scale and shift) took, in place of its result.

    W (g x + s) + b is (W g) x + (b + W s).
    """
    weight, bias = (value.double() for value in layer)
    gain, shift = norm
    return (weight * gain).float(), (bias + weight @ shift).float()


def _by_half_range(actors: Actors, body: Body) -> Actors:
    """Return actors that give shares of the half-range; these give the environment's units."""
    facts = environment_facts(body)
    centre, half = (
        torch.from_numpy(np.asarray(value, np.float64))
        for value in (facts.action_centre, facts.action_half_range)
    )
    if (centre == 0).all() and (half == 1).all():
        return actors
    tensors = dict(actors.state_dict())
    weight, bias, log_std = (
        tensors[name].double() for name in ("mean_linear.weight", "mean_linear.bias", "log_std")
    )
    tensors["mean_linear.weight"] = (weight / half[:, None]).float()
    tensors["mean_linear.bias"] = ((bias - centre) / half).float()
    tensors["log_std"] = (log_std - half.log()).float()
    return actors.like(tensors)
