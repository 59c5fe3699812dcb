"""Gradients: products are those of torch, gradients those of autograd."""

import pytest
import torch
from torch import nn

from brainiarb.actors import gradients
from brainiarb.actors.gradients import (
    activations,
    input_gradient,
    parameter_gradient,
    stack_networks,
)

SIZES = [(23, 16), (16, 16), (16, 1)]


@pytest.mark.parametrize("onednn", [True, False])
@pytest.mark.parametrize("relu", [True, False])
def test_products_are_those_of_torch(onednn, relu, monkeypatch):
    monkeypatch.setattr(gradients, "ONEDNN", onednn and gradients.ONEDNN)
    inputs, weight, bias = torch.randn(9, 5), torch.randn(7, 5), torch.randn(7)
    expected = nn.functional.linear(inputs, weight, bias)
    outputs = gradients.linear(inputs, weight, bias, relu)
    torch.testing.assert_close(outputs, expected.relu() if relu else expected)
    torch.testing.assert_close(gradients.multiply(inputs.t(), outputs), inputs.t() @ outputs)


def test_gradients_of_plain_networks_equal_those_of_autograd():
    torch.manual_seed(0)
    networks = [[[nn.Linear(*size)] for size in SIZES] for _ in range(2)]
    stack = stack_networks(networks)
    inputs, wanted = torch.randn(64, 23, requires_grad=True), torch.randn(64, 1)
    for network, layers, slopes in zip(networks, stack.networks, stack.gradients, strict=True):
        (first,), (second,), (third,) = network
        expected = third(second(first(inputs).relu()).relu())
        outputs = activations(layers, inputs.detach())
        torch.testing.assert_close(outputs[-1], expected)

        values, at_inputs = input_gradient(layers, inputs.detach())
        (slope,) = torch.autograd.grad(expected.sum(), inputs, retain_graph=True)
        torch.testing.assert_close(values, expected.squeeze(1))
        torch.testing.assert_close(at_inputs, slope)

        parameter_gradient(layers, outputs, wanted, slopes)
        expected.backward(wanted)
        for layer, module in enumerate((first, second, third)):
            torch.testing.assert_close(slopes.weights[layer], module.weight.grad)
            torch.testing.assert_close(slopes.biases[layer], module.bias.grad)
