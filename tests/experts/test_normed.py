"""Networks with norms: gradients are those of autograd, and folding changes no output."""

import torch
from torch import nn

from brainiarb.actors.gradients import apply_layers, linear_layers, stack_networks
from brainiarb.experts.normed import NORM_EPSILON, NORM_MOMENTUM, NormedStack

SIZES = [(23, 16), (16, 16), (16, 1)]


class AutogradNetwork(nn.Module):
    """The same computation as a NormedNetwork, by modules of torch."""

    def __init__(self, layers):
        super().__init__()
        modules = []
        for weight, bias, gain, shift in zip(*layers, strict=True):
            linear = nn.Linear(*reversed(weight.shape))
            linear.weight.data, linear.bias.data = weight.clone(), bias.clone()
            norm = nn.BatchNorm1d(linear.in_features, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)
            norm.weight.data, norm.bias.data = gain.clone(), shift.clone()
            modules += [norm, linear, nn.ReLU()]
        self.layers = nn.Sequential(*modules[:-1])

    def forward(self, inputs):
        return self.layers(inputs)


def normed_network():
    """Return a network with norms, its equal of torch modules and a plain network of its size."""
    torch.manual_seed(0)
    plain = stack_networks([[[nn.Linear(*size)] for size in SIZES]]).networks
    (normed,) = NormedStack(plain).networks
    for gain, shift in zip(normed.layers.gains, normed.layers.shifts, strict=True):
        nn.init.uniform_(gain, 0.5, 2.0)
        nn.init.normal_(shift)
    return normed, AutogradNetwork(normed.layers), plain[0]


def test_gradients_written_out_equal_those_of_autograd():
    normed, reference, _ = normed_network()
    inputs = torch.randn(64, 23) * torch.linspace(0.1, 9, 23) + 3
    wanted = torch.randn(64, 1)
    outputs = normed.forward(inputs)
    normed.backward(wanted)
    expected = reference(inputs)
    torch.testing.assert_close(outputs, expected, atol=1e-5, rtol=1e-5)
    expected.backward(wanted)
    norms = [m for m in reference.modules() if isinstance(m, nn.BatchNorm1d)]
    for layer, (linear, norm) in enumerate(zip(linear_layers(reference), norms, strict=True)):
        for found, parameter in zip(
            normed.gradients, (linear.weight, linear.bias, norm.weight, norm.bias), strict=True
        ):
            torch.testing.assert_close(found[layer], parameter.grad, atol=1e-4, rtol=1e-4)


def test_folding_norms_changes_no_output():
    normed, reference, plain = normed_network()
    inputs = torch.randn(1000, 23) * torch.linspace(0.1, 9, 23) + 3
    for _ in range(300):
        normed.forward(inputs)
        reference(inputs)
    normed.fold_into(plain)
    expected = reference.eval()(inputs)
    torch.testing.assert_close(apply_layers(plain, inputs), expected, atol=1e-4, rtol=1e-4)


def test_an_unfolded_network_has_the_outputs_of_the_plain_one_in_training_and_folded_again():
    normed, _, plain = normed_network()
    inputs = torch.randn(1000, 23) * torch.linspace(0.1, 9, 23) + 3
    expected = apply_layers(plain, inputs)
    normed.unfold(plain, inputs)
    torch.testing.assert_close(normed.forward(inputs), expected, atol=1e-4, rtol=1e-4)
    normed.fold_into(plain)
    torch.testing.assert_close(apply_layers(plain, inputs), expected, atol=1e-4, rtol=1e-4)
