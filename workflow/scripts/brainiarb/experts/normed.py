"""Equal networks with a batch norm before each linear layer; their gradients are written out."""

from typing import NamedTuple

import torch
from torch import Tensor

from brainiarb.actors.gradients import (
    LinearLayers,
    in_groups,
    linear,
    multiply,
    relu_gradient,
    views,
    weight_gradient,
)

NORM_EPSILON = 1e-3
"""The number that a norm adds to the variance."""
NORM_MOMENTUM = 0.01
"""The weight of a batch in the running statistics."""


class NormedLayers(NamedTuple):
    """The parameters of the layers of a network with norms, or their gradients, in order."""

    weights: list[Tensor]
    """(out, in) weight of each linear layer."""
    biases: list[Tensor]
    """(out) bias of each linear layer."""
    gains: list[Tensor]
    """(in) gain of the norm before each linear layer."""
    shifts: list[Tensor]
    """(in) shift of the norm before each linear layer."""


class NormedNetwork:
    """A ReLU network with a batch norm before each linear layer."""

    def __init__(self, layers: NormedLayers, gradients: NormedLayers) -> None:
        self.layers, self.gradients = layers, gradients
        self.means = [torch.zeros_like(gain) for gain in layers.gains]
        self.variances = [torch.ones_like(gain) for gain in layers.gains]
        self._trace: list[tuple[Tensor, ...]] = []

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (n, out) for inputs (n, in), normed by the statistics of the batch."""
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
        """Write `gradients` from the gradient (n, out) of the loss for the outputs of `forward`."""
        for index in reversed(range(len(self.layers.weights))):
            weight, _, gain, _ = (part[index] for part in self.layers)
            of_weight, of_bias, *of_norm = (part[index] for part in self.gradients)
            inputs, normed, *statistics = self._trace[index]
            weight_gradient(gradient, normed, out=of_weight)
            torch.sum(gradient, dim=0, out=of_bias)
            # The statistics are those of the batch. The first inputs need no gradient.
            norm = (inputs, gain, None, None, *statistics, True, NORM_EPSILON)
            gradient, *norm_gradients = torch.ops.aten.native_batch_norm_backward(
                multiply(gradient, weight), *norm, [index > 0, True, True]
            )
            for part, value in zip(of_norm, norm_gradients, strict=True):
                part.copy_(value)
            if index > 0:
                gradient = relu_gradient(gradient, inputs, 0.0)

    @torch.no_grad()
    def unfold(self, plain: LinearLayers, inputs: Tensor) -> None:
        """Take the weights of plain layers, with norms that change nothing on inputs (n, in)."""
        output, last = inputs, len(plain.weights) - 1
        for index, (weight, bias) in enumerate(zip(*plain, strict=True)):
            variance, mean = torch.var_mean(output, dim=0, correction=0)
            scale = torch.sqrt(variance + NORM_EPSILON)
            for part, value in zip(self.layers, (weight, bias, scale, mean), strict=True):
                part[index].copy_(value)
            self.means[index].copy_(mean)
            self.variances[index].copy_(variance)
            output = linear(output, weight, bias, relu=index < last)

    @torch.no_grad()
    def fold_into(self, plain: LinearLayers) -> None:
        """Write plain layers with the same outputs as this network under the running statistics.

        With s = gain / sd, W ((x - mean) s + shift) + b = (W s) x + (b + W (shift - mean s)).
        """
        for index, (weight, bias, gain, shift) in enumerate(zip(*self.layers, strict=True)):
            scale = gain * torch.rsqrt(self.variances[index] + NORM_EPSILON)
            torch.mul(weight, scale, out=plain.weights[index])
            torch.add(bias, weight @ (shift - self.means[index] * scale), out=plain.biases[index])


class NormedStack:
    """Equal networks with norms, whose linear layers start as those of given plain networks.

    `parameters` (p) and `gradient` (p) are vectors of which `networks` holds views.
    """

    def __init__(self, plain: list[LinearLayers]) -> None:
        tensors: list[Tensor] = []
        for network in plain:
            inputs = [weight[0] for weight in network.weights]
            tensors += [*network.weights, *network.biases]
            tensors += [torch.ones_like(row) for row in inputs]
            tensors += [torch.zeros_like(row) for row in inputs]
        self.parameters = torch.cat([tensor.flatten() for tensor in tensors])
        self.gradient = torch.zeros_like(self.parameters)
        layers, gradients = (
            in_groups(views(vector, tensors), NormedLayers, len(plain[0].weights))
            for vector in (self.parameters, self.gradient)
        )
        self.networks = [NormedNetwork(*pair) for pair in zip(layers, gradients, strict=True)]

    def fold_into(self, plain: list[LinearLayers]) -> None:
        """Write plain networks with the same outputs as these under the running statistics."""
        for network, layers in zip(self.networks, plain, strict=True):
            network.fold_into(layers)

    def state(self) -> dict[str, Tensor]:
        """Return the parameters and the running statistics."""
        norms = {
            f"{name}_{number}_{layer}": tensor
            for number, network in enumerate(self.networks)
            for name, tensors in (("mean", network.means), ("variance", network.variances))
            for layer, tensor in enumerate(tensors)
        }
        return {"parameters": self.parameters, **norms}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Continue from a state."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])
