"""How fast clones are trained together, against training one after the other, on one thread.

Both sides make the same matrix products. If torch's products are as fast as those of oneDNN, they
bound the ratio. On a Zen 4 the products alone take 0.8 of the time of an update, so the ratio is
at most 1.8.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.table import Row
from benchmarks.turns import alternate, versus
from brainiarb.actors.layers import WIDTH
from brainiarb.clones.losses import mse_nll
from brainiarb.clones.settings import Cloning
from brainiarb.clones.training import train_clones
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.scaler import Scaler

CLONES, SAMPLES, EPISODES, EPOCHS = 8, 20_000, 20, 4
OBSERVATIONS, ACTIONS = 17, 6
CLONING = Cloning(
    loss="mse_nll", learning_rate=1e-3, batch_size=256, epochs=EPOCHS, patience=EPOCHS,
    validation=0.1, log_std_floor=-5.0,
)  # fmt: skip
TRAINED = int(SAMPLES * (1 - CLONING.validation))  # The other samples are held out.
UPDATES = CLONES * EPOCHS * (TRAINED // CLONING.batch_size)
REPEATS = 5


class PlainActor(nn.Module):
    """The actor as a plain torch module."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(OBSERVATIONS, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU()
        )
        self.mean, self.log_std = nn.Linear(WIDTH, ACTIONS), nn.Linear(WIDTH, ACTIONS)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log standard deviation; the latter passes no gradient to the trunk."""
        features = self.trunk(inputs)
        return self.mean(features), self.log_std(features.detach())


def train_plainly(inputs: Tensor, labels: Tensor) -> None:
    """Train the clones one after the other, in a loop over batches of row indices."""
    loss = partial(mse_nll, log_std_floor=CLONING.log_std_floor)
    for x, y in zip(inputs, labels, strict=True):
        actor = PlainActor()
        optimizer = torch.optim.Adam(actor.parameters(), lr=CLONING.learning_rate)
        for _ in range(EPOCHS):
            order = torch.randperm(TRAINED)
            for number in range(TRAINED // CLONING.batch_size):
                batch = order[number * CLONING.batch_size : (number + 1) * CLONING.batch_size]
                mean, log_std = actor(x[batch])
                losses = loss(mean.unsqueeze(0), log_std.unsqueeze(0), y[batch].unsqueeze(0))
                optimizer.zero_grad()
                losses.sum().backward()
                optimizer.step()


def cloning_rows() -> list[Row]:
    """Return the row of K clones: the whole training of the workflow against the plain loop."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(CLONES * SAMPLES, OBSERVATIONS)).astype(np.float32)
    labels = rng.uniform(-1, 1, (CLONES * SAMPLES, ACTIONS)).astype(np.float32)
    demonstrations: Rollouts = {
        "inputs": inputs,
        "labels": labels,
        "clone_ids": np.repeat(np.arange(CLONES), SAMPLES),
        "episode_ids": np.repeat(np.arange(CLONES * EPISODES), SAMPLES // EPISODES),
    }
    scaler = Scaler(np.zeros(OBSERVATIONS), np.ones(OBSERVATIONS))
    seeds = list(range(CLONES))
    x, y = (torch.from_numpy(array).view(CLONES, SAMPLES, -1) for array in (inputs, labels))

    def updates_per_second(work: Callable[[], object]) -> float:
        start = time.process_time()
        work()
        return UPDATES / (time.process_time() - start)

    speeds = alternate(
        {
            "ours": lambda: updates_per_second(
                lambda: train_clones(demonstrations, scaler, CLONING, seeds, seeds)
            ),
            "plain": lambda: updates_per_second(lambda: train_plainly(x, y)),
        },
        REPEATS,
    )
    what = f"updates/s of {CLONES} clones trained together, one thread"
    return [versus(what, speeds, "plain", "a plain torch loop for each clone", 2)]
