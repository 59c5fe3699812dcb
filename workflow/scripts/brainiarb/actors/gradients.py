"""Gradients of equal ReLU networks, written out; the parameters of all networks are one vector.

A gradient is one pass back through the layers, without autograd. Matrix products go to MKL on
processors of Intel and to oneDNN on others, if torch has them: each is the faster one there.
`benchmarks/NOTES.md` has the speeds of this and of other ways.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


def mkl_is_fastest(processors: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether torch has MKL and runs on a processor of Intel, which Linux's file names."""
    intel = processors.exists() and "GenuineIntel" in processors.read_text()
    return torch.backends.mkl.is_available() and intel


# torch.compile calls this private operator too. Without it, torch.nn.functional makes the products.
ONEDNN = (
    torch.backends.mkldnn.is_available()
    and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    and not mkl_is_fastest()
)

relu_gradient = torch.ops.aten.threshold_backward
"""Takes gradients (...) and outputs (...) of a ReLU and 0.0; returns gradients of the inputs."""

_relu_gradient_into = relu_gradient.grad_input
"""The same, with the tensor `grad_input` that takes the result; it may be that of the gradients."""


def linear(
    inputs: Tensor, weight: Tensor, bias: Tensor | None = None, relu: bool = False
) -> Tensor:
    """Return the outputs (n, out) of a linear layer for inputs (n, in).

    `weight` is (out, in), `bias` (out). With `relu` the outputs are rectified. K layers make one
    call: then each shape begins with K.
    """
    if ONEDNN and _suits_onednn(inputs, weight):
        after = "relu" if relu else "none"
        return torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, after, [], "")
    if weight.ndim == 2:
        output = nn.functional.linear(inputs, weight, bias)
    elif bias is None:
        output = torch.bmm(inputs, weight.mT)
    else:
        output = torch.baddbmm(bias.unsqueeze(1), inputs, weight.mT)
    return output.relu_() if relu else output


def _suits_onednn(inputs: Tensor, weight: Tensor) -> bool:
    """Return whether oneDNN can make a layer's product, and gains more than its preparation costs.

    It prepares each call anew, which takes longer than the product with a vector.
    """
    large = weight.ndim == 2 and len(inputs) > 1 and min(weight.shape) > 1
    return large and inputs.is_cpu and inputs.dtype == torch.float32


def multiply(left: Tensor, right: Tensor) -> Tensor:
    """Return the product (n, m) of two matrices (n, k) and (k, m), or of K pairs of them."""
    return linear(left, right.mT) if ONEDNN else torch.matmul(left, right)


def weight_gradient(gradient: Tensor, inputs: Tensor, out: Tensor) -> None:
    """Write the gradient (out, in) of a layer's weight into `out`.

    `gradient` (n, out) is that of the layer's outputs, `inputs` (n, in) are its inputs. Of two
    products that give the same matrix, oneDNN is faster at the one whose left matrix is thin.
    For K layers each shape begins with K.
    """
    if not ONEDNN or gradient.ndim > 2 or not gradient.is_cpu:
        torch.matmul(gradient.mT, inputs, out=out)
    elif inputs.shape[1] < gradient.shape[1]:
        out.copy_(multiply(inputs.t(), gradient).t())
    else:
        out.copy_(multiply(gradient.t(), inputs))


class LinearLayers(NamedTuple):
    """The weights (out, in) and biases (out) of the layers of a network, in order.

    Those of K networks that compute together are (K, out, in) and (K, out). Then the inputs,
    outputs and gradients of `activations` and `parameter_gradient` begin with K too.
    """

    weights: list[Tensor]
    biases: list[Tensor]


class Stack(NamedTuple):
    """The parameters of equal networks and their gradient."""

    parameters: Tensor
    """(p,) all parameters; `networks` are views of them."""
    gradient: Tensor
    """(p,) the gradient of all parameters; `gradients` are views of it."""
    networks: list[LinearLayers]
    gradients: list[LinearLayers]


def linear_layers(network: nn.Module) -> list[nn.Linear]:
    """Return the linear layers of a network, in order."""
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def views(vector: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    """Return views of a vector with the shapes of the given tensors, one after the other."""
    parts = vector.split([tensor.numel() for tensor in tensors])
    return [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]


def in_groups(tensors: list[Tensor], kind: Any, depth: int) -> list[Any]:
    """Return the networks that consecutive tensors make up.

    A network is a `kind`: a named tuple of lists of `depth` tensors each.
    """
    lists = [tensors[i : i + depth] for i in range(0, len(tensors), depth)]
    size = len(kind._fields)
    return [kind(*lists[i : i + size]) for i in range(0, len(lists), size)]


def stack_networks(networks: list[list[list[nn.Linear]]]) -> Stack:
    """Move networks into one vector; their modules become views of it.

    A network is a list of layers. A layer is a list of the modules that read the same inputs: one
    module, or the two heads of an actor, whose outputs then lie side by side.
    """
    parts = ("weight", "bias")
    tensors = [
        torch.cat([getattr(module, part).detach() for module in layer])
        for network in networks
        for part in parts
        for layer in network
    ]
    parameters = torch.cat([tensor.flatten() for tensor in tensors])
    gradient = torch.zeros_like(parameters)
    stack = Stack(
        parameters,
        gradient,
        *(
            in_groups(views(vector, tensors), LinearLayers, len(networks[0]))
            for vector in (parameters, gradient)
        ),
    )
    for network, layers in zip(networks, stack.networks, strict=True):
        for part, stacked in zip(parts, layers, strict=True):
            for layer, tensor in zip(network, stacked, strict=True):
                rows = [module.out_features for module in layer]
                for module, view in zip(layer, tensor.split(rows), strict=True):
                    getattr(module, part).data = view
    return stack


def stack_critics(critics: Iterable[nn.Module]) -> Stack:
    """Move the networks of Stable-Baselines3's critics into one vector."""
    return stack_networks([[[layer] for layer in linear_layers(critic)] for critic in critics])


def stack_actor(actor: nn.Module) -> Stack:
    """Move the actor of Stable-Baselines3's SAC into one vector; its two heads become one layer."""
    *trunk, mean, log_std = linear_layers(actor)
    return stack_networks([[*([layer] for layer in trunk), [mean, log_std]]])


@torch.no_grad()
def activations(layers: LinearLayers, inputs: Tensor) -> list[Tensor]:
    """Return the inputs (n, in) and the outputs (n, out) of each layer.

    The outputs of hidden layers are rectified. The last entry is the output of the network.
    """
    outputs, last = [inputs], len(layers.weights) - 1
    for index, (weight, bias) in enumerate(zip(*layers, strict=True)):
        outputs.append(linear(outputs[-1], weight, bias, relu=index < last))
    return outputs


def apply_layers(layers: LinearLayers, inputs: Tensor) -> Tensor:
    """Return the outputs (n, out) of a network for inputs (n, in)."""
    return activations(layers, inputs)[-1]


@torch.no_grad()
def parameter_gradient(
    layers: LinearLayers,
    outputs: list[Tensor],
    gradient: Tensor,
    gradients: LinearLayers,
    passed: int | None = None,
) -> None:
    """Write the gradients of a network's parameters into `gradients`.

    `outputs` comes from `activations`; `gradient` (n, out) is that of the loss for the last of
    them. Only the first `passed` outputs, all by default, train the layers before the last one.
    """
    for index in reversed(range(len(layers.weights))):
        weight_gradient(gradient, outputs[index], out=gradients.weights[index])
        torch.sum(gradient, dim=-2, out=gradients.biases[index])
        if index > 0:
            weight = layers.weights[index]
            if passed is not None:
                gradient, weight = gradient[..., :passed], weight[..., :passed, :]
            gradient = multiply(gradient, weight)
            # In place: a tensor less keeps the others in the cache.
            _relu_gradient_into(gradient, outputs[index], 0.0, grad_input=gradient)
            passed = None


@torch.no_grad()
def input_gradient(layers: LinearLayers, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the values (n) of a network with one output and their slopes (n, in) by the inputs."""
    _, *hidden, values = activations(layers, inputs)
    slope = layers.weights[-1].expand(len(inputs), -1)
    for weight, output in zip(reversed(layers.weights[:-1]), reversed(hidden), strict=True):
        slope = multiply(relu_gradient(slope, output, 0.0), weight)
    return values.squeeze(1), slope


class Adam:
    """Torch's fused Adam for one vector of parameters, which follows a gradient vector.

    The class `torch.optim.Adam` gives the same numbers. It loads torch's compiler, which takes a
    second, and each of its steps takes twice as long for a network of this project.
    """

    EPSILON = 1e-8

    def __init__(
        self,
        parameters: Tensor,
        gradient: Tensor,
        learning_rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        self._parameters, self._gradient = parameters, gradient
        self.learning_rate, self._betas = learning_rate, betas
        self._state = {
            "step": torch.zeros((), dtype=torch.float32, device=parameters.device),
            "exp_avg": torch.zeros_like(parameters),
            "exp_avg_sq": torch.zeros_like(parameters),
        }

    @torch.no_grad()
    def step(self) -> None:
        """Move the parameters."""
        step, mean, mean_square = self._state.values()
        step += 1
        beta1, beta2 = self._betas
        torch._fused_adam_(
            *([self._parameters], [self._gradient], [mean], [mean_square], [], [step]),
            lr=self.learning_rate,
            beta1=beta1,
            beta2=beta2,
            weight_decay=0.0,
            eps=self.EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        """Return the state in the form of `torch.optim.Adam`."""
        return {"state": {0: self._state}}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Continue from a state of this class or of `torch.optim.Adam`."""
        for name, value in self._state.items():
            value.copy_(saved["state"][0][name])
