"""Small transitions, and what the tests of offline reinforcement learning share."""

from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from brainiarb.actors.actors import untrained
from brainiarb.actors.architecture import Architecture
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.settings import Schedule
from brainiarb.clones.training import train_clones
from small_clones import ACTIONS, CLONES, CLONING, OBSERVATIONS, SCALER, demonstrations

HIDDEN = (16, 12)
SCHEDULE = Schedule(batch_size=32, epochs=3)


@contextmanager
def float64():
    """Let torch compute in double precision, so that equal mathematics gives equal weights."""
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


def transitions(clones=range(CLONES), episodes=20, length=10):
    """Return the demonstrations of `small_clones` with rewards, falls and what is observed last."""
    given = demonstrations(clones, episodes, length)
    rows = len(given["inputs"])
    rng = [np.random.default_rng(100 + k) for k in clones]
    ends = np.arange(1, rows + 1) % length == 0
    fell = ends & (given["episode_ids"] % 2 == 0)
    final = [own.normal(size=(episodes, OBSERVATIONS)) for own in rng]
    return given | {
        "observations": given["inputs"],
        "actions": given["labels"],
        "rewards": np.concatenate([1 + own.normal(size=rows // len(rng)) for own in rng]),
        "terminals": fell,
        "timeouts": ends & ~fell,
        "final_observations": np.concatenate(final).astype(np.float32),
    }


def training_rows(given=None, clones=CLONES):
    """Return the rows of transitions, by default of all of `transitions`."""
    seeds = [20 + k for k in range(clones)]
    given = transitions() if given is None else given
    return TrainingRows(given, SCALER, 0.3, seeds, 32, transitions=True)


def actors_of(spread, clones=CLONES):
    """Return untrained actors, in the default type of torch."""
    architecture = Architecture(HIDDEN, spread=spread)
    return untrained((OBSERVATIONS, ACTIONS), range(clones), architecture=architecture)


def train(method, clones=range(CLONES), given=None, device="cpu", **changes):
    return train_clones(
        transitions(clones) if given is None else given,
        SCALER,
        CLONING,
        initial_seeds=[10 + k for k in clones],
        training_seeds=[20 + k for k in clones],
        architecture=Architecture(HIDDEN),
        method=method,
        schedule=Schedule(**{**vars(SCHEDULE), **changes}),
        device=device,
    )


def plain_network(layers):
    """Return a network of torch's own modules with a copy of the given weights and biases."""
    modules = []
    for weight, bias in zip(*layers, strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


class PlainAdam:
    """Adam as Kingma and Ba (2015) write it, for the learning rate of both papers."""

    def __init__(self, *networks):
        self.parameters = [weight for network in networks for weight in network.parameters()]
        self.means = [torch.zeros_like(weight) for weight in self.parameters]
        self.squares = [torch.zeros_like(weight) for weight in self.parameters]
        self.made = 0

    def step(self, loss, share=1.0):
        """Move the parameters down the loss by a share of the learning rate."""
        gradients = torch.autograd.grad(loss, self.parameters)
        self.made += 1
        each = zip(self.parameters, gradients, self.means, self.squares, strict=True)
        for weight, gradient, mean, square in each:
            mean.mul_(0.9).add_(gradient, alpha=0.1)
            square.mul_(0.999).add_(gradient**2, alpha=0.001)
            scale = (square / (1 - 0.999**self.made)).sqrt() + 1e-8
            weight.data -= share * 3e-4 * mean / (1 - 0.9**self.made) / scale


def follow(targets, networks):
    """Move targets by the share 0.005 towards their networks."""
    for target, network in zip(targets, networks, strict=True):
        for kept, moved in zip(target.parameters(), network.parameters(), strict=True):
            kept.data = 0.995 * kept.data + 0.005 * moved.data


def assert_same_weights(network, layers, tolerance=1e-6):
    """Assert that a network of torch has the given weights and biases."""
    plain = [module for module in network if isinstance(module, nn.Linear)]
    for module, weight, bias in zip(plain, *layers, strict=True):
        torch.testing.assert_close(module.weight.detach(), weight, atol=tolerance, rtol=0)
        torch.testing.assert_close(module.bias.detach(), bias, atol=tolerance, rtol=0)


def assert_same_critics(paper, method, k):
    """Assert that learner k of a method has the critics and the targets of a plain learner."""
    for part in ("critics", "targets"):
        networks, learnt = getattr(paper, part), getattr(method, part).networks[k]
        for network, layers in zip(networks, learnt, strict=True):
            assert_same_weights(network, layers)


def minibatches(rows, count):
    """Return minibatches of rows in the default type of torch."""
    dtype = torch.get_default_dtype()
    found = []
    while len(found) < count:
        found += [[column.to(dtype) for column in batch] for batch in rows.minibatches()]
    return found[:count]


def mean_action_after(method, rows, count):
    """Return the mean action (a) of one learner after some updates, over its own rows."""
    for batch in minibatches(rows, count):
        method.update(batch, [0])
    inputs = rows.training[0][0].unsqueeze(0)
    return torch.tanh(method.learners.outputs(inputs)[0, :, :ACTIONS]).mean(dim=0)


def update_beside(method, papers, batches):
    """Update a method, and a plain learner for each of its clones, from the same minibatches."""
    for batch in batches:
        method.update(batch, range(len(papers)))
        for k, paper in enumerate(papers):
            paper.update(*of_clone(batch, k))


def of_clone(batch, k):
    """Return the rows of clone k; rewards, and whether the walk goes on, are columns (n, 1)."""
    inputs, actions, rewards, following, goes_on = (column[k] for column in batch)
    return inputs, actions, rewards.unsqueeze(1), following, goes_on.unsqueeze(1)


def bandit(episodes=2, length=1000):
    """Return transitions of actions drawn at random; the reward is 1 + the mean of the action.

    Each step is a choice of its own, after which nothing follows. One clone learns from them.
    """
    rng = np.random.default_rng(7)
    rows = episodes * length
    actions = rng.uniform(-1, 1, (rows, ACTIONS)).astype(np.float32)
    seen = rng.normal(size=(rows, OBSERVATIONS)).astype(np.float32)
    return {
        "inputs": seen, "observations": seen, "labels": actions, "actions": actions,
        "rewards": 1 + actions.mean(axis=1, dtype=np.float64),
        "terminals": np.ones(rows, bool), "timeouts": np.zeros(rows, bool),
        "clone_ids": np.zeros(rows, np.int16),
        "episode_ids": np.repeat(np.arange(episodes), length), "final_observations": seen[::length],
    }  # fmt: skip
