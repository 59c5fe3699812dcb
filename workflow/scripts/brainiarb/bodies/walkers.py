"""Walkers: many copies of one body that take their steps together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import (
    bare_env,
    editable_model,
    environment_facts,
    plain_model,
    without_deprecations,
)

if TYPE_CHECKING:
    import mujoco

# A touch sensor counts the contacts inside its zone, so the zone surrounds the whole foot.
_ZONE_SCALE = 1.1
# A position sensor reports z as its third coordinate.
_Z = 2


def sensing_model(body: Body) -> "mujoco.MjModel":
    """Return the environment's model with sensors added; it moves bit for bit like the original.

    Sensor data are the normal force on each foot (N), then the position of each height geom (m).
    """
    import mujoco

    spec = editable_model(body)
    # All constraints of a single kinematic tree form one island, so none needs to be searched for.
    if plain_model(body).ntree == 1:
        spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_ISLAND)
    for foot, geom_name in body.feet:
        # The compiled geom has a size and a place even if the model file gives its two ends.
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
    """The results of one environment step, one row for each walker that took it."""

    rewards: np.ndarray
    """(n) sum of the four parts."""
    rewards_forward: np.ndarray
    """(n) reward for speed."""
    rewards_healthy: np.ndarray
    """(n) reward for a healthy state."""
    rewards_control: np.ndarray
    """(n) minus the cost of the action."""
    rewards_contact: np.ndarray
    """(n) minus the cost of contacts; 0 for a body without this cost."""
    terminals: np.ndarray
    """(n) bool: the walker fell in this step, or its simulation was unstable; its episode ends."""
    unstable: np.ndarray
    """(n) bool: numbers grew too large in this step, so that MuJoCo reset the simulation."""
    heights: np.ndarray
    """(n, g) z of the height geoms (m) at the instant at which the step begins."""
    contact_forces: np.ndarray
    """(n, f) mean normal force on each foot (N) over the simulation steps of the step. It is above
    0 if the foot touches the ground in any of them, however briefly."""


class Walkers:
    """Copies of one body that step together; each equals a Gymnasium environment of its own.

    The sensors are read in every simulation step of an environment step. They describe the state in
    which that step begins: heights are those of the state in which the action is taken, and forces
    are averaged over all steps, because a touch can be shorter than an environment step. The
    sensors need no second computation, so the solver starts as warm as in the environment.
    Quantities that MuJoCo derives (centres of mass, inertia, external forces) have the values that
    MuJoCo left at the end of the environment step, as in Gymnasium.
    A walker whose simulation MuJoCo had to reset, because positions, velocities or accelerations
    were huge or nan, counts as fallen, whatever its body: it stands upright again and would seem to
    walk on. It earns no forward reward in that step. (In Gymnasium its episode goes on.)
    The results do not depend on `threads`.
    """

    def __init__(self, body: Body, count: int, threads: int = 1) -> None:
        """Make `count` walkers, which have no state before their first reset."""
        import mujoco
        from mujoco.batch import Batch

        self.body = body
        self.facts = environment_facts(body)
        self._model = sensing_model(body)
        # External forces follow from contacts, which only simulations that last can keep.
        self.batch = Batch(self._model, count, threads, persistent=self.facts.feels_contacts)
        """The simulations. `batch.bind("xfrc_applied")` and its like disturb them."""
        self.qpos = self.batch.bind("qpos")
        """(count, nq) positions. A value that is written here moves the walker."""
        self.qvel = self.batch.bind("qvel")
        """(count, nv) velocities, not clipped. A value that is written here moves the walker."""
        self._ctrl = self.batch.bind("ctrl")
        self._sensors = self.batch.bind("sensordata")
        self._origins = self.batch.bind("xpos")
        self._centres_of_mass = self.batch.bind("xipos")
        warning = mujoco.mjtWarning
        resetting = [warning.mjWARN_BADQPOS, warning.mjWARN_BADQVEL, warning.mjWARN_BADQACC]
        # How often MuJoCo itself reset each walker since its last reset by us, for every cause.
        self._resets = [self.batch.warning[:, int(kind), 1] for kind in resetting]
        self._external_forces = np.zeros((count, self._model.nbody, 6))
        self._observed = [
            (self._external_forces if field == "cfrc_ext" else self.batch.bind(field), size)
            for field, size in self.facts.observed_fields.items()
        ]
        self._env = bare_env(body)
        # The first body is the world, so the torso is body 1 unless the environment names another.
        self._torso = self._model.body(getattr(self._env, "_main_body", 1)).id
        self._data = mujoco.MjData(self._model)

    def reset(self, walkers: np.ndarray, seeds: Sequence[int]) -> None:
        """Put walkers (n numbers) where `env.reset(seed=...)` would put each of them."""
        import mujoco

        self.batch.reset(walkers, stage=mujoco.mjtStage.mjSTAGE_NONE)
        for walker, seed in zip(walkers, seeds, strict=True):
            self._env.reset(seed=int(seed))
            self.qpos[walker] = self._env.data.qpos
            self.qvel[walker] = self._env.data.qvel
        self._external_forces[walkers] = 0.0
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

        Actions (n, a) lie in [-1, 1]; their unit is the half-range of the environment's actions.
        """
        facts, feet = self.facts, len(self.body.feet)
        every = len(walkers) == len(self.qpos)
        # A slice is cheaper than numbers, and None than a slice; `copy` keeps what a step changes.
        which, ids = (slice(None), None) if every else (walkers, walkers.astype(np.int32))
        controls = facts.action_centre + facts.action_half_range * actions
        x_before = self._forward_position(which).copy()
        self._ctrl[which] = controls
        resets_before = sum(resets[which] for resets in self._resets)
        self.batch.step(ids, nstep=1)
        sensors = self._sensors[which].copy()
        forces_on_feet = sensors[:, :feet].copy()
        for _ in range(facts.frame_skip - 1):
            self.batch.step(ids, nstep=1)
            forces_on_feet += self._sensors[which, :feet]
        if facts.feels_contacts:
            self._update_external_forces(walkers)

        state = np.hstack((self.qpos[which], self.qvel[which]))
        unstable = sum(resets[which] for resets in self._resets) > resets_before
        fallen = facts.fall.fallen(state) | unstable
        moved = np.where(unstable, 0.0, self._forward_position(which) - x_before)
        speed = moved / facts.step_seconds
        forward = facts.forward_weight * speed
        alive = facts.healthy_reward * ~fallen
        control = -facts.control_weight * np.square(controls).sum(axis=1)
        contact = np.zeros(len(walkers))
        if facts.contact_weight > 0:
            forces = np.square(self._external_forces[which]).sum(axis=(1, 2))
            contact -= np.clip(facts.contact_weight * forces, *facts.contact_cost_range)
        return Step(
            rewards=forward + alive + control + contact,
            rewards_forward=forward,
            rewards_healthy=alive,
            rewards_control=control,
            rewards_contact=contact,
            terminals=fallen & facts.fall.ends_episode | unstable,
            unstable=unstable,
            heights=sensors[:, feet + _Z :: 3],
            contact_forces=forces_on_feet / facts.frame_skip,
        )

    def _forward_position(self, walkers: np.ndarray | slice) -> np.ndarray:
        """Return the x (n) in m of walkers at the point whose speed the environment rewards."""
        if self.body.forward == "centre of mass":
            mass = self._model.body_mass
            x = self._centres_of_mass[walkers, :, 0]
            return np.einsum("nb,b->n", x, mass / mass.sum())
        if self.body.forward == "torso":
            return self._origins[walkers, self._torso, 0]
        return self.qpos[walkers, 0]

    def _update_external_forces(self, walkers: np.ndarray) -> None:
        """Compute the external forces on walkers, which MuJoCo computes only on request."""
        import mujoco

        for walker in walkers:
            self.batch.get_data(int(walker), self._data)
            mujoco.mj_rnePostConstraint(self._model, self._data)
            forces = np.clip(self._data.cfrc_ext, *self.facts.contact_range)
            self._external_forces[walker] = forces
