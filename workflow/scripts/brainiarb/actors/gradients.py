"""Equal ReLU networks in one vector of parameters, and their gradients written out.

An update of networks this narrow takes about as long to organise as to compute, so there is no
graph, and a gradient is one pass back. Products go to oneDNN where torch has it: on some processors
of AMD the MKL behind `torch.mm` is half as fast (one core, 256 wide, float32: 111 against 230
GFLOP/s on a Zen 5, but 97 against 101 on a Zen 4).

What was tried and did not help (updates/s over those of stock SB3's SAC on one and two cores, where
this module has 2.4 and 2.2; of CrossQ over this module's own where it says so):

* autograd, both critics by `torch.baddbmm`: 1.3 and 1.5; the gradients of this module with MKL's
  products: 1.4 and 1.65;
* the critics as (2, n, k) tensors, stacked after each product: 2.4 and 1.9; the copies cost little,
  but on two cores each element-wise operation then waits for the other core's half;
* a Python thread for each critic on two cores: 1.02 times this module, of CrossQ 1.05 (one core 1);
* oneDNN through a 1 x 1 convolution, which needs no private name: 81 GFLOP/s; numpy's OpenBLAS 133;
* `torch.mm` for products with fewer than 16 rows or columns: no change in an update;
* Adam in six operations: 125 us for 143,000 parameters, fused 66;
* ReLU's gradient as `gradient * (output > 0)`: 96 us for 131,000 numbers, `threshold_backward` 15;
* malloc's thresholds, OMP_WAIT_POLICY and OMP_PROC_BIND: no change;
* JAX, by SBX: SAC 1.2 times this module, CrossQ 1.3 to 1.4 times (sb3-contrib's CrossQ: 0.3 to 0.4
  times). Not taken: 577 MB of packages, and archives that stock Stable-Baselines3 cannot open.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

# What torch.compile calls too; torch is pinned, and without it the products are torch's own.
ONEDNN = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")

relu_gradient = torch.ops.aten.threshold_backward
"""Gradients (...), outputs (...) of a ReLU and 0.0 -> the gradients for its inputs."""


def linear(
    inputs: Tensor, weight: Tensor, bias: Tensor | None = None, relu: bool = False
) -> Tensor:
    """Return (n, out): inputs (n, in) times a weight (out, in) transposed, plus the bias (out)."""
    # A product with a vector is no work for oneDNN, which prepares each call anew.
    large = len(inputs) > 1 and min(weight.shape) > 1
    if ONEDNN and large and inputs.is_cpu and inputs.dtype == torch.float32:
        after = "relu" if relu else "none"
        return torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, after, [], "")
    output = nn.functional.linear(inputs, weight, bias)
    return output.relu_() if relu else output


def multiply(left: Tensor, right: Tensor) -> Tensor:
    """Return the product (n, m) of two matrices (n, k) and (k, m)."""
    return linear(left, right.t())


def weight_gradient(gradient: Tensor, inputs: Tensor) -> Tensor:
    """Return a weight's gradient (out, in) from that of a layer's outputs (n, out) and its inputs.

    Of equal products, oneDNN is the faster at the one whose left matrix is thin.
    """
    if inputs.shape[1] < gradient.shape[1]:
        return multiply(inputs.t(), gradient).t()
    return multiply(gradient.t(), inputs)


class Layers(NamedTuple):
    """Weights (out, in) and biases (out) of a network, layer after layer."""

    weights: list[Tensor]
    biases: list[Tensor]


class Stack(NamedTuple):
    """The parameters of equal networks and their gradient."""

    parameters: Tensor
    """(p,) all of them, which `networks` view."""
    gradient: Tensor
    """(p,) which `gradients` view."""
    networks: list[Layers]
    gradients: list[Layers]


def linear_layers(network: nn.Module) -> list[nn.Linear]:
    """Return the linear layers of a network, in order."""
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def views(vector: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    """Return the parts of a vector that hold tensors of these shapes, one after the other."""
    parts = vector.split([tensor.numel() for tensor in tensors])
    return [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]


def in_groups(tensors: list[Tensor], kind: Any, depth: int) -> list[Any]:
    """Return networks of `kind`, a named tuple of lists of `depth` tensors, one after the other."""
    lists = [tensors[i : i + depth] for i in range(0, len(tensors), depth)]
    size = len(kind._fields)
    return [kind(*lists[i : i + size]) for i in range(0, len(lists), size)]


def stack_networks(networks: list[list[list[nn.Linear]]]) -> Stack:
    """Move networks into one vector, which their modules then view.

    A network is a list of layers, a layer the modules that read the same inputs: one, or the two
    heads of an actor, whose outputs then lie side by side.
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
            in_groups(views(each, tensors), Layers, len(networks[0]))
            for each in (parameters, gradient)
        ),
    )
    for network, layers in zip(networks, stack.networks, strict=True):
        for part, own in zip(parts, layers, strict=True):
            for layer, whole in zip(network, own, strict=True):
                rows = [module.out_features for module in layer]
                for module, piece in zip(layer, whole.split(rows), strict=True):
                    getattr(module, part).data = piece
    return stack


def stack_critics(critics: Iterable[nn.Module]) -> Stack:
    """Move the networks of Stable-Baselines3's critics into one vector."""
    return stack_networks([[[layer] for layer in linear_layers(each)] for each in critics])


def stack_actor(actor: nn.Module) -> Stack:
    """Move Stable-Baselines3's actor of SAC into one vector, its two heads as one layer."""
    *trunk, mean, log_std = linear_layers(actor)
    return stack_networks([[*([layer] for layer in trunk), [mean, log_std]]])


@torch.no_grad()
def activations(layers: Layers, inputs: Tensor) -> list[Tensor]:
    """Return the inputs (n, in) and what each layer makes of them (n, out).

    Hidden layers are rectified; the last entry is the network's output.
    """
    found, last = [inputs], len(layers.weights) - 1
    for index, (weight, bias) in enumerate(zip(*layers, strict=True)):
        found.append(linear(found[-1], weight, bias, relu=index < last))
    return found


def apply_layers(layers: Layers, inputs: Tensor) -> Tensor:
    """Return the outputs (n, out) of a network for inputs (n, in)."""
    return activations(layers, inputs)[-1]


@torch.no_grad()
def parameter_gradient(
    layers: Layers,
    found: list[Tensor],
    gradient: Tensor,
    gradients: Layers,
    passed: int | None = None,
) -> None:
    """Set `gradients` from the loss's gradient (n, out) for the last of the `activations`.

    Only the first `passed` outputs, all by default, train the layers before the last.
    """
    for index in reversed(range(len(layers.weights))):
        gradients.weights[index].copy_(weight_gradient(gradient, found[index]))
        torch.sum(gradient, dim=0, out=gradients.biases[index])
        if index > 0:
            gradient = multiply(gradient[:, :passed], layers.weights[index][:passed])
            gradient = relu_gradient(gradient, found[index], 0.0)
            passed = None


@torch.no_grad()
def input_gradient(layers: Layers, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the values (n,) of a network with one output and their slopes (n, in)."""
    _, *hidden, values = activations(layers, inputs)
    slope = layers.weights[-1].expand(len(inputs), -1)
    for weight, output in zip(reversed(layers.weights[:-1]), reversed(hidden), strict=True):
        slope = multiply(relu_gradient(slope, output, 0.0), weight)
    return values.squeeze(1), slope


def fused_adam(
    parameters: Tensor,
    gradient: Tensor,
    learning_rate: float,
    betas: tuple[float, float] = (0.9, 0.999),
) -> torch.optim.Adam:
    """Return torch's fused Adam for one vector of parameters and the gradient to follow."""
    parameters.grad = gradient
    return torch.optim.Adam([parameters], lr=learning_rate, betas=betas, fused=True)
