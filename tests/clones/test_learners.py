"""Learners: their gradients are those of autograd, and they become actors again."""

from functools import partial

import pytest
import torch

from brainiarb.actors.actors import NONLINEARITIES, untrained
from brainiarb.actors.architecture import ACTIVATIONS, Architecture
from brainiarb.clones.learners import Learners, as_actors
from brainiarb.clones.losses import LOSSES, mse, mse_nll, mse_nll_with_slope, nll, paper, with_slope
from small_clones import ACTIONS, CLONES, OBSERVATIONS


def losses_and_passed(name, noise):
    """Return a loss, the same with its gradient, and how many of the heads' outputs train all."""
    if name == "mse_nll":
        floor = {"log_std_floor": -5.0}
        return partial(mse_nll, **floor), partial(mse_nll_with_slope, **floor), ACTIONS
    loss = {
        "mse": mse,
        "nll": partial(nll, log_std_floor=-5.0),
        "paper": partial(paper, noise=noise),
    }[name]
    return loss, with_slope(loss), None


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-9)])
@pytest.mark.parametrize(
    ("name", "hidden", "activation"),
    [
        *((name, (256, 256), "ReLU") for name in LOSSES),
        ("mse_nll", (9, 8, 7), "ReLU"),
        *(("mse_nll", (9, 8), activation) for activation in ACTIVATIONS),
        ("paper", (9,), "Tanh"),
    ],
)
def test_gradients_equal_those_of_autograd(name, hidden, activation, dtype, tolerance):
    torch.manual_seed(0)
    architecture = Architecture(hidden, activation)
    actors = untrained((OBSERVATIONS, ACTIONS), range(CLONES), architecture=architecture).to(dtype)
    inputs = torch.randn(CLONES, 50, OBSERVATIONS, dtype=dtype) * 3
    labels = torch.rand(CLONES, 50, ACTIONS, dtype=dtype) * 2 - 1
    noise = torch.randn(labels.shape, dtype=dtype)
    loss, loss_and_slope, passed = losses_and_passed(name, noise)

    learners = Learners(actors)
    losses = learners.set_gradients(inputs, labels, loss_and_slope, passed)
    written_out = as_actors(learners.gradients, actors.architecture)

    activity = actors(inputs)
    log_std = activity["log_std_linear"]
    if passed:
        head = actors.get_submodule("log_std_linear")
        last = activity[architecture.trunk[-1]]
        log_std = head(NONLINEARITIES[activation](last).detach())
    expected = loss(activity["mean_linear"], log_std, labels)
    expected.sum().backward()
    torch.testing.assert_close(losses, expected.detach(), atol=tolerance, rtol=tolerance)
    for key, parameter in actors.named_parameters():
        wanted = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        assert wanted.abs().max() > 1e-4 or (name == "mse" and key.startswith("log_std")), key
        torch.testing.assert_close(
            written_out.get_parameter(key).detach(), wanted, atol=tolerance, rtol=tolerance
        )


def test_learners_that_have_stopped_cost_no_product_and_disturb_no_other():
    torch.manual_seed(0)
    actors = untrained((OBSERVATIONS, ACTIONS), range(CLONES))
    inputs = torch.randn(CLONES, 50, OBSERVATIONS)
    labels = torch.rand(CLONES, 50, ACTIONS) * 2 - 1
    _, loss_and_slope, passed = losses_and_passed("mse_nll", None)
    every, some = Learners(actors), Learners(actors)
    expected = every.set_gradients(inputs, labels, loss_and_slope, passed)
    losses = some.set_gradients(inputs, labels, loss_and_slope, passed, running=[1])
    assert losses[1] == expected[1]
    for wanted, found in zip(every.gradients, some.gradients, strict=True):
        assert torch.equal(found[1], wanted[1])
        assert not found[0].any()


@pytest.mark.parametrize("name", LOSSES)
def test_learners_that_share_each_product_have_the_same_gradients(name):
    torch.manual_seed(0)
    actors = untrained((OBSERVATIONS, ACTIONS), range(CLONES))
    inputs = torch.randn(CLONES, 50, OBSERVATIONS)
    labels = torch.rand(CLONES, 50, ACTIONS) * 2 - 1
    _, loss_and_slope, passed = losses_and_passed(name, torch.randn(labels.shape))
    apart, together = Learners(actors, together=False), Learners(actors, together=True)
    expected, losses = (
        learners.set_gradients(inputs, labels, loss_and_slope, passed)
        for learners in (apart, together)
    )
    torch.testing.assert_close(losses, expected)
    torch.testing.assert_close(together.gradient, apart.gradient, atol=1e-6, rtol=1e-4)


def test_learners_become_the_actors_that_they_were():
    actors = untrained((OBSERVATIONS, ACTIONS), [1, 2])
    state = as_actors(Learners(actors).parameters, actors.architecture).state_dict()
    assert state.keys() == actors.state_dict().keys()
    for name, value in actors.state_dict().items():
        assert torch.equal(state[name], value)
