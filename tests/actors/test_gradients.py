"""Gradients: products are those of torch, gradients those of autograd, steps those of Adam."""

import pytest
import torch
from torch import nn

from brainiarb.actors import gradients
from brainiarb.actors.gradients import (
    Adam,
    activations,
    input_gradient,
    mkl_is_fastest,
    parameter_gradient,
    stack_networks,
    weight_gradient,
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
    for left, right in ((outputs, inputs), (inputs, outputs)):
        weight_gradient(left, right, out=(product := torch.empty(left.shape[1], right.shape[1])))
        torch.testing.assert_close(product, left.t() @ right)


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


@pytest.mark.parametrize("vendor", ["GenuineIntel", "AuthenticAMD"])
def test_only_processors_of_intel_multiply_by_mkl(vendor, tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor : 0\nvendor_id : {vendor}\n")
    fastest = vendor == "GenuineIntel" and torch.backends.mkl.is_available()
    assert mkl_is_fastest(cpuinfo) == fastest
    assert not mkl_is_fastest(tmp_path / "absent")


def test_steps_equal_those_of_torchs_adam_also_after_its_state_is_loaded():
    start, slopes = torch.randn(50), torch.randn(6, 50)
    parameters, gradient, reference = start.clone(), torch.empty(50), start.clone()
    reference.grad = torch.empty(50)
    ours = Adam(parameters, gradient, 0.01, (0.5, 0.9))
    theirs = torch.optim.Adam([reference], lr=0.01, betas=(0.5, 0.9), fused=True)
    for number, slope in enumerate(slopes):
        gradient.copy_(slope)
        reference.grad.copy_(slope)
        ours.step()
        theirs.step()
        assert torch.equal(parameters, reference)
        if number == 2:
            ours = Adam(parameters, gradient, 0.01, (0.5, 0.9))
            ours.load_state_dict(theirs.state_dict())
    for name, value in theirs.state_dict()["state"][0].items():
        assert torch.equal(ours.state_dict()["state"][0][name], value)
