"""The actor that experts and clones share, K of them side by side; reading and writing it.

| call                      | shape     | meaning                                          |
|---------------------------|-----------|--------------------------------------------------|
| `linear1`                 | (K, n, h) | first hidden layer, before its ReLU              |
| `linear2`                 | (K, n, h) | second hidden layer, before its ReLU             |
| `mean_linear`             | (K, n, a) | mean of the Gaussian, before the tanh            |
| `log_std_linear`          | (K, n, a) | log standard deviation, before the clamp         |
| `tanh(mean_linear)`       | (K, n, a) | mean action, in [-1, 1]                          |
"""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from brainiarb.actors.layers import LAYERS, LOG_STD_MAX, LOG_STD_MIN, WIDTH
from brainiarb.errors import Refused
from brainiarb.files import whole
from brainiarb.rollouts.scaler import Scaler
from brainiarb.seeds import derive_seed


class Activity(NamedTuple):
    """What K actors compute from n observations each; all before their non-linearity."""

    linear1: Tensor
    linear2: Tensor
    mean_linear: Tensor
    log_std_linear: Tensor


class StackedLinear(nn.Module):
    """K linear layers side by side: (K, n, in) to (K, n, out)."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Apply layer k to the k-th rows."""
        return torch.baddbmm(self.bias.unsqueeze(1), inputs, self.weight.transpose(1, 2))


class Actors(nn.Module):
    """K actors side by side, with weights (K, out, in) and biases (K, out)."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        for name in LAYERS:
            layer = StackedLinear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])
            self.add_module(name, layer)

    def __len__(self) -> int:
        """Return K."""
        return len(self.get_parameter("linear1.weight"))

    def only(self, index: int) -> "Actors":
        """Return one of the actors, as K = 1."""
        return Actors({name: v[index : index + 1] for name, v in self.state_dict().items()})

    def forward(self, observations: Tensor) -> Activity:
        """Return all layers for observations (K, n, o), or (n, o) seen by every actor."""
        layer = dict(self.named_children())
        if observations.ndim == 2:
            observations = observations.expand(len(self), -1, -1)
        linear1 = layer["linear1"](observations)
        linear2 = layer["linear2"](torch.relu(linear1))
        features = torch.relu(linear2)
        mean, log_std = layer["mean_linear"](features), layer["log_std_linear"](features)
        return Activity(linear1, linear2, mean, log_std)

    @torch.no_grad()
    def respond(self, observations: np.ndarray) -> dict[str, np.ndarray]:
        """Return each layer (K, n, p) by its name for observations (n, o) or (K, n, o)."""
        activity = self(torch.from_numpy(np.ascontiguousarray(observations, np.float32)))
        return {name: values.numpy() for name, values in activity._asdict().items()}


def beside(stacks: Sequence[Actors]) -> Actors:
    """Return the actors of several stacks as one; narrower layers get units that do nothing."""
    tensors = [stack.state_dict() for stack in stacks]

    def joined(name: str) -> Tensor:
        parts = [part[name] for part in tensors]
        widest = np.max([part.shape[1:] for part in parts], axis=0)
        whole = torch.zeros(sum(map(len, parts)), *widest)
        for part, place in zip(parts, whole.split([len(part) for part in parts]), strict=True):
            place[(slice(None), *map(slice, part.shape[1:]))] = part
        return whole

    return Actors({name: joined(name) for name in tensors[0]})


def layer_shapes(sizes: tuple[int, int], widths: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Return (out, in) of each layer for (observation, action) sizes and two hidden widths."""
    (observations, actions), (first, second) = sizes, widths
    return {
        "linear1": (first, observations),
        "linear2": (second, first),
        "mean_linear": (actions, second),
        "log_std_linear": (actions, second),
    }


def untrained_seeds(master: int, expert: str, count: int) -> list[int]:
    """Return the seeds of the weights that the clones of an expert begin with, whatever the level.

    The k-th clone of every level and the k-th untrained network are thus one network at the start.
    """
    return [derive_seed(master, "untrained", expert, k) for k in range(count)]


def untrained(sizes: tuple[int, int], seeds: Sequence[int], scaler: Scaler | None = None) -> Actors:
    """Return one untrained actor per seed, for (observation, action) sizes.

    Weights and biases are uniform on +-1 / sqrt(inputs), as PyTorch and Stable-Baselines3 start;
    the input scaler, if given, is folded in.
    """
    tensors: dict[str, list[Tensor]] = {}
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        for name, (out, inputs) in layer_shapes(sizes, (WIDTH, WIDTH)).items():
            for part, shape in (("weight", (out, inputs)), ("bias", (out,))):
                values = torch.rand(shape, generator=generator) * 2 - 1
                tensors.setdefault(f"{name}.{part}", []).append(values / inputs**0.5)
    actors = Actors({name: torch.stack(values) for name, values in tensors.items()})
    return fold_scaler(actors, scaler) if scaler is not None else actors


@torch.no_grad()
def fold_scaler(actors: Actors, scaler: Scaler) -> Actors:
    """Return actors that do to raw observations what the given ones do to standardised ones.

    With s = (o - mean) / std, W s + b = (W / std) o + (b - W mean / std), exactly.
    """
    tensors = {name: value.detach().clone() for name, value in actors.state_dict().items()}
    weight = tensors["linear1.weight"].double() / torch.from_numpy(scaler.std)
    bias = tensors["linear1.bias"].double() - weight @ torch.from_numpy(scaler.mean)
    tensors["linear1.weight"], tensors["linear1.bias"] = weight.float(), bias.float()
    return Actors(tensors)


def _by_actor(actors: Actors, observations: np.ndarray) -> Tensor:
    """Return (K, n, o) of the observations (K n, o), ordered by actor."""
    return torch.from_numpy(observations).float().reshape(len(actors), -1, observations.shape[1])


def mean_action(actors: Actors) -> Callable[[np.ndarray], np.ndarray]:
    """Return the policy of K actors that takes the mean action, for rows ordered by actor."""

    @torch.no_grad()
    def act(observations: np.ndarray) -> np.ndarray:
        activity = actors(_by_actor(actors, observations))
        return torch.tanh(activity.mean_linear).flatten(0, 1).double().numpy()

    return act


def sampled_action(actors: Actors, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the policy of K actors that samples its actions, for rows ordered by actor."""
    generator = torch.Generator().manual_seed(seed)

    @torch.no_grad()
    def act(observations: np.ndarray) -> np.ndarray:
        activity = actors(_by_actor(actors, observations))
        std = activity.log_std_linear.clamp(LOG_STD_MIN, LOG_STD_MAX).exp()
        noise = torch.randn(activity.mean_linear.shape, generator=generator)
        return torch.tanh(activity.mean_linear + std * noise).flatten(0, 1).double().numpy()

    return act


def write_actors(path: str | Path, actors: Actors, metadata: dict[str, Any]) -> None:
    """Write K actors and plain metadata; `torch.load(weights_only=True)` opens the file.

    The bytes go through a buffer: written to a path, the archive would hold the file's name.
    """
    buffer = io.BytesIO()
    tensors = {name: value.detach().contiguous() for name, value in actors.state_dict().items()}
    torch.save({**tensors, "metadata": json.dumps(metadata, sort_keys=True)}, buffer)
    with whole(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def read_actors(path: str | Path) -> tuple[Actors, dict[str, Any]]:
    """Read K actors and their metadata."""
    try:
        content = torch.load(path, weights_only=True)
        metadata = json.loads(content.pop("metadata"))
        return Actors(content), metadata
    except FileNotFoundError:
        raise
    except Exception as error:
        raise Refused(
            f"{path} does not hold clones ({error}); delete it and run the workflow again"
        ) from error
