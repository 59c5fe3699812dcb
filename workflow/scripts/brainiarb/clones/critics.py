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

Slope = Callable[[Tensor], Tensor]
"""Values (K, c, n) -> the gradient (K, c, n) of a loss with respect to each of them."""


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

    def set_gradients(self, inputs: Tensor, slope: Slope) -> Tensor:
        """Set the gradients of a loss of the values (K, c, n) of inputs (K, n, in); return them."""
        outputs = [
            [activations(network, x) for network in networks]
            for networks, x in zip(self.networks, inputs, strict=True)
        ]
        values = torch.stack(
            [torch.stack([of[-1].squeeze(1) for of in learner]) for learner in outputs]
        )
        for k, slopes in enumerate(slope(values)):
            of_learner = zip(self.networks[k], outputs[k], slopes, self.gradients[k], strict=True)
            for network, activity, of_values, gradients in of_learner:
                parameter_gradient(network, activity, of_values.unsqueeze(1), gradients)
        return values

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
    """Return the gradient (K, c, n) of the squared errors of values (K, c, n).

    The loss is the mean over n of the squared difference from the targets (K, n), summed over c.
    """
    return (values - targets.unsqueeze(1)) * (2 / values.shape[2])
