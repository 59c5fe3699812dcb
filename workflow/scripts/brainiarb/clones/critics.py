"""Critics: the networks by which K learners estimate values, all of them in one vector."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from brainiarb.actors.gradients import (
    LinearLayers,
    activations,
    apply_layers,
    in_groups,
    input_gradient,
    parameter_gradient,
    views,
)
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.seeds import derive_seed

Slope = Callable[[Tensor, Tensor], Tensor]
"""Values (n) of a network and their targets (n) -> the gradient (n) of a loss by the values."""


class Critics:
    """For each of K learners, c ReLU networks with one output. Gradients are written out.

    The weights are in the vector `vector` (p), their gradients in `gradient` (p), of which the
    networks are views: `networks` and `gradients` hold the c networks of each learner.
    """

    def __init__(
        self,
        inputs: int,
        hidden: Sequence[int],
        seeds: Sequence[int],
        each: int,
        device: str = "cpu",
    ) -> None:
        """Draw the weights of c = `each` networks by each of K seeds, and bring them to a device.

        Weights and biases are uniform on +-1 / sqrt(inputs of the layer), as in PyTorch.
        """
        widths = [inputs, *hidden, 1]
        weights = [*zip(widths[1:], widths[:-1], strict=True)]
        biases = [(width,) for width in widths[1:]]
        of_network = [*zip([*weights, *biases], 2 * widths[:-1], strict=True)]
        tensors = []
        for seed in seeds:
            generator = torch.Generator().manual_seed(seed)
            tensors += [
                (torch.rand(shape, generator=generator) * 2 - 1) / fan_in**0.5
                for shape, fan_in in each * of_network
            ]
        self.vector = torch.cat([tensor.flatten() for tensor in tensors]).to(device)
        self.gradient = torch.zeros_like(self.vector)
        self.networks, self.gradients = (
            self._by_learner(vector, tensors, len(widths) - 1, each)
            for vector in (self.vector, self.gradient)
        )

    @staticmethod
    def _by_learner(
        vector: Tensor, tensors: list[Tensor], depth: int, each: int
    ) -> list[list[LinearLayers]]:
        networks = in_groups(views(vector, tensors), LinearLayers, depth)
        return [networks[i : i + each] for i in range(0, len(networks), each)]

    def values(self, inputs: Tensor) -> Tensor:
        """Return the values (K, c, n) of the inputs (K, n, in) of each learner."""
        return torch.stack(
            [
                torch.stack([apply_layers(network, x).squeeze(1) for network in networks])
                for networks, x in zip(self.networks, inputs, strict=True)
            ]
        )

    def set_gradients(self, inputs: Tensor, targets: Tensor, slope: Slope) -> None:
        """Set the gradients of a loss of the values at inputs (K, n, in) from targets (K, n).

        Each network goes forwards and back before the next one, so that its outputs stay in the
        cache of the core.
        """
        learners = zip(self.networks, self.gradients, inputs, targets, strict=True)
        for networks, gradients, of_inputs, of_targets in learners:
            for network, gradient in zip(networks, gradients, strict=True):
                outputs = activations(network, of_inputs)
                slopes = slope(outputs[-1].squeeze(1), of_targets)
                parameter_gradient(network, outputs, slopes.unsqueeze(1), gradient)

    def first_slopes(self, states: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the values (K, n) of each learner's first critic, and their slopes (K, n, a).

        The critic reads states (K, n, o) beside actions (K, n, a). The slopes are those by the
        actions.
        """
        inputs = torch.cat([states, actions], dim=2)
        values, slopes = zip(
            *(
                input_gradient(networks[0], x)
                for networks, x in zip(self.networks, inputs, strict=True)
            ),
            strict=True,
        )
        return torch.stack(values), torch.stack(slopes)[:, :, states.shape[2] :]


def critics_and_targets(rows: TrainingRows, hidden: Sequence[int]) -> tuple[Critics, Critics]:
    """Return two critics of states beside actions for each learner, and their targets.

    They are drawn by the seeds of the learner's rows. The targets begin as their critics.
    """
    seeds = [derive_seed(seed, "critics") for seed in rows.seeds]
    critics, targets = (
        Critics(rows.observations + rows.actions, hidden, seeds, 2, rows.device) for _ in range(2)
    )
    return critics, targets


def squared_error_slope(values: Tensor, targets: Tensor) -> Tensor:
    """Return the gradient (n) of the mean squared error of values (n) from their targets (n)."""
    return (values - targets) * (2 / len(values))
