"""Learners: K networks that are trained side by side, each as if it were alone."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from brainiarb.actors.actors import NONLINEARITIES, Actors
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.gradients import (
    LinearLayers,
    activations,
    apply_layers,
    parameter_gradient,
    views,
)
from brainiarb.actors.layouts import PARTS
from brainiarb.clones.losses import LossAndSlope


class Learners:
    """K actors side by side. The gradients of ReLU networks are written out.

    All heads are one layer: the mean, above log_std if there is one. `parameters` holds the weights
    (K, out, in) of the layers, then their biases (K, out); `gradients` holds the gradient of each.
    They are views of the vectors `vector` and `gradient` (p).
    """

    def __init__(self, actors: Actors, together: bool | None = None) -> None:
        """Copy the weights of the actors, on their device.

        `together` says whether ReLU networks share each product. By default they do so on a GPU,
        where a call takes longer than its work. A core is faster with one network after the other.
        """
        architecture = actors.architecture
        self.activation = architecture.activation
        state = {name: value.detach() for name, value in actors.state_dict().items()}
        stacked = [
            torch.cat([state[f"{name}.{part}"] for name in layer], dim=1)
            for part in PARTS
            for layer in (*((name,) for name in architecture.trunk), architecture.heads)
        ]
        self.vector = torch.cat([value.flatten() for value in stacked])
        self.gradient = torch.zeros_like(self.vector)
        self.parameters, self.gradients = (
            views(vector, stacked) for vector in (self.vector, self.gradient)
        )
        depth = len(stacked) // 2
        self._together = self.vector.is_cuda if together is None else together
        self._all, self._all_slopes = (
            LinearLayers(stacks[:depth], stacks[depth:])
            for stacks in (self.parameters, self.gradients)
        )
        self.networks, self._slopes = (
            [
                LinearLayers(list(tensors[:depth]), list(tensors[depth:]))
                for tensors in zip(*stacks, strict=True)
            ]
            for stacks in (self.parameters, self.gradients)
        )

    def set_gradients(
        self,
        inputs: Tensor,
        labels: Tensor,
        loss: LossAndSlope,
        passed: int | None = None,
        running: Sequence[int] | None = None,
    ) -> Tensor:
        """Set all gradients of the loss at inputs (K, n, o), labels (K, n, a); return it (K).

        Only the first `passed` outputs of the heads train the trunk; all by default.
        Learners whose numbers are not among the `running`, all by default, need no gradient: theirs
        may stay as it was, and their loss means nothing.
        """
        if self.activation != "ReLU":
            return self._set_by_autograd(inputs, labels, loss, passed)
        if self._together:
            together = activations(self._all, inputs)
            losses, slope = loss(together[-1], labels)
            parameter_gradient(self._all, together, slope, self._all_slopes, passed)
            return losses
        numbers = range(len(self.networks)) if running is None else running
        activity = {k: activations(self.networks[k], inputs[k]) for k in numbers}
        heads = inputs.new_zeros(*labels.shape[:2], len(self.networks[0].biases[-1]))
        for k, outputs in activity.items():
            heads[k] = outputs[-1]
        losses, slopes = loss(heads, labels)
        for k, outputs in activity.items():
            parameter_gradient(self.networks[k], outputs, slopes[k], self._slopes[k], passed)
        return losses

    def apply(self, layers: LinearLayers, inputs: Tensor) -> Tensor:
        """Return the outputs (n, out) of the heads of one of `networks` for inputs (n, in)."""
        if self.activation == "ReLU":
            return apply_layers(layers, inputs)
        return _smooth(layers, inputs, self.activation)

    def outputs(self, inputs: Tensor) -> Tensor:
        """Return the outputs (K, n, out) of the heads of each learner for its inputs (K, n, in)."""
        each = zip(self.networks, inputs, strict=True)
        return torch.stack([self.apply(layers, x) for layers, x in each])

    def _set_by_autograd(
        self, inputs: Tensor, labels: Tensor, loss: LossAndSlope, passed: int | None
    ) -> Tensor:
        """Do what `set_gradients` does, for any non-linearity."""
        leaf = self.vector.detach().requires_grad_()
        tensors = views(leaf, self.parameters)
        depth = len(tensors) // 2
        outputs = torch.stack(
            [
                _smooth(LinearLayers([*weights], [*biases]), x, self.activation, passed)
                for x, weights, biases in zip(
                    inputs, zip(*tensors[:depth], strict=True), zip(*tensors[depth:], strict=True),
                    strict=True,
                )
            ]
        )  # fmt: skip
        losses, slopes = loss(outputs.detach(), labels)
        (gradient,) = torch.autograd.grad(outputs, leaf, slopes)
        self.gradient.copy_(gradient)
        return losses


def _smooth(
    layers: LinearLayers, inputs: Tensor, activation: str, passed: int | None = None
) -> Tensor:
    """Return the outputs (n, out) of a network; only the first `passed` of them train its trunk."""
    *trunk, (weight, bias) = zip(*layers, strict=True)
    values = inputs
    for hidden in trunk:
        values = NONLINEARITIES[activation](nn.functional.linear(values, *hidden))
    trained = nn.functional.linear(values, weight[:passed], bias[:passed])
    if passed is None:
        return trained
    rest = nn.functional.linear(values.detach(), weight[passed:], bias[passed:])
    return torch.cat([trained, rest], dim=-1)


def as_actors(parameters: Sequence[Tensor], architecture: Architecture) -> Actors:
    """Return the actors that have the `parameters` of learners as weights and biases."""
    depth = len(parameters) // 2
    tensors = {}
    for part, (*trunk, heads) in zip(PARTS, (parameters[:depth], parameters[depth:]), strict=True):
        by_head = heads.chunk(len(architecture.heads), dim=1)
        for name, value in zip(architecture.layers, [*trunk, *by_head], strict=True):
            tensors[f"{name}.{part}"] = value
    return Actors(tensors, architecture)
