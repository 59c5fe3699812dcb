"""The actor that experts and clones share: K actors as one stack, their actions and their files.

| activity                  | shape     | meaning                                              |
|---------------------------|-----------|------------------------------------------------------|
| `linear1` ... `linearN`   | (K, n, h) | a hidden layer, as its non-linearity takes it        |
| `mean_linear`             | (K, n, a) | mean of the Gaussian, before the tanh or the clip    |
| `log_std_linear`          | (K, n, a) | log standard deviation, before the clamp, if a layer |
| `action(mean_linear)`     | (K, n, a) | mean action, in [-1, 1]                              |
"""

import io
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from brainiarb.actors.architecture import DEFAULT, Architecture
from brainiarb.actors.layers import LOG_STD_MAX, LOG_STD_MIN
from brainiarb.actors.response import respond
from brainiarb.actors.stored import read_stored
from brainiarb.files import whole
from brainiarb.rollouts.scaler import Scaler
from brainiarb.seeds import derive_seed

NONLINEARITIES: dict[str, Callable[[Tensor], Tensor]] = {
    "ReLU": torch.relu,
    "Tanh": torch.tanh,
    "ELU": nn.functional.elu,
    "SiLU": nn.functional.silu,
    "GELU": nn.functional.gelu,
    "LeakyReLU": nn.functional.leaky_relu,
}
"""What `architecture.ACTIVATIONS` are in torch."""


class StackedLinear(nn.Module):
    """K linear layers as one module, which maps (K, n, in) to (K, n, out)."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Apply layer k to the inputs of index k."""
        return torch.baddbmm(self.bias.unsqueeze(1), inputs, self.weight.transpose(1, 2))


class Actors(nn.Module):
    """A stack of K actors of one architecture, with weights (K, out, in) and biases (K, out).

    `architecture` gives the non-linearity, the norm and the bound; widths and spread are those of
    the tensors. A constant spread is the tensor `log_std` (K, a).
    """

    def __init__(self, tensors: dict[str, Tensor], architecture: Architecture = DEFAULT) -> None:
        super().__init__()
        constant = "constant" if "log_std" in tensors else "none"
        depth = sum(f"linear{number}.weight" in tensors for number in range(1, len(tensors) + 1))
        self.architecture = replace(
            architecture,
            hidden=tuple(tensors[f"linear{n}.bias"].shape[1] for n in range(1, depth + 1)),
            spread="state" if "log_std_linear.weight" in tensors else constant,
        )
        self._layers = {
            name: StackedLinear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])
            for name in self.architecture.layers
        }
        for name, layer in self._layers.items():
            self.add_module(name, layer)
        for name in self.further():
            self.register_parameter(name, nn.Parameter(tensors[name]))

    def further(self) -> tuple[str, ...]:
        """Return the names of the tensors that belong to no linear layer."""
        norms = [f"{part}_{name}" for name in self.architecture.trunk for part in ("gain", "shift")]
        return (
            *(norms if self.architecture.norm == "before" else ()),
            *(("log_std",) if self.architecture.spread == "constant" else ()),
        )

    def __len__(self) -> int:
        """Return K."""
        return len(self._layers["linear1"].bias)

    def like(self, tensors: dict[str, Tensor]) -> "Actors":
        """Return actors of the same kind that have other tensors."""
        return Actors(tensors, self.architecture)

    def only(self, index: int) -> "Actors":
        """Return a stack of one actor, the one at `index`."""
        return self.like({name: v[index : index + 1] for name, v in self.state_dict().items()})

    def forward(
        self, observations: Tensor, heads: Sequence[str] | None = None
    ) -> dict[str, Tensor]:
        """Return the activity for observations (K, n, o), or (n, o) which every actor sees.

        It is that of all hidden layers and of `heads`, by default all of them.
        """
        if observations.ndim == 2:
            observations = observations.expand(len(self), -1, -1)
        activity, values = {}, observations
        for name in self.architecture.trunk:
            activity[name] = self._normed(name, self._layers[name].forward(values))
            values = self._active(activity[name])
        for name in self.architecture.heads if heads is None else heads:
            activity[name] = self._layers[name].forward(values)
        return activity

    def _normed(self, name: str, values: Tensor) -> Tensor:
        if self.architecture.norm != "before":
            return values
        gain, shift = (self.get_parameter(f"{part}_{name}") for part in ("gain", "shift"))
        return _standardised(values, self.architecture) * gain.unsqueeze(1) + shift.unsqueeze(1)

    def _active(self, values: Tensor) -> Tensor:
        active = NONLINEARITIES[self.architecture.activation](values)
        after = self.architecture.norm == "after"
        return _standardised(active, self.architecture) if after else active

    def action(self, mean: Tensor) -> Tensor:
        """Return the action in [-1, 1] that a value of the mean head becomes."""
        return torch.tanh(mean) if self.architecture.bound == "tanh" else mean.clamp(-1, 1)

    def respond(self, observations: np.ndarray) -> dict[str, np.ndarray]:
        """Return the activity of each layer (K, n, p) by its name; see `response.respond`."""
        return respond(self.arrays(), self.architecture, observations)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all weights by name, each (K, ...)."""
        return {name: value.detach().numpy() for name, value in self.state_dict().items()}


def _standardised(values: Tensor, architecture: Architecture) -> Tensor:
    """Return the values of a layer less their mean over its units, in standard deviations."""
    return nn.functional.layer_norm(values, values.shape[-1:], eps=architecture.norm_epsilon)


def stack_actors(stacks: Sequence[Actors]) -> Actors:
    """Return the actors of several stacks as one stack.

    All stacks have one architecture without a norm, except for their widths: narrow layers get
    further units whose weights are 0, so that all layers are equally wide.
    """
    states = [stack.state_dict() for stack in stacks]

    def stacked(name: str) -> Tensor:
        tensors = [state[name] for state in states]
        widest = np.max([tensor.shape[1:] for tensor in tensors], axis=0)
        padded = torch.zeros(sum(map(len, tensors)), *widest)
        blocks = padded.split([len(tensor) for tensor in tensors])
        for tensor, block in zip(tensors, blocks, strict=True):
            block[(slice(None), *map(slice, tensor.shape[1:]))] = tensor
        return padded

    return stacks[0].like({name: stacked(name) for name in states[0]})


def untrained_seeds(master: int, expert: str, count: int) -> list[int]:
    """Return the seeds of the weights that the clones of an expert start from.

    The seeds do not depend on the noise level. So clone k of every level and untrained network k
    are the same network at the start.
    """
    return [derive_seed(master, "untrained", expert, k) for k in range(count)]


def untrained(
    sizes: tuple[int, int],
    seeds: Sequence[int],
    scaler: Scaler | None = None,
    architecture: Architecture = DEFAULT,
) -> Actors:
    """Return one untrained actor for each seed.

    `sizes` are the lengths of an observation and of an action. The architecture has the spread of
    a state or none, and no norm. Weights and biases are uniform on
    +-1 / sqrt(inputs), as in PyTorch and Stable-Baselines3. If a scaler is given, it is folded into
    the first layer.
    """
    tensors: dict[str, list[Tensor]] = {}
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        for name, (out, inputs) in architecture.shapes(sizes).items():
            for part, shape in (("weight", (out, inputs)), ("bias", (out,))):
                values = torch.rand(shape, generator=generator) * 2 - 1
                tensors.setdefault(f"{name}.{part}", []).append(values / inputs**0.5)
    stacked = {name: torch.stack(values) for name, values in tensors.items()}
    actors = Actors(stacked, architecture)
    return fold_scaler(actors, scaler) if scaler is not None else actors


@torch.no_grad()
def fold_scaler(actors: Actors, scaler: Scaler) -> Actors:
    """Return actors that answer observations as the given actors answer standardised ones.

    With s = (o - mean) / std, the first layer is W s + b = (W / std) o + (b - W mean / std).
    """
    tensors = {name: value.detach().clone() for name, value in actors.state_dict().items()}
    weight = tensors["linear1.weight"].double() / torch.from_numpy(scaler.std)
    bias = tensors["linear1.bias"].double() - weight @ torch.from_numpy(scaler.mean)
    tensors["linear1.weight"], tensors["linear1.bias"] = weight.float(), bias.float()
    return actors.like(tensors)


def _by_actor(actors: Actors, observations: np.ndarray) -> Tensor:
    """Return observations (K n, o), which are ordered by actor, as (K, n, o)."""
    return torch.from_numpy(observations).float().reshape(len(actors), -1, observations.shape[1])


def mean_action(actors: Actors) -> Callable[[np.ndarray], np.ndarray]:
    """Return the policy that takes the mean action of each actor.

    It maps observations (K n, o), ordered by actor, to actions (K n, a) in [-1, 1].
    """

    @torch.no_grad()
    def act(observations: np.ndarray) -> np.ndarray:
        activity = actors.forward(_by_actor(actors, observations), ["mean_linear"])
        return actors.action(activity["mean_linear"]).flatten(0, 1).double().numpy()

    return act


def sampled_action(actors: Actors, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the policy that samples an action from the distribution of each actor.

    It maps observations (K n, o), ordered by actor, to actions (K n, a) in [-1, 1]. Actors without
    a spread take their mean action, which is all that they can do.
    """
    generator = torch.Generator().manual_seed(seed)
    if actors.architecture.spread == "none":
        logging.warning("this actor has no spread, so its sampled actions are its mean actions")
        return mean_action(actors)

    @torch.no_grad()
    def act(observations: np.ndarray) -> np.ndarray:
        activity = actors.forward(_by_actor(actors, observations))
        mean = activity["mean_linear"]
        if actors.architecture.spread == "constant":
            std = actors.get_parameter("log_std").unsqueeze(1).exp()
        else:
            std = activity["log_std_linear"].clamp(LOG_STD_MIN, LOG_STD_MAX).exp()
        noise = torch.randn(mean.shape, generator=generator)
        return actors.action(mean + std * noise).flatten(0, 1).double().numpy()

    return act


def write_actors(path: str | Path, actors: Actors, metadata: dict[str, Any]) -> None:
    """Write K actors, their architecture and plain metadata.

    `torch.load(weights_only=True)` opens the file. A buffer takes the bytes first, because torch
    writes the name of a file into its content.
    """
    buffer = io.BytesIO()
    tensors = {name: value.detach().contiguous() for name, value in actors.state_dict().items()}
    texts = {
        "architecture": actors.architecture.to_json(),
        "metadata": json.dumps(metadata, sort_keys=True),
    }
    torch.save({**tensors, **texts}, buffer)
    with whole(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def read_actors(path: str | Path) -> tuple[Actors, dict[str, Any]]:
    """Read K actors and their metadata; raise Refused if the file does not hold them."""
    stored, metadata = read_stored(path)
    tensors = {name: torch.from_numpy(values) for name, values in stored.weights.items()}
    return Actors(tensors, stored.architecture), metadata
