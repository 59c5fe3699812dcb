"""Looped: many walkers, each an environment of its own, which take their steps one by one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.foreign import REWARD
from brainiarb.bodies.model import environment_facts, plain_model
from brainiarb.bodies.task import OwnEnvironment
from brainiarb.bodies.walkers import Step


class Looped:
    """Environments of any kind that are stepped in a loop, with the interface of `Walkers`.

    Rewards, their parts and ends are the environment's own. Heights are those of the state in which
    a step begins. Forces on feet are those of the last simulation step of a time step, because an
    environment shows no other.
    """

    def __init__(self, body: Body, task: OwnEnvironment, count: int) -> None:
        """Make `count` environments, which have no state before their first reset."""
        import mujoco

        self.body, self.facts = body, environment_facts(body)
        self._envs: list[Any] = [task.bare() for _ in range(count)]
        self._model, self._data = plain_model(body), mujoco.MjData(plain_model(body))
        self._geoms = [self._model.geom(name).id for name in body.height_geoms]
        self._feet = [
            {self._model.geom(name).id for name in geoms} for geoms in body.soles.values()
        ]
        self._observations = np.zeros((count, self.facts.observations))
        self.qpos = np.zeros((count, self.facts.nq))
        """(count, nq) positions; to be read."""
        self.qvel = np.zeros((count, self.facts.nv))
        """(count, nv) velocities; to be read."""

    def reset(self, walkers: np.ndarray, seeds: Sequence[int]) -> None:
        """Reset the environments of walkers (n numbers) with their seeds."""
        for walker, seed in zip(walkers, seeds, strict=True):
            observation, _ = self._envs[walker].reset(seed=int(seed))
            self._see(walker, observation)

    def observations(self) -> np.ndarray:
        """Return a copy of the observations of all walkers, (count, o) float64."""
        return self._observations.copy()

    def step(self, walkers: np.ndarray, actions: np.ndarray) -> Step:
        """Take one time step with some walkers (n numbers); the others stand still.

        Actions (n, a) lie in [-1, 1]; their unit is the half-range of the environment's actions.
        """
        count = len(walkers)
        rewards, terminals = np.zeros(count), np.zeros(count, bool)
        parts = {name: np.zeros(count) for name in self.facts.parts}
        heights = np.zeros((count, len(self._geoms)))
        forces = np.zeros((count, len(self._feet)))
        controls = self.facts.action_centre + self.facts.action_half_range * actions
        for row, (walker, control) in enumerate(zip(walkers, controls, strict=True)):
            env = self._envs[walker]
            heights[row] = self._heights(walker)
            observation, rewards[row], terminals[row], _, info = env.step(control)
            self._see(walker, observation)
            for name, values in parts.items():
                values[row] = info.get(f"{REWARD}{name}", rewards[row])
            forces[row] = self._forces(env)
        return Step(
            rewards=rewards,
            parts=parts,
            terminals=terminals,
            unstable=np.zeros(count, bool),
            heights=heights,
            contact_forces=forces,
        )

    def push(self, walkers: np.ndarray, part: int, forces: np.ndarray) -> None:
        """Push a part of walkers (n numbers) by forces along x (n) in N until the next push."""
        for walker, force in zip(walkers, forces, strict=True):
            self._envs[walker].data.xfrc_applied[part, 0] = force

    def scale(self, walkers: np.ndarray, fields: Sequence[str], factor: float) -> None:
        """Scale fields of the model of walkers (n numbers) by a factor."""
        import mujoco

        for walker in walkers:
            model = self._envs[walker].model
            for field in fields:
                getattr(model, field)[:] *= factor
            mujoco.mj_setConst(model, self._data)

    def _see(self, walker: int, observation: np.ndarray) -> None:
        self._observations[walker] = np.ravel(observation)
        data = self._envs[walker].data
        self.qpos[walker], self.qvel[walker] = data.qpos, data.qvel

    def _heights(self, walker: int) -> np.ndarray:
        """Return the z of the height geoms (m) in the present state of a walker."""
        import mujoco

        self._data.qpos[:] = self.qpos[walker]
        mujoco.mj_kinematics(self._model, self._data)
        return self._data.geom_xpos[self._geoms, 2]

    def _forces(self, env: Any) -> np.ndarray:
        """Return the normal force on each foot (N) in the last simulation step of a walker."""
        import mujoco

        forces, wrench = np.zeros(len(self._feet)), np.zeros(6)
        for number in range(env.data.ncon) if self._feet else ():
            for foot, geoms in enumerate(self._feet):
                if not geoms.isdisjoint(env.data.contact[number].geom.tolist()):
                    mujoco.mj_contactForce(env.model, env.data, number, wrench)
                    forces[foot] += wrench[0]
        return forces
