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
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from brainiarb.archives import read_members, read_tensors, repeatable
from brainiarb.files import whole
from brainiarb.layers import LAYERS, LOG_STD_MAX, LOG_STD_MIN, WIDTH
from brainiarb.rollouts import Scaler
from brainiarb.seeds import derive_seed

ARCHIVE_NAMES = {
    "linear1": "actor.latent_pi.0",
    "linear2": "actor.latent_pi.2",
    "mean_linear": "actor.mu",
    "log_std_linear": "actor.log_std",
}
"""Where a Stable-Baselines3 archive keeps each layer."""

PARTS = ("weight", "bias")


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


def read_archive(path: str | Path, sizes: tuple[int, int], body: str) -> Actors:
    """Read the actor of a Stable-Baselines3 SAC archive without unpickling anything.

    Raises ValueError where the archive is damaged, is not SAC's or is for another body than one
    with these (observation, action) sizes.
    """
    policy = read_tensors(read_members(path)["policy.pth"], path)
    return actor_from(policy, path, sizes, body)


def _refuse_other_networks(names: set[str], where: str | Path) -> None:
    if "actor.log_std" in names:
        raise ValueError(
            f"{where} holds a gSDE actor (use_sde=True), whose noise depends on the state by other "
            "layers than SAC's; train it with use_sde=False"
        )
    found = {name for name in names if name.startswith("actor.")}
    hidden = len({name for name in found if re.fullmatch(r"actor\.latent_pi\.\d+\.weight", name)})
    if hidden and hidden != 2:
        raise ValueError(
            f"{where} holds an actor with {hidden} hidden layer{'s' * (hidden > 1)} where two are "
            "needed; train it with net_arch=[256, 256]"
        )
    expected = {f"{name}.{part}" for name in ARCHIVE_NAMES.values() for part in PARTS}
    if found != expected:
        lacking = ", ".join(sorted(expected - found)) or "nothing that is needed"
        raise ValueError(
            f"{where} lacks {lacking} and has {len(found - expected)} tensors besides: expected "
            "the actor of SAC with two hidden layers, found another algorithm or network; train it "
            "with policy MlpPolicy"
        )


def actor_from(
    policy: Mapping[str, Tensor], where: str | Path, sizes: tuple[int, int], body: str
) -> Actors:
    """Return the actor of a state dict, K = 1.

    Raises ValueError, which names `where`, unless it is SAC's with two hidden layers of any width
    and finite weights, for these (observation, action) sizes.
    """
    _refuse_other_networks(set(policy), where)
    tensors = {
        f"{name}.{part}": policy[f"{archived}.{part}"].unsqueeze(0)
        for name, archived in ARCHIVE_NAMES.items()
        for part in PARTS
    }
    first, second, actions = (
        tensors[f"{name}.bias"].numel() for name in ("linear1", "linear2", "mean_linear")
    )
    observations = tensors["linear1.weight"].numel() // max(first, 1)
    shapes = layer_shapes((observations, actions), (first, second))
    for name, (out, inputs) in shapes.items():
        if tensors[f"{name}.weight"].shape != (1, out, inputs) or (
            tensors[f"{name}.bias"].shape != (1, out)
        ):
            raise ValueError(
                f"{where} holds layers that do not follow on one another at {name}; save the model "
                "again"
            )
    if (observations, actions) != sizes:
        raise ValueError(
            f"{where} takes {observations} observations and gives {actions} actions, but {body} "
            f"has {sizes[0]} and {sizes[1]}; it was trained on another body or with a wrapper that "
            "changes observations, such as TimeFeatureWrapper, which adds one"
        )
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise ValueError(f"{where} holds weights that are not finite: its training has diverged")
    return Actors(tensors)


def critic_outputs(policy: Mapping[str, Tensor]) -> tuple[list[int], int]:
    """Return the units of each layer of the first critic in a state dict, and how many critics."""
    layers: list[int] = []
    while (bias := policy.get(f"critic.qf0.{2 * len(layers)}.bias")) is not None:
        layers.append(bias.numel())
    return layers, sum(f"critic.qf{critic}.0.bias" in policy for critic in range(len(policy)))


def write_archive(
    path: str | Path,
    actors: Actors,
    index: int,
    environment: str,
    critics: Mapping[str, Tensor] | None = None,
) -> None:
    """Write actor `index` as a Stable-Baselines3 SAC archive, its optimisers cold.

    `critics` are those of SAC and their targets by the archive's names; without, they are
    untrained. The same actor gives the same bytes on one machine.
    """
    import gymnasium
    from stable_baselines3 import SAC

    critics = critics or {}
    widths = [actors.get_parameter(f"{name}.bias").shape[1] for name in ("linear1", "linear2")]
    outputs, count = critic_outputs(critics)
    model = SAC(
        "MlpPolicy",
        gymnasium.make(environment),
        buffer_size=1,
        policy_kwargs={
            "net_arch": {"pi": widths, "qf": outputs[:-1] if critics else widths},
            "n_critics": count if critics else 2,
        },
        device="cpu",
        seed=0,
    )
    state = {**model.policy.state_dict(), **critics}
    for name, archived in ARCHIVE_NAMES.items():
        for part in PARTS:
            state[f"{archived}.{part}"] = actors.get_parameter(f"{name}.{part}")[index].detach()
    model.policy.load_state_dict(state)
    buffer = io.BytesIO()
    model.save(buffer)
    with whole(path) as temporary:
        temporary.write_bytes(repeatable(buffer.getvalue()))


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
        raise ValueError(
            f"{path} does not hold clones ({error}); delete it and run the workflow again"
        ) from error
