"""World: many walkers of one body that are reset, observed and stepped together."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.looped import Looped
from brainiarb.bodies.model import Facts, task_of
from brainiarb.bodies.task import OwnEnvironment
from brainiarb.bodies.walkers import Step, Walkers


class World(Protocol):
    """What recordings, training and disturbances need of many walkers.

    `Walkers` computes any `Task` for all of them at once, and `Looped` steps one environment after
    the other.
    """

    body: Body
    facts: Facts
    qpos: np.ndarray
    qvel: np.ndarray

    def reset(self, walkers: np.ndarray, seeds: Sequence[int]) -> None:
        """Put walkers (n numbers) where the task starts the episode of each seed."""

    def observations(self) -> np.ndarray:
        """Return a copy of the observations of all walkers, (count, o) float64."""

    def step(self, walkers: np.ndarray, actions: np.ndarray) -> Step:
        """Take one time step with some walkers; actions (n, a) lie in [-1, 1]."""

    def push(self, walkers: np.ndarray, part: int, forces: np.ndarray) -> None:
        """Push a part of walkers (n numbers) by forces along x (n) in N until the next push."""

    def scale(self, walkers: np.ndarray, fields: Sequence[str], factor: float) -> None:
        """Scale fields of the model of walkers (n numbers) by a factor."""


def world_of(body: Body, count: int, threads: int = 1) -> World:
    """Return `count` walkers of a body; only walkers that step at once use the threads."""
    task = task_of(body)
    if isinstance(task, OwnEnvironment):
        return Looped(body, task, count)
    return Walkers(body, count, threads)
