"""The actor that experts and clones share: K actors as one stack, their actions and their files.

| activity                  | shape     | meaning                                          |
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
    """The outputs of the layers of K actors for n observations each, before non-linearities."""

    linear1: Tensor
    linear2: Tensor
    mean_linear: Tensor
    log_std_linear: Tensor


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
    """A stack of K actors, with weights (K, out, in) and biases (K, out)."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        for name in LAYERS:
            layer = StackedLinear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])
            self.add_module(name, layer)

    def __len__(self) -> int:
        """Return K."""
        return len(self.get_parameter("linear1.weight"))

    def only(self, index: int) -> "Actors":
        """Return a stack of one actor, the one at `index`."""
        return Actors({name: v[index : index + 1] for name, v in self.state_dict().items()})

    def forward(self, observations: Tensor) -> Activity:
        """Return the activity for observations (K, n, o), or (n, o) which every actor sees."""
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
        """Return the activity of each layer (K, n, p) by its name.

        Observations are (K, n, o), or (n, o) which every actor sees.
        """
        activity = self(torch.from_numpy(np.ascontiguousarray(observations, np.float32)))
        return {name: values.numpy() for name, values in activity._asdict().items()}


def stack_actors(stacks: Sequence[Actors]) -> Actors:
    """Return the actors of several stacks as one stack.

    Narrow layers get further units whose weights are 0, so that all layers are equally wide.
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

    return Actors({name: stacked(name) for name in states[0]})


def layer_shapes(sizes: tuple[int, int], widths: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Return the shape (out, in) of each layer's weight.

    `sizes` are the lengths of an observation and of an action, `widths` those of the hidden layers.
    """
    (observations, actions), (first, second) = sizes, widths
    return {
        "linear1": (first, observations),
        "linear2": (second, first),
        "mean_linear": (actions, second),
        "log_std_linear": (actions, second),
    }


def untrained_seeds(master: int, expert: str, count: int) -> list[int]:
    """Return the seeds of the weights that the clones of an expert start from.

    The seeds do not depend on the noise level. So clone k of every level and untrained network k
    are the same network at the start.
    """
    return [derive_seed(master, "untrained", expert, k) for k in range(count)]


def untrained(sizes: tuple[int, int], seeds: Sequence[int], scaler: Scaler | None = None) -> Actors:
    """Return one untrained actor for each seed.

    `sizes` are the lengths of an observation and of an action. Weights and biases are uniform on
    +-1 / sqrt(inputs), as in PyTorch and Stable-Baselines3. If a scaler is given, it is folded into
    the first layer.
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
    """Return actors that answer observations as the given actors answer standardised ones.

    With s = (o - mean) / std, the first layer is W s + b = (W / std) o + (b - W mean / std).
    """
    tensors = {name: value.detach().clone() for name, value in actors.state_dict().items()}
    weight = tensors["linear1.weight"].double() / torch.from_numpy(scaler.std)
    bias = tensors["linear1.bias"].double() - weight @ torch.from_numpy(scaler.mean)
    tensors["linear1.weight"], tensors["linear1.bias"] = weight.float(), bias.float()
    return Actors(tensors)


def _by_actor(actors: Actors, observations: np.ndarray) -> Tensor:
    """Return observations (K n, o), which are ordered by actor, as (K, n, o)."""
    return torch.from_numpy(observations).float().reshape(len(actors), -1, observations.shape[1])


def mean_action(actors: Actors) -> Callable[[np.ndarray], np.ndarray]:
    """Return the policy that takes the mean action of each actor.

    It maps observations (K n, o), ordered by actor, to actions (K n, a) in [-1, 1].
    """

    @torch.no_grad()
    def act(observations: np.ndarray) -> np.ndarray:
        activity = actors(_by_actor(actors, observations))
        return torch.tanh(activity.mean_linear).flatten(0, 1).double().numpy()

    return act


def sampled_action(actors: Actors, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the policy that samples an action from the distribution of each actor.

    It maps observations (K n, o), ordered by actor, to actions (K n, a) in [-1, 1].
    """
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

    A buffer takes the bytes first, because torch writes the name of a file into its content.
    """
    buffer = io.BytesIO()
    tensors = {name: value.detach().contiguous() for name, value in actors.state_dict().items()}
    torch.save({**tensors, "metadata": json.dumps(metadata, sort_keys=True)}, buffer)
    with whole(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def read_actors(path: str | Path) -> tuple[Actors, dict[str, Any]]:
    """Read K actors and their metadata; raise Refused if the file does not hold them."""
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
