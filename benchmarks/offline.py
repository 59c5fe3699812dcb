"""How fast clones learn by offline reinforcement learning: python -m benchmarks.offline.

Clones that learn side by side stand against plain trainings with torch, one after the other, on one
thread. Both sides make the same updates of the same networks, and take turns. The matrix products
of an update bound what any program on this machine can reach, so a row without a bar says how many
times faster an update would be if it were nothing but them.
"""

import copy
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from benchmarks.cloning import ACTIONS, CLONES, CLONING, OBSERVATIONS
from benchmarks.table import Row, show
from benchmarks.turns import Block, alternate, median_ratio, speed, versus
from brainiarb.actors.actors import untrained
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.gradients import linear, multiply, weight_gradient
from brainiarb.actors.layers import LOG_2PI, LOG_STD_MAX, WIDTH
from brainiarb.clones import iql, td3bc
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.losses import LABEL_BOUND
from brainiarb.clones.methods import METHODS
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.scaler import Scaler

SAMPLES, EPISODES, BATCH = 4_000, 20, CLONING.batch_size
UPDATES = 10
"""Updates of each clone in a turn: an even number, for the actor of TD3 moves in every second."""
REPEATS = 5
BAR = 2.0
IQL, TD3BC = iql.PUBLISHED, td3bc.PUBLISHED
LEARNING_RATE, DISCOUNT, TAU = IQL.learning_rate, IQL.discount, IQL.tau
"""These three are the same in both papers."""


def demonstrations() -> Rollouts:
    """Return random transitions of the sizes of Walker2d."""
    rng, rows = np.random.default_rng(0), CLONES * SAMPLES
    length = SAMPLES // EPISODES
    seen = rng.normal(size=(rows, OBSERVATIONS)).astype(np.float32)
    actions = rng.uniform(-1, 1, (rows, ACTIONS)).astype(np.float32)
    return {
        "inputs": seen, "observations": seen, "labels": actions, "actions": actions,
        "rewards": rng.normal(1, 1, rows), "terminals": np.zeros(rows, bool),
        "timeouts": np.arange(1, rows + 1) % length == 0,
        "clone_ids": np.repeat(np.arange(CLONES), SAMPLES),
        "episode_ids": np.repeat(np.arange(CLONES * EPISODES), length),
        "final_observations": seen[::length],
    }  # fmt: skip


def network(inputs: int, outputs: int) -> nn.Sequential:
    """Return a network with two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(),
        nn.Linear(WIDTH, outputs),
    )  # fmt: skip


def descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Make a step of an optimiser."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


class Plain:
    """One learner as programs with torch usually have it: modules, autograd, torch's Adam."""

    def __init__(self, outputs: int) -> None:
        self.actor = network(OBSERVATIONS, outputs)
        self.critics = nn.ModuleList(network(OBSERVATIONS + ACTIONS, 1) for _ in range(2))
        self.targets = copy.deepcopy(self.critics).requires_grad_(False)
        self.of_actor = torch.optim.Adam(self.actor.parameters(), LEARNING_RATE)
        self.of_critics = torch.optim.Adam(self.critics.parameters(), LEARNING_RATE)

    def least(self, taken: Tensor) -> Tensor:
        """Return the lesser value of the two targets."""
        return torch.minimum(*(target(taken) for target in self.targets))

    def fit_critics(self, taken: Tensor, worth: Tensor) -> None:
        """Make a step of the critics."""
        losses = [mse_loss(critic(taken), worth) for critic in self.critics]
        descend(self.of_critics, torch.stack(losses).sum())

    @staticmethod
    def follow(targets: nn.Module, networks: nn.Module) -> None:
        """Move targets towards their networks."""
        with torch.no_grad():
            for kept, moved in zip(targets.parameters(), networks.parameters(), strict=True):
                kept.lerp_(moved, TAU)


class PlainIQL(Plain):
    """Implicit Q-learning."""

    def __init__(self) -> None:
        super().__init__(2 * ACTIONS)
        self.value = network(OBSERVATIONS, 1)
        self.of_value = torch.optim.Adam(self.value.parameters(), LEARNING_RATE)

    def update(
        self, state: Tensor, action: Tensor, reward: Tensor, following: Tensor, goes_on: Tensor
    ) -> None:
        """Make an update from a minibatch."""
        taken = torch.cat([state, action], dim=1)
        worth = self.least(taken)
        above = worth - self.value(state)
        asymmetry = torch.where(above > 0, IQL.expectile, 1 - IQL.expectile)
        descend(self.of_value, (asymmetry * above**2).mean())
        with torch.no_grad():
            advantage = worth - self.value(state)
            weight = (IQL.inverse_temperature * advantage).exp().clamp(max=IQL.largest_weight)
            later = self.value(following)
        descend(self.of_actor, (weight * self.imitation(state, action)).mean())
        self.fit_critics(taken, reward + DISCOUNT * goes_on * later)
        self.follow(self.targets, self.critics)

    def imitation(self, state: Tensor, action: Tensor) -> Tensor:
        """Return the loss of cloning of every row and action; the spread trains its head alone."""
        features, (*_, heads) = self.actor[:-1](state), self.actor.children()
        assert isinstance(heads, nn.Linear)
        mean = nn.functional.linear(features, heads.weight[:ACTIONS], heads.bias[:ACTIONS])
        log_std = nn.functional.linear(
            features.detach(), heads.weight[ACTIONS:], heads.bias[ACTIONS:]
        ).clamp(CLONING.log_std_floor, LOG_STD_MAX)
        pulled = torch.atanh(action.clamp(-LABEL_BOUND, LABEL_BOUND)) - mean.detach()
        likelihood = 0.5 * ((pulled / log_std.exp()) ** 2 + LOG_2PI) + log_std
        return (torch.tanh(mean) - action) ** 2 + likelihood


class PlainTD3BC(Plain):
    """TD3 with behaviour cloning."""

    def __init__(self) -> None:
        super().__init__(ACTIONS)
        self.target_actor = copy.deepcopy(self.actor).requires_grad_(False)
        self.made = 0

    def update(
        self, state: Tensor, action: Tensor, reward: Tensor, following: Tensor, goes_on: Tensor
    ) -> None:
        """Make an update from a minibatch."""
        with torch.no_grad():
            noise = (torch.randn_like(action) * TD3BC.noise).clamp(
                -TD3BC.largest_noise, TD3BC.largest_noise
            )
            next_action = (torch.tanh(self.target_actor(following)) + noise).clamp(-1, 1)
            later = self.least(torch.cat([following, next_action], dim=1))
        self.fit_critics(torch.cat([state, action], dim=1), reward + DISCOUNT * goes_on * later)
        self.made += 1
        if self.made % TD3BC.delay:
            return
        chosen = torch.tanh(self.actor(state))
        value = self.critics[0](torch.cat([state, chosen], dim=1))
        weight = TD3BC.alpha / value.abs().mean().detach()
        descend(self.of_actor, mse_loss(chosen, action) - weight * value.mean())
        self.follow(self.targets, self.critics)
        self.follow(self.target_actor, self.actor)


PLAIN: dict[str, type[PlainIQL] | type[PlainTD3BC]] = {"iql": PlainIQL, "td3bc": PlainTD3BC}


def endless(rows: TrainingRows) -> Iterator[Sequence[Tensor]]:
    """Yield minibatches for ever."""
    while True:
        yield from rows.minibatches()


def side_by_side(method: str, rows: TrainingRows) -> Block:
    """Return a block of updates of all clones at once; its speed is in updates of one clone."""
    kind = METHODS[method]
    actors = untrained(
        (rows.observations, rows.actions),
        range(CLONES),
        architecture=Architecture(spread=kind.spread),
    )
    learning, batches = kind.build(actors, rows, CLONING, 1_000_000), endless(rows)

    def work() -> int:
        for _ in range(UPDATES):
            learning.update(next(batches), range(CLONES))
        return UPDATES * CLONES

    return partial(speed, work, time.process_time)


def one_after_the_other(method: str, rows: TrainingRows) -> Block:
    """Return a block of as many updates of plain learners, each from rows that it draws."""
    learners = [PLAIN[method]() for _ in range(CLONES)]

    def work() -> int:
        for learner, columns in zip(learners, rows.training, strict=True):
            for _ in range(UPDATES):
                drawn = torch.randint(len(columns[0]), (BATCH,))
                state, action, reward, following, goes_on = (column[drawn] for column in columns)
                learner.update(state, action, reward.unsqueeze(1), following, goes_on.unsqueeze(1))
        return UPDATES * CLONES

    return partial(speed, work, time.process_time)


# How often an update passes through a network: (inputs, outputs), forwards, backwards to the
# weights, backwards to the inputs. The actor of TD3 has half of its passes in an update.
OF_CRITIC = OBSERVATIONS + ACTIONS, 1
PASSES: dict[str, list[tuple[tuple[int, int], float, float, float]]] = {
    "iql": [
        ((OBSERVATIONS, 1), 3, 1, 0),  # V: once to learn, then at both ends of a step
        ((OBSERVATIONS, 2 * ACTIONS), 1, 1, 0),
        *[(OF_CRITIC, 2, 1, 0)] * 2,  # a critic and its target
    ],
    "td3bc": [
        ((OBSERVATIONS, ACTIONS), 1.5, 0.5, 0),  # the target in each, the actor in half of them
        *[(OF_CRITIC, 2, 1, 0)] * 2,
        (OF_CRITIC, 0.5, 0, 0.5),  # the slope of the first critic
    ],
}  # fmt: skip


def products_alone(method: str) -> Block:
    """Return a block that makes the matrix products of as many updates and nothing else."""
    done: list[tuple[float, Callable[[], object]]] = []
    for (inputs, outputs), forwards, to_weights, to_inputs in PASSES[method]:
        widths = [inputs, WIDTH, WIDTH, outputs]
        for number, (before, after) in enumerate(pairwise(widths)):
            x, y = torch.randn(BATCH, before), torch.randn(BATCH, after)
            weight, gradient = torch.randn(after, before), torch.empty(after, before)
            bias = torch.zeros(after)
            done.append((forwards, partial(linear, x, weight, bias)))
            done.append((to_weights, partial(weight_gradient, y, x, gradient)))
            back = to_inputs if number == 0 else to_weights + to_inputs
            done.append((back, partial(multiply, y, weight)))
    rounds = UPDATES * CLONES

    def work() -> int:
        for times, product in done:
            for _ in range(int(times * rounds)):
                product()
        return rounds

    return partial(speed, work, time.process_time)


def method_rows(method: str) -> list[Row]:
    """Return the row of a method against plain trainings, and the bound of the machine."""
    scaler = Scaler(np.zeros(OBSERVATIONS), np.ones(OBSERVATIONS))
    rows = TrainingRows(
        demonstrations(), scaler, CLONING.validation, range(CLONES), BATCH, transitions=True
    )
    speeds = alternate(
        {
            "ours": side_by_side(method, rows),
            "plain": one_after_the_other(method, rows),
            "products": products_alone(method),
        },
        REPEATS,
    )
    what = f"updates/s of {CLONES} {method} clones side by side, one thread"
    bound = f"{median_ratio(speeds['products'], speeds['plain']):.2f}"
    of_plain = "their matrix products alone, against plain torch"
    return [
        versus(what, speeds, "plain", "plain torch, one after the other", BAR),
        Row(of_plain, f"{np.median(speeds['products']):.0f}/s", "plain torch", bound, "", None),
    ]


def main() -> int:
    """Print the table; return 1 if a bar is missed."""
    torch.set_num_threads(1)
    return show([row for method in PLAIN for row in method_rows(method)])


if __name__ == "__main__":
    sys.exit(main())
