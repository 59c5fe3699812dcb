"""Learners: K networks that are trained side by side, each as if it were alone."""

from collections.abc import Sequence

import torch
from torch import Tensor

from brainiarb.actors.actors import Actors
from brainiarb.actors.archives import PARTS
from brainiarb.actors.gradients import LinearLayers, activations, parameter_gradient, views
from brainiarb.actors.layers import LAYERS
from brainiarb.clones.losses import LossAndSlope


class Learners:
    """K actors side by side, whose gradients are written out.

    Both heads are one layer, the mean above log_std. `parameters` holds the weights (K, out, in) of
    the three layers, then their biases (K, out); `gradients` holds the gradient of each. They are
    views of the vectors `vector` and `gradient` (p).
    """

    def __init__(self, actors: Actors) -> None:
        """Copy the weights of the actors."""
        state = {name: value.detach() for name, value in actors.state_dict().items()}
        stacked = [
            torch.cat([state[f"{name}.{part}"] for name in layer], dim=1)
            for part in PARTS
            for layer in (LAYERS[:1], LAYERS[1:2], LAYERS[2:])
        ]
        self.vector = torch.cat([value.flatten() for value in stacked])
        self.gradient = torch.zeros_like(self.vector)
        self.parameters, self.gradients = (
            views(vector, stacked) for vector in (self.vector, self.gradient)
        )
        depth = len(stacked) // 2
        self.networks, self._slopes = (
            [
                LinearLayers(list(tensors[:depth]), list(tensors[depth:]))
                for tensors in zip(*stacks, strict=True)
            ]
            for stacks in (self.parameters, self.gradients)
        )

    def set_gradients(
        self, inputs: Tensor, labels: Tensor, loss: LossAndSlope, passed: int | None = None
    ) -> Tensor:
        """Set all gradients of the loss at inputs (K, n, o), labels (K, n, a); return it (K).

        Only the first `passed` of the 2 a outputs of the heads train the trunk; all by default.
        """
        activity = [activations(layers, x) for layers, x in zip(self.networks, inputs, strict=True)]
        losses, slopes = loss(torch.stack([outputs[-1] for outputs in activity]), labels)
        for layers, outputs, slope, gradients in zip(
            self.networks, activity, slopes, self._slopes, strict=True
        ):
            parameter_gradient(layers, outputs, slope, gradients, passed)
        return losses


def as_actors(parameters: Sequence[Tensor]) -> Actors:
    """Return the actors that have the `parameters` of learners as weights and biases."""
    depth = len(parameters) // 2
    tensors = {}
    for part, (*trunk, heads) in zip(PARTS, (parameters[:depth], parameters[depth:]), strict=True):
        for name, value in zip(LAYERS, [*trunk, *heads.chunk(2, dim=1)], strict=True):
            tensors[f"{name}.{part}"] = value
    return Actors(tensors)
