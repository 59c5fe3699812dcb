"""Demonstrations of a known teacher, and clones that learn from them in a second."""

import numpy as np

from brainiarb.clones.settings import Cloning
from brainiarb.clones.training import train_clones
from brainiarb.rollouts.scaler import Scaler

OBSERVATIONS, ACTIONS, CLONES = 5, 2, 3
CLONING = Cloning(
    loss="mse_nll", learning_rate=1e-3, batch_size=32, epochs=3, patience=2, validation=0.3,
    log_std_floor=-5.0,
)  # fmt: skip
SCALER = Scaler(np.linspace(-1, 1, OBSERVATIONS), np.linspace(0.5, 2, OBSERVATIONS))


def teacher(observations):
    """Return the actions (n, a) of a policy that is smooth and in the range."""
    return np.tanh(observations @ np.linspace(-0.6, 0.6, OBSERVATIONS * ACTIONS).reshape(-1, 2))


def demonstrations(clones=range(CLONES), episodes=5, length=40):
    """Return episodes of every clone, each of the clone's own draw."""
    inputs = np.concatenate(
        [np.random.default_rng(k).normal(size=(episodes * length, OBSERVATIONS)) for k in clones]
    )
    rows = len(inputs) // len(clones)
    return {
        "inputs": inputs.astype(np.float32),
        "labels": teacher(inputs).astype(np.float32),
        "clone_ids": np.repeat(np.arange(len(clones)), rows),
        "episode_ids": np.repeat(np.arange(episodes * len(clones)), length),
    }


def train(clones=range(CLONES), device="cpu", **changes):
    return train_clones(
        demonstrations(clones),
        SCALER,
        Cloning(**{**vars(CLONING), **changes}),
        initial_seeds=[10 + k for k in clones],
        training_seeds=[20 + k for k in clones],
        device=device,
    )
