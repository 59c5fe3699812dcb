"""Networks with a batch norm before each linear layer, and their gradients written out.

An update of narrow networks takes longer to organise than to compute, so there is no graph here:
C equal networks are one stack, all their parameters one vector, and a gradient is one pass back.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.01
ADAM_EPSILON = 1e-8


class Layers(NamedTuple):
    """Weights (C, out, in) and biases (C, out) of C equal networks, layer after layer."""

    weights: list[Tensor]
    biases: list[Tensor]

    def tensors(self) -> list[Tensor]:
        """Return all tensors, weights first."""
        return [*self.weights, *self.biases]

    def detached(self) -> "Layers":
        """Return the same storage without gradients."""
        return Layers([w.detach() for w in self.weights], [b.detach() for b in self.biases])


def linear_layers(network: nn.Module) -> list[nn.Linear]:
    """Return the linear layers of a network, in order."""
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def stack_layers(networks: list[list[nn.Linear]]) -> Layers:
    """Move the layers of C equal networks into shared storage, which they then view."""
    stacked = Layers([], [])
    for layers in zip(*networks, strict=True):
        for name, kept in (("weight", stacked.weights), ("bias", stacked.biases)):
            whole = torch.stack([getattr(layer, name).detach() for layer in layers])
            for index, layer in enumerate(layers):
                getattr(layer, name).data = whole[index]
            kept.append(whole.requires_grad_(True))
    return stacked


def apply_layers(layers: Layers, inputs: Tensor) -> Tensor:
    """Return the outputs (C, n, out) of C ReLU networks for inputs (n, in)."""
    hidden = inputs.expand(len(layers.weights[0]), -1, -1)
    last = len(layers.weights) - 1
    for index, (weight, bias) in enumerate(zip(layers.weights, layers.biases, strict=True)):
        hidden = torch.baddbmm(bias.unsqueeze(1), hidden, weight.transpose(1, 2))
        if index < last:
            hidden = torch.relu(hidden)
    return hidden


@torch.no_grad()
def input_gradient(layers: Layers, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the values (C, n) of C networks with one output and their slopes (C, n, in)."""
    hidden = [inputs.expand(len(layers.weights[0]), -1, -1)]
    *inner, (last_weight, last_bias) = zip(layers.weights, layers.biases, strict=True)
    for weight, bias in inner:
        product = torch.baddbmm(bias.unsqueeze(1), hidden[-1], weight.transpose(1, 2))
        hidden.append(product.relu_())
    values = torch.baddbmm(last_bias.unsqueeze(1), hidden[-1], last_weight.transpose(1, 2))
    slope = last_weight.expand(-1, len(inputs), -1)
    for (weight, _), output in zip(reversed(inner), reversed(hidden), strict=False):
        slope = torch.bmm(slope * (output > 0), weight)
    return values.squeeze(2), slope


class Normed(NamedTuple):
    """Parameters of C equal networks with norms, or their gradients, layer after layer."""

    weights: list[Tensor]
    """(C, out, in)."""
    biases: list[Tensor]
    """(C, out)."""
    gains: list[Tensor]
    """(C, 1, in) of the norm before the layer."""
    shifts: list[Tensor]
    """(C, 1, in) of the norm before the layer."""


class NormedNetworks:
    """C equal ReLU networks with a batch norm before each linear layer.

    `parameters` and `gradient` are vectors (p,) which `layers` and `gradients` view.
    """

    def __init__(self, plain: Layers) -> None:
        tensors = [tensor.detach() for tensor in plain.tensors()]
        inputs = [weight[:, :1] for weight in plain.weights]
        tensors += [torch.ones_like(each) for each in inputs]
        tensors += [torch.zeros_like(each) for each in inputs]
        self.parameters = torch.cat([tensor.flatten() for tensor in tensors])
        self.gradient = torch.zeros_like(self.parameters)
        self.layers = _views(self.parameters, tensors)
        self.gradients = _views(self.gradient, tensors)
        # All networks read the same inputs: their first norm is one.
        shapes = [(1 if i == 0 else len(w), 1, w.shape[2]) for i, w in enumerate(plain.weights)]
        device = self.parameters.device
        self.means = [torch.zeros(shape, device=device) for shape in shapes]
        self.variances = [torch.ones(shape, device=device) for shape in shapes]
        self._outputs: list[Tensor] = []
        self._normed: list[Tensor] = []
        self._scales: list[Tensor] = []

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (C, n, out) for inputs (n, in), normed by this batch's statistics."""
        self._outputs, self._normed, self._scales = [], [], []
        networks = len(self.layers.weights[0])
        output = inputs.unsqueeze(0)
        for index, weight in enumerate(self.layers.weights):
            if index > 0:
                output = output.relu_()
            mean = output.mean(dim=1, keepdim=True)
            normed = output - mean
            variance = normed.square().mean(dim=1, keepdim=True)
            scale = torch.rsqrt(variance + NORM_EPSILON)
            normed.mul_(scale)
            self.means[index].lerp_(mean, NORM_MOMENTUM)
            self.variances[index].lerp_(variance, NORM_MOMENTUM)
            self._outputs.append(output)
            self._normed.append(normed.expand(networks, -1, -1))
            self._scales.append(scale)
            # W (gain y + shift) + b, on the small side of the product.
            bias = self.layers.biases[index] + (weight * self.layers.shifts[index]).sum(dim=2)
            weight = weight * self.layers.gains[index]
            output = torch.baddbmm(bias.unsqueeze(1), self._normed[-1], weight.transpose(1, 2))
        return output

    @torch.no_grad()
    def backward(self, gradient: Tensor) -> None:
        """Set `gradient` from the loss's gradient (C, n, out) for the outputs of `forward`.

        With y the normed inputs and g = d W the gradient of what the layer reads, for d behind it,
        the gains get sum g y, the shifts sum g, and the norm passes on gain scale (g - <g> -
        y <g y>), <> being the mean over the batch (Ioffe and Szegedy 2015, section 3). Both sums
        follow from the small products d' y and sum d.
        """
        rows = gradient.shape[1]
        for index in reversed(range(len(self.layers.weights))):
            weight, normed = self.layers.weights[index], self._normed[index]
            gain, shift = self.layers.gains[index], self.layers.shifts[index]
            bias, shifts = self.gradients.biases[index], self.gradients.shifts[index]
            product = torch.bmm(gradient.transpose(1, 2), normed)
            torch.sum(gradient, dim=1, out=bias)
            torch.addcmul(
                product * gain, bias.unsqueeze(2), shift, out=self.gradients.weights[index]
            )
            torch.bmm(bias.unsqueeze(1), weight, out=shifts)
            gains = torch.sum(
                weight * product, dim=1, keepdim=True, out=self.gradients.gains[index]
            )
            if index == 0:
                return
            gradient = torch.bmm(gradient, weight).sub_(shifts / rows)
            gradient.addcmul_(normed, gains / rows, value=-1.0).mul_(gain * self._scales[index])
            gradient.mul_(self._outputs[index] > 0)

    @torch.no_grad()
    def fold_into(self, plain: Layers) -> None:
        """Write plain layers that compute what these do with the running statistics.

        With s = gain / sd, W ((x - mean) s + shift) + b = (W s) x + (b + W (shift - mean s)).
        """
        for index, weight in enumerate(self.layers.weights):
            scale = self.layers.gains[index] * torch.rsqrt(self.variances[index] + NORM_EPSILON)
            torch.mul(weight, scale, out=plain.weights[index])
            offset = self.layers.shifts[index] - self.means[index] * scale
            shift = (weight * offset).sum(dim=2)
            torch.add(self.layers.biases[index], shift, out=plain.biases[index])

    def state(self) -> dict[str, Tensor]:
        """Return what learns: parameters and running statistics."""
        norms = {f"mean_{i}": mean for i, mean in enumerate(self.means)}
        norms |= {f"variance_{i}": variance for i, variance in enumerate(self.variances)}
        return {"parameters": self.parameters, **norms}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Go on from a state."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])


class Adam:
    """Adam (Kingma and Ba 2015, algorithm 1) on one vector of parameters."""

    def __init__(
        self, parameters: Tensor, gradient: Tensor, learning_rate: float, betas: tuple[float, float]
    ) -> None:
        self.parameters, self.gradient = parameters, gradient
        self.learning_rate, self.betas = learning_rate, betas
        self.steps = 0
        self.mean, self.square = torch.zeros_like(parameters), torch.zeros_like(parameters)

    @torch.no_grad()
    def step(self) -> None:
        """Move the parameters by the gradient."""
        self.steps += 1
        first, second = self.betas
        self.mean.lerp_(self.gradient, 1.0 - first)
        self.square.mul_(second).addcmul_(self.gradient, self.gradient, value=1.0 - second)
        root = self.square.sqrt().div_((1.0 - second**self.steps) ** 0.5).add_(ADAM_EPSILON)
        rate = self.learning_rate / (1.0 - first**self.steps)
        self.parameters.addcdiv_(self.mean, root, value=-rate)

    def state_dict(self) -> dict[str, Tensor | int]:
        """Return what a later `load_state_dict` goes on from."""
        return {"steps": self.steps, "mean": self.mean, "square": self.square}

    def load_state_dict(self, state: dict[str, Tensor | int]) -> None:
        """Go on from a state."""
        assert isinstance(state["steps"], int)
        assert isinstance(state["mean"], Tensor)
        assert isinstance(state["square"], Tensor)
        self.steps = state["steps"]
        self.mean.copy_(state["mean"])
        self.square.copy_(state["square"])


def _views(vector: Tensor, tensors: list[Tensor]) -> Normed:
    parts = vector.split([tensor.numel() for tensor in tensors])
    shaped = [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]
    depth = len(shaped) // len(Normed._fields)
    return Normed(*(shaped[i : i + depth] for i in range(0, len(shaped), depth)))
