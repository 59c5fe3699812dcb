"""Implicit Q-learning: an update is that of the paper, and its parts have known answers."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import expectile
from torch.distributions import Normal, TanhTransform, TransformedDistribution

from brainiarb.clones.bc import BC
from brainiarb.clones.iql import (
    IQL,
    IQLSettings,
    advantage_weights,
    cosine,
    expectile_slope,
    reward_scale,
)
from brainiarb.clones.losses import LABEL_BOUND
from offline_clones import (
    HIDDEN,
    PlainAdam,
    actors_of,
    assert_same_critics,
    assert_same_weights,
    bandit,
    float64,
    follow,
    mean_action_after,
    minibatches,
    plain_network,
    training_rows,
    update_beside,
)
from small_clones import ACTIONS, CLONES, CLONING

SETTINGS = IQLSettings(hidden=HIDDEN)


class Paper:
    """One learner as the paper writes it: modules of torch, autograd, Adam."""

    def __init__(self, method, k, loss, scale, updates):
        self.loss, self.scale, self.updates, self.made = loss, scale, updates, 0
        self.actor = plain_network(method.learners.networks[k])
        self.value = plain_network(method.values.networks[k][0])
        self.critics, self.targets = (
            [plain_network(layers) for layers in method.critics.networks[k]] for _ in range(2)
        )
        self.of_actor, self.of_value = PlainAdam(self.actor), PlainAdam(self.value)
        self.of_critics = PlainAdam(*self.critics)

    def update(self, state, action, reward, following, goes_on):
        taken = torch.cat([state, action], dim=1)
        worth = torch.min(*(target(taken) for target in self.targets)).detach()
        difference = worth - self.value(state)
        asymmetry = torch.abs(0.7 - (difference < 0).double())
        self.of_value.step((asymmetry * difference**2).mean())

        advantage = (worth - self.value(state)).detach().squeeze(1)
        weight = torch.exp(3.0 * advantage).clamp(max=100.0)
        share = 0.5 * (1 + math.cos(math.pi * self.made / self.updates))
        self.of_actor.step((weight * self._imitation(state, action)).mean(), share)

        target = self.scale * reward + 0.99 * goes_on * self.value(following).detach()
        self.of_critics.step(sum(((critic(taken) - target) ** 2).mean() for critic in self.critics))
        follow(self.targets, self.critics)
        self.made += 1

    def _imitation(self, state, action):
        """Return for each row what the actor minimises, a mean over the actions."""
        mean, log_std = self.actor(state).chunk(2, dim=1)
        bounded = action.clamp(-LABEL_BOUND, LABEL_BOUND)
        if self.loss == "nll":
            gaussian = Normal(mean, log_std.clamp(-5.0, 2.0).exp())
            squashed = TransformedDistribution(gaussian, TanhTransform())
            return -squashed.log_prob(bounded).mean(dim=1)
        *trunk, last = self.actor
        hidden = torch.nn.Sequential(*trunk)(state).detach()
        spread = last(hidden)[:, ACTIONS:].clamp(-5.0, 2.0).exp()
        likelihood = Normal(mean.detach(), spread).log_prob(torch.atanh(bounded))
        return ((torch.tanh(mean) - action) ** 2 - likelihood).mean(dim=1)


@pytest.mark.parametrize("loss", ["nll", "mse_nll"])
@float64()
def test_updates_are_those_of_the_paper(loss):
    rows, updates = training_rows(), 5
    method = IQL(actors_of("state"), rows, replace(CLONING, loss=loss), updates, SETTINGS)
    papers = [Paper(method, k, loss, reward_scale(rows.returns[k]), updates) for k in range(CLONES)]
    update_beside(method, papers, minibatches(rows, 3))
    for k, paper in enumerate(papers):
        assert_same_weights(paper.actor, method.learners.networks[k])
        assert_same_weights(paper.value, method.values.networks[k][0])
        assert_same_critics(paper, method, k)


def test_without_a_temperature_it_is_behaviour_cloning():
    rows = training_rows()
    settings = replace(SETTINGS, inverse_temperature=0.0)
    iql = IQL(actors_of("state"), rows, CLONING, 10, settings)
    bc = BC(actors_of("state"), rows, replace(CLONING, learning_rate=settings.learning_rate))
    (batch,) = minibatches(rows, 1)
    assert torch.equal(iql.update(batch, range(CLONES)), bc.update(batch, range(CLONES)))
    assert torch.equal(iql.learners.vector, bc.learners.vector)


def test_the_expectile_loss_is_least_at_the_expectile():
    targets = torch.from_numpy(np.random.default_rng(0).gamma(2.0, size=500))
    for share in (0.5, 0.7, 0.9):
        least = torch.full((500,), expectile(targets.numpy(), share), dtype=torch.float64)
        assert abs(expectile_slope(least, targets, share).sum()) < 1e-9
        assert expectile_slope(least - 0.1, targets, share).sum() < 0


def test_weights_grow_with_the_advantage_and_are_cut():
    advantages = torch.tensor([[-1.0, 0.0, 0.1, 50.0]])
    expected = torch.tensor([[math.exp(-3), 1.0, math.exp(0.3), 100.0]])
    torch.testing.assert_close(advantage_weights(advantages, 3.0, 100.0), expected)


def test_the_learning_rate_of_the_actor_falls_as_a_cosine():
    assert [cosine(made, 4) for made in (0, 2, 4)] == [1.0, pytest.approx(0.5), 0.0]


@pytest.mark.parametrize(
    ("returns", "scale"),
    [
        ([5000.0, 10.0], 0.2),
        ([5000.0, 4990.0], 0.2),
        ([-400.0, -100.0], 2.5),
        ([-500.0, 1500.0], 0.5),
        ([0.0, 0.0], 1.0),
    ],
)
def test_rewards_are_scaled_so_that_returns_span_a_thousand(returns, scale):
    assert reward_scale(np.array(returns)) == scale


def test_actions_count_by_the_exponential_of_their_advantage():
    rows = training_rows(bandit(), clones=1)
    settings = replace(SETTINGS, learning_rate=3e-3, tau=0.05)
    iql = IQL(actors_of("state", 1), rows, CLONING, 300, settings)
    # Actions are uniform on +-1, and of weight exp(1.5 a): an advantage is half an action.
    known = 1 / math.tanh(1.5) - 1 / 1.5
    found = mean_action_after(iql, rows, 300)
    assert found.tolist() == pytest.approx([known] * ACTIONS, abs=0.1)
    bc = BC(actors_of("state", 1), rows, replace(CLONING, learning_rate=3e-3))
    assert mean_action_after(bc, rows, 300).tolist() == pytest.approx([0] * ACTIONS, abs=0.1)


def test_nothing_is_learnt_from_what_follows_a_fall():
    rows = training_rows()
    (batch,) = minibatches(rows, 1)
    fell = batch[4] == 0
    assert fell.any()
    elsewhere = [column.clone() for column in batch]
    elsewhere[3][fell] = 1e3
    learnt = []
    for given in (batch, elsewhere):
        method = IQL(actors_of("state"), rows, CLONING, 10, SETTINGS)
        method.update(given, range(CLONES))
        learnt.append(method.critics.vector)
    assert torch.equal(*learnt)
