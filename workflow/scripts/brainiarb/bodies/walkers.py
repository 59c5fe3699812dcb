"""Walkers: many copies of one body that are stepped together."""

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from mujoco.batch import Batch

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import (
    bare_env,
    editable_model,
    environment_facts,
    plain_model,
    without_deprecations,
)

# A touch sensor counts the contacts inside its zone, so the zone is drawn around the whole foot.
_ZONE_SCALE = 1.1
# Sensors report z as the third coordinate of a position.
_Z = 2


def sensing_model(body: Body) -> mujoco.MjModel:
    """Return the environment's model plus sensors, which step bit for bit like the original.

    Sensor data are the normal force on each foot (N), then the position of each height geom (m).
    """
    spec = editable_model(body)
    for foot, geom_name in body.feet:
        # The compiled geom has its size and place also where the file gives its two ends.
        geom = plain_model(body).geom(geom_name)
        site = spec.geom(geom_name).parent.add_site(
            name=f"{foot}_foot_zone",
            type=geom.type[0],
            pos=geom.pos,
            quat=geom.quat,
            size=_ZONE_SCALE * geom.size,
        )
        spec.add_sensor(
            name=f"{foot}_foot_force",
            type=mujoco.mjtSensor.mjSENS_TOUCH,
            objtype=mujoco.mjtObj.mjOBJ_SITE,
            objname=site.name,
        )
    for geom_name in body.height_geoms:
        spec.add_sensor(
            name=f"{geom_name}_position",
            type=mujoco.mjtSensor.mjSENS_FRAMEPOS,
            objtype=mujoco.mjtObj.mjOBJ_GEOM,
            objname=geom_name,
        )
    with without_deprecations():
        return spec.compile()


@dataclass(frozen=True, eq=False)
class Step:
    """What one environment step gave, one row per stepped walker."""

    rewards: np.ndarray
    """(n) the sum of the four parts."""
    rewards_forward: np.ndarray
    """(n) for speed."""
    rewards_healthy: np.ndarray
    """(n) for not having fallen."""
    rewards_control: np.ndarray
    """(n) minus the cost of the action."""
    rewards_contact: np.ndarray
    """(n) minus the cost of contacts, 0 for a body without one."""
    terminals: np.ndarray
    """(n) bool: the walker fell in this step, which ends its episode."""
    heights: np.ndarray
    """(n, g) z of the height geoms (m), at the instant the step begins."""
    contact_forces: np.ndarray
    """(n, f) normal force on each foot (N), at the instant the step begins, under its action."""


class Walkers:
    """Copies of one body, stepped together, each the equal of a Gymnasium environment of its own.

    Sensors are read in the first simulation step of an environment step: they describe the state
    in which the action is taken, and the forces that this action meets there. Nothing is computed
    a second time for them, so the solver's warm start is the environment's own.
    What MuJoCo derives (centres of mass, inertia, external forces) is what it left behind when the
    environment step ended, as in Gymnasium.
    Results do not depend on `threads`.
    """

    def __init__(self, body: Body, count: int, threads: int = 1) -> None:
        """Make `count` walkers, which have no state before their first reset."""
        self.body = body
        self.facts = environment_facts(body)
        self._model = sensing_model(body)
        # External forces come from contacts, which only a simulation's own data keep.
        self.batch = Batch(self._model, count, threads, persistent=self.facts.feels_contacts)
        """The simulations; disturb them through `batch.bind("xfrc_applied")` and the like."""
        self.qpos = self.batch.bind("qpos")
        """(count, nq) positions, live: writing them moves the walkers."""
        self.qvel = self.batch.bind("qvel")
        """(count, nv) velocities, live and unclipped."""
        self._ctrl = self.batch.bind("ctrl")
        self._sensors = self.batch.bind("sensordata")
        self._places = self.batch.bind("xipos")
        self._external = np.zeros((count, self._model.nbody, 6))
        self._observed = [
            (self._external if field == "cfrc_ext" else self.batch.bind(field), size)
            for field, size in self.facts.observed_fields.items()
        ]
        self._env = bare_env(body)
        self._data = mujoco.MjData(self._model)

    def reset(self, walkers: np.ndarray, seeds: Sequence[int]) -> None:
        """Put walkers (n numbers) where `env.reset(seed=...)` would put each."""
        self.batch.reset(walkers, stage=mujoco.mjtStage.mjSTAGE_NONE)
        for walker, seed in zip(walkers, seeds, strict=True):
            self._env.reset(seed=int(seed))
            self.qpos[walker] = self._env.data.qpos
            self.qvel[walker] = self._env.data.qvel
        self._external[walkers] = 0.0
        self.batch.forward(walkers)

    def observations(self) -> np.ndarray:
        """Return a copy of the observations of all walkers, (count, o) float64."""
        clip = self.body.velocity_clip
        return np.hstack(
            (
                self.qpos[:, self.facts.skipped_qpos :],
                np.clip(self.qvel, -clip, clip),
                *(field.reshape(len(field), -1)[:, -size:] for field, size in self._observed),
            )
        )

    def step(self, walkers: np.ndarray, actions: np.ndarray) -> Step:
        """Take one environment step with some walkers (n numbers); the others stand still.

        Actions (n, a) are in [-1, 1], in units of the environment's half-range.
        """
        facts = self.facts
        controls = facts.action_centre + facts.action_half_range * actions
        x_before = self._x(walkers)
        self._ctrl[walkers] = controls
        self.batch.step(walkers, nstep=1)
        sensors = self._sensors[walkers]
        if facts.frame_skip > 1:
            self.batch.step(walkers, nstep=facts.frame_skip - 1)
        if facts.feels_contacts:
            self._feel(walkers)

        state = np.hstack((self.qpos[walkers], self.qvel[walkers]))
        inside = (facts.healthy_low < state) & (state < facts.healthy_high)
        healthy = np.asarray(inside.all(axis=1), np.bool_)
        forward = facts.forward_weight * ((self._x(walkers) - x_before) / facts.step_seconds)
        alive = facts.healthy_reward * healthy
        control = -facts.control_weight * np.square(controls).sum(axis=1)
        met = facts.contact_weight * np.square(self._external[walkers]).sum(axis=(1, 2))
        contact = 0.0 - np.clip(met, *facts.contact_cost_range)  # 0, not -0, where there is none
        feet = len(self.body.feet)
        return Step(
            rewards=forward + alive + control + contact,
            rewards_forward=forward,
            rewards_healthy=alive,
            rewards_control=control,
            rewards_contact=contact,
            terminals=~healthy & facts.ends_when_unhealthy,
            heights=sensors[:, feet + _Z :: 3],
            contact_forces=sensors[:, :feet],
        )

    def _x(self, walkers: np.ndarray) -> np.ndarray:
        """Return how far walkers have come (n) in m, as the environment measures it."""
        if self.body.forward == "centre of mass":
            mass = self._model.body_mass
            return np.einsum("nb,b->n", self._places[walkers, :, 0], mass / mass.sum())
        if self.body.forward == "torso":
            return self._places[walkers, 1, 0]
        return self.qpos[walkers, 0]

    def _feel(self, walkers: np.ndarray) -> None:
        """Hold the external forces on walkers, which MuJoCo computes only where asked to."""
        for walker in walkers:
            self.batch.get_data(int(walker), self._data)
            mujoco.mj_rnePostConstraint(self._model, self._data)
            self._external[walker] = np.clip(self._data.cfrc_ext, *self.facts.contact_range)
