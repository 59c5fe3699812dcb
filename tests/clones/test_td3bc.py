"""TD3 with behaviour cloning: an update is that of the paper, and its parts have known answers."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import mse_loss

from brainiarb.clones.bc import BC
from brainiarb.clones.td3bc import TD3BC, TD3BCSettings, smoothed
from brainiarb.seeds import derive_seed
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

SETTINGS = TD3BCSettings(hidden=HIDDEN)


class Paper:
    """One learner as the paper writes it: modules of torch, autograd, Adam."""

    def __init__(self, method, k, seed):
        self.actor, self.target_actor = (
            plain_network(method.learners.networks[k]) for _ in range(2)
        )
        self.critics, self.targets = (
            [plain_network(layers) for layers in method.critics.networks[k]] for _ in range(2)
        )
        self.of_actor, self.of_critics = PlainAdam(self.actor), PlainAdam(*self.critics)
        self.generator = torch.Generator().manual_seed(derive_seed(seed, "noise"))
        self.made = 0

    def update(self, state, action, reward, following, goes_on):
        with torch.no_grad():
            noise = (0.2 * torch.randn(action.shape, generator=self.generator)).clamp(-0.5, 0.5)
            next_action = (torch.tanh(self.target_actor(following)) + noise).clamp(-1, 1)
            later = torch.cat([following, next_action], dim=1)
            least = torch.min(*(target(later) for target in self.targets))
            worth = reward + 0.99 * goes_on * least
        taken = torch.cat([state, action], dim=1)
        self.of_critics.step(sum(mse_loss(critic(taken), worth) for critic in self.critics))
        self.made += 1
        if self.made % 2:
            return
        chosen = torch.tanh(self.actor(state))
        value = self.critics[0](torch.cat([state, chosen], dim=1))
        weight = 2.5 / value.abs().mean().detach()
        self.of_actor.step(mse_loss(chosen, action) - weight * value.mean())
        follow([self.target_actor, *self.targets], [self.actor, *self.critics])


@float64()
def test_updates_are_those_of_the_paper():
    rows = training_rows()
    method = TD3BC(actors_of("none"), rows, CLONING, settings=SETTINGS)
    papers = [Paper(method, k, seed) for k, seed in enumerate(rows.seeds)]
    update_beside(method, papers, minibatches(rows, 4))
    for k, paper in enumerate(papers):
        assert_same_weights(paper.actor, method.learners.networks[k])
        assert_same_weights(paper.target_actor, method.target_learners.networks[k])
        assert_same_critics(paper, method, k)


def test_the_actor_moves_in_every_second_update():
    rows = training_rows()
    method = TD3BC(actors_of("none"), rows, CLONING, settings=SETTINGS)
    before = method.learners.vector.clone()
    first, second = minibatches(rows, 2)
    assert method.update(first, range(CLONES)) is None
    assert torch.equal(method.learners.vector, before)
    assert method.update(second, range(CLONES)).shape == (CLONES,)
    assert not torch.equal(method.learners.vector, before)


def test_without_values_it_is_behaviour_cloning_of_the_mean():
    rows = training_rows()
    settings = replace(SETTINGS, alpha=0.0, delay=1)
    cloning = replace(CLONING, loss="mse", learning_rate=settings.learning_rate)
    td3bc = TD3BC(actors_of("none"), rows, cloning, settings=settings)
    bc = BC(actors_of("state"), rows, cloning)
    for batch in minibatches(rows, 3):
        own, of_bc = (method.update(batch, range(CLONES)) for method in (td3bc, bc))
        torch.testing.assert_close(own, of_bc)
    for own, of_bc in zip(td3bc.learners.parameters, bc.learners.parameters, strict=True):
        of_mean = of_bc[:, : own.shape[1]]
        torch.testing.assert_close(own, of_mean, atol=1e-6, rtol=1e-5)


def test_the_actor_balances_the_value_of_an_action_and_its_distance_from_the_demonstrated_ones():
    rows = training_rows(bandit(), clones=1)
    settings = replace(SETTINGS, learning_rate=3e-3, tau=0.05)
    td3bc = TD3BC(actors_of("none", 1), rows, CLONING, settings=settings)
    # The value is 1 + a, and demonstrated actions are uniform on +-1, so 2.5 / (1 + a) = 2 a.
    known = (math.sqrt(1 + 4 * 1.25) - 1) / 2
    found = mean_action_after(td3bc, rows, 300)
    assert found.tolist() == pytest.approx([known] * ACTIONS, abs=0.1)


def test_the_noise_of_the_targets_is_cut_and_their_actions_stay_in_range():
    outputs = torch.atanh(torch.tensor([[[0.0, 0.9, 0.0]]]))
    noise = torch.tensor([[[100.0, 1.0, -1.0]]])
    expected = torch.tensor([[[0.5, 1.0, -0.2]]])
    torch.testing.assert_close(smoothed(outputs, noise, 0.2, 0.5), expected)
