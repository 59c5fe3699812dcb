"""Equal networks with a batch norm before each linear layer, and their gradients written out."""

from typing import NamedTuple

import torch
from torch import Tensor

from brainiarb.actors.gradients import (
    Layers,
    in_groups,
    linear,
    multiply,
    relu_gradient,
    views,
    weight_gradient,
)

NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.01


class Normed(NamedTuple):
    """Parameters of a network with norms, or their gradients, layer after layer."""

    weights: list[Tensor]
    """(out, in)."""
    biases: list[Tensor]
    """(out)."""
    gains: list[Tensor]
    """(in) of the norm before the layer."""
    shifts: list[Tensor]
    """(in) of the norm before the layer."""


class NormedNetwork:
    """A ReLU network with a batch norm before each linear layer."""

    def __init__(self, layers: Normed, gradients: Normed) -> None:
        self.layers, self.gradients = layers, gradients
        self.means = [torch.zeros_like(gain) for gain in layers.gains]
        self.variances = [torch.ones_like(gain) for gain in layers.gains]
        self._trace: list[tuple[Tensor, ...]] = []

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (n, out) for inputs (n, in), normed by this batch's statistics."""
        self._trace, output, last = [], inputs, len(self.layers.weights) - 1
        for index, (weight, bias, gain, shift) in enumerate(zip(*self.layers, strict=True)):
            mean, variance = self.means[index], self.variances[index]
            normed, *statistics = torch.native_batch_norm(
                output, gain, shift, mean, variance, True, NORM_MOMENTUM, NORM_EPSILON
            )
            self._trace.append((output, normed, *statistics))
            output = linear(normed, weight, bias, relu=index < last)
        return output

    @torch.no_grad()
    def backward(self, gradient: Tensor) -> None:
        """Set `gradients` from the loss's gradient (n, out) for the outputs of `forward`."""
        for index in reversed(range(len(self.layers.weights))):
            weight, _, gain, _ = (part[index] for part in self.layers)
            inputs, normed, *statistics = self._trace[index]
            found = [weight_gradient(gradient, normed), gradient.sum(dim=0)]
            # The statistics are the batch's own; no gradient is asked for the first inputs.
            norm = (inputs, gain, None, None, *statistics, True, NORM_EPSILON)
            gradient, *affine = torch.ops.aten.native_batch_norm_backward(
                multiply(gradient, weight), *norm, [index > 0, True, True]
            )
            for part, value in zip(self.gradients, [*found, *affine], strict=True):
                part[index].copy_(value)
            if index > 0:
                gradient = relu_gradient(gradient, inputs, 0.0)

    @torch.no_grad()
    def fold_into(self, plain: Layers) -> None:
        """Write plain layers that compute what these do with the running statistics.

        With s = gain / sd, W ((x - mean) s + shift) + b = (W s) x + (b + W (shift - mean s)).
        """
        for index, (weight, bias, gain, shift) in enumerate(zip(*self.layers, strict=True)):
            scale = gain * torch.rsqrt(self.variances[index] + NORM_EPSILON)
            torch.mul(weight, scale, out=plain.weights[index])
            torch.add(bias, weight @ (shift - self.means[index] * scale), out=plain.biases[index])


class NormedStack:
    """Equal networks with norms, which begin as plain ones do.

    `parameters` and `gradient` are vectors (p,) which `networks` view.
    """

    def __init__(self, plain: list[Layers]) -> None:
        tensors: list[Tensor] = []
        for network in plain:
            inputs = [weight[0] for weight in network.weights]
            tensors += [*network.weights, *network.biases]
            tensors += [torch.ones_like(each) for each in inputs]
            tensors += [torch.zeros_like(each) for each in inputs]
        self.parameters = torch.cat([tensor.flatten() for tensor in tensors])
        self.gradient = torch.zeros_like(self.parameters)
        layers, gradients = (
            in_groups(views(vector, tensors), Normed, len(plain[0].weights))
            for vector in (self.parameters, self.gradient)
        )
        self.networks = [NormedNetwork(*each) for each in zip(layers, gradients, strict=True)]

    def fold_into(self, plain: list[Layers]) -> None:
        """Write plain networks that compute what these do with the running statistics."""
        for network, layers in zip(self.networks, plain, strict=True):
            network.fold_into(layers)

    def state(self) -> dict[str, Tensor]:
        """Return what learns: parameters and running statistics."""
        norms = {
            f"{name}_{network}_{layer}": tensor
            for network, each in enumerate(self.networks)
            for name, kept in (("mean", each.means), ("variance", each.variances))
            for layer, tensor in enumerate(kept)
        }
        return {"parameters": self.parameters, **norms}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Go on from a state."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])
