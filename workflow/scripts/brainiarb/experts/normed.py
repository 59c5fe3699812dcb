"""Equal networks with a batch norm before each linear layer, and their gradients written out."""

from typing import NamedTuple

import torch
from torch import Tensor

from brainiarb.experts.networks import (
    Layers,
    in_groups,
    linear,
    multiply,
    relu_gradient,
    views,
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
        self._outputs: list[Tensor] = []
        self._normed: list[Tensor] = []
        self._scales: list[Tensor] = []

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (n, out) for inputs (n, in), normed by this batch's statistics."""
        self._outputs, self._normed, self._scales = [], [], []
        output, last = inputs, len(self.layers.weights) - 1
        for index, (weight, bias, gain, shift) in enumerate(zip(*self.layers, strict=True)):
            mean = output.mean(dim=0)
            normed = output - mean
            variance = normed.square().mean(dim=0)
            scale = torch.rsqrt(variance + NORM_EPSILON)
            normed.mul_(scale)
            self.means[index].lerp_(mean, NORM_MOMENTUM)
            self.variances[index].lerp_(variance, NORM_MOMENTUM)
            self._outputs.append(output)
            self._normed.append(normed)
            self._scales.append(scale)
            # W (gain y + shift) + b, on the small side of the product.
            output = linear(normed, weight * gain, bias + weight @ shift, relu=index < last)
        return output

    @torch.no_grad()
    def backward(self, gradient: Tensor) -> None:
        """Set `gradients` from the loss's gradient (n, out) for the outputs of `forward`.

        With y the normed inputs and g = d W the gradient of what the layer reads, for d behind it,
        the gains get sum g y, the shifts sum g, and the norm passes on gain scale (g - <g> -
        y <g y>), <> being the mean over the batch (Ioffe and Szegedy 2015, section 3). Both sums
        follow from the small products d' y and sum d.
        """
        rows = len(gradient)
        for index in reversed(range(len(self.layers.weights))):
            weight, _, gain, shift = (part[index] for part in self.layers)
            weights, bias, gains, shifts = (part[index] for part in self.gradients)
            product = multiply(gradient.t(), self._normed[index])
            torch.sum(gradient, dim=0, out=bias)
            torch.addcmul(product * gain, bias.unsqueeze(1), shift, out=weights)
            torch.mv(weight.t(), bias, out=shifts)
            torch.sum(weight * product, dim=0, out=gains)
            if index == 0:
                return
            gradient = multiply(gradient, weight).sub_(shifts / rows)
            gradient.addcmul_(self._normed[index], gains / rows, value=-1.0)
            gradient.mul_(gain * self._scales[index])
            gradient = relu_gradient(gradient, self._outputs[index], 0.0)

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
