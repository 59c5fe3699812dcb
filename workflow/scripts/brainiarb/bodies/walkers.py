"""Walkers: many copies of one body that take their steps together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import (
    editable_model,
    environment_facts,
    plain_model,
    task_of,
    without_deprecations,
)
from brainiarb.bodies.task import ACCELERATION, BEHIND, VELOCITY, Fields, Parts, Task

if TYPE_CHECKING:
    import mujoco

# The most contacts of one geom that are read, the strongest ones; a box on the ground has four.
_CONTACTS = 8
# How MuJoCo numbers the choice of the strongest contacts.
_STRONGEST = 2
# A contact sensor reports the normal force first, then two of friction.
_FORCES = 3
# A position sensor reports z as its third coordinate.
_Z = 2


def sensing_model(body: Body) -> "mujoco.MjModel":
    """Return the body's model with sensors added; it moves bit for bit like the original.

    The sensor data that are added are the forces (N) of `_CONTACTS` contacts of each geom of each
    foot, 0 where there are fewer, then the position of each height geom (m).
    """
    import mujoco

    spec = editable_model(body)
    # All constraints of a single kinematic tree form one island, so none needs to be searched for.
    if plain_model(body).ntree == 1:
        spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_ISLAND)
    _pair_with_ground(spec, plain_model(body))
    forces = 1 << int(mujoco.mjtConDataField.mjCONDATA_FORCE)
    for foot, geom_names in body.soles.items():
        for geom_name in geom_names:
            spec.add_sensor(
                name=f"{foot}_foot_{geom_name}_forces",
                type=mujoco.mjtSensor.mjSENS_CONTACT,
                objtype=mujoco.mjtObj.mjOBJ_GEOM,
                objname=geom_name,
                intprm=[forces, _STRONGEST, _CONTACTS],
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


def _pair_with_ground(spec: "mujoco.MjSpec", model: "mujoco.MjModel") -> None:
    """Name the pairs of geoms that can touch, if each is the ground and a moving part.

    Otherwise MuJoCo searches for near pairs in every simulation step, for a tenth of its time. A
    pair has the values that MuJoCo makes of its geoms; geoms whose values it would mix are left to
    the search.
    """
    names = [model.geom(number).name for number in range(model.ngeom)]
    ground = model.body_weldid[model.geom_bodyid] == 0
    seen = (model.geom_contype[:, None] & model.geom_conaffinity) > 0
    touching = seen | seen.T
    mixed = (model.geom_solref, model.geom_solimp, model.geom_solmix, model.geom_priority)
    if (
        touching[np.ix_(~ground, ~ground)].any()
        or any((values != values[0]).any() for values in mixed)
        or (model.geom_margin.any() or model.npair or model.nexclude or "" in names)
    ):
        return
    for pair in np.argwhere(np.triu(touching & (ground[:, None] != ground))):
        sliding, torsional, rolling = model.geom_friction[pair].max(axis=0)
        spec.add_pair(
            geomname1=names[pair[0]],
            geomname2=names[pair[1]],
            condim=model.geom_condim[pair].max(),
            friction=[sliding, sliding, torsional, rolling, rolling],
            solref=model.geom_solref[0],
            solimp=model.geom_solimp[0],
        )
    for geom in spec.geoms:
        geom.contype = geom.conaffinity = 0


@dataclass(frozen=True, eq=False)
class Step:
    """The results of one time step, one row for each walker that took it."""

    rewards: np.ndarray
    """(n) what the task makes of the parts."""
    parts: Parts
    """The parts of the rewards by their names, each (n)."""
    terminals: np.ndarray
    """(n) bool: the walker fell in this step and its task ends there, or its simulation was
    unstable; its episode ends."""
    unstable: np.ndarray
    """(n) bool: numbers grew too large in this step, so that MuJoCo reset the simulation."""
    heights: np.ndarray
    """(n, g) z of the height geoms (m) at the instant at which the step begins."""
    contact_forces: np.ndarray
    """(n, f) mean normal force on each foot (N) over the simulation steps of the step. It is above
    0 if the foot touches the ground in any of them, however briefly."""


class _Rows(Mapping[str, np.ndarray]):
    """The fields of some walkers, looked up when they are read."""

    def __init__(self, fields: Fields, which: np.ndarray | slice, controls: np.ndarray) -> None:
        self._fields, self._which, self._controls = fields, which, controls

    def __getitem__(self, name: str) -> np.ndarray:
        # A simulation that MuJoCo has reset has forgotten its controls.
        return self._controls if name == "ctrl" else self._fields[name][self._which]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


class Walkers:
    """Copies of one body that step together; each equals an environment of its own.

    The sensors are read in every simulation step of a time step. They describe the state in which
    that step begins: heights are those of the state in which the action is taken, and forces are
    averaged over all steps, because a touch can be shorter than a time step. The sensors need no
    second computation, so the solver starts as warm as in the environment.
    Quantities that MuJoCo derives (centres of mass, inertia, external forces) have the values that
    `Task.stage` says.
    A walker whose simulation MuJoCo had to reset, because positions, velocities or accelerations
    were huge or nan, counts as fallen, whatever its body: it stands upright again and would seem to
    walk on. It earns nothing for having moved in that step. (In Gymnasium its episode goes on.)
    The results do not depend on `threads`.
    """

    def __init__(self, body: Body, count: int, threads: int = 1) -> None:
        """Make `count` walkers, which have no state before their first reset."""
        import mujoco
        from mujoco.batch import Batch

        self.body = body
        task = task_of(body)
        if not isinstance(task, Task):
            raise TypeError(f"{body.name} has no task of functions; use `world_of`")
        self.task = task
        self.facts = environment_facts(body)
        self._model = sensing_model(body)
        # External forces follow from contacts, which only simulations that last can keep.
        self.batch = Batch(self._model, count, threads, persistent=self.task.feels_contacts)
        """The simulations."""
        self.qpos = self.batch.bind("qpos")
        """(count, nq) positions. A value that is written here moves the walker."""
        self.qvel = self.batch.bind("qvel")
        """(count, nv) velocities, not clipped. A value that is written here moves the walker."""
        self._ctrl = self.batch.bind("ctrl")
        # The sensors of the body's own model come first.
        self._sensors = self.batch.bind("sensordata")[:, plain_model(body).nsensordata :]
        geoms = [len(names) for names in body.soles.values()]
        # Where the contacts of each foot begin, and where those of the last one end.
        self._contacts = _CONTACTS * np.cumsum([0, *geoms])
        self._stage = {
            BEHIND: mujoco.mjtStage.mjSTAGE_NONE,
            VELOCITY: mujoco.mjtStage.mjSTAGE_VEL,
            ACCELERATION: mujoco.mjtStage.mjSTAGE_ACC,
        }[self.task.stage]
        warning = mujoco.mjtWarning
        resetting = [warning.mjWARN_BADQPOS, warning.mjWARN_BADQVEL, warning.mjWARN_BADQACC]
        # How often MuJoCo itself reset each walker since its last reset by us, for every cause.
        self._resets = [self.batch.warning[:, int(kind), 1] for kind in resetting]
        self._external_forces = np.zeros((count, self._model.nbody, 6))
        self._fields = {
            name: self._external_forces if name == "cfrc_ext" else self.batch.bind(name)
            for name in ("qpos", "qvel", "ctrl", *self.task.fields)
        }
        self._data = mujoco.MjData(self._model)

    def reset(self, walkers: np.ndarray, seeds: Sequence[int]) -> None:
        """Put walkers (n numbers) where the task starts the episode of each seed."""
        import mujoco

        whole = mujoco.mjtState.mjSTATE_INTEGRATION
        self.batch.reset(walkers, stage=mujoco.mjtStage.mjSTAGE_NONE)
        starts = np.empty((len(walkers), self.batch.nstate))
        for start, seed in zip(starts, seeds, strict=True):
            self.task.start(self._model, self._data, int(seed))
            mujoco.mj_getState(self._model, self._data, start, whole)
        self.batch.state[walkers] = starts
        self._external_forces[walkers] = 0.0
        self.batch.forward(walkers)
        # The solver of the first step starts as warm as the task left it.
        self.batch.state[walkers] = starts

    def observations(self) -> np.ndarray:
        """Return a copy of the observations of all walkers, (count, o) float64."""
        return self.task.observe(self._fields)

    def step(self, walkers: np.ndarray, actions: np.ndarray) -> Step:
        """Take one time step with some walkers (n numbers); the others stand still.

        Actions (n, a) lie in [-1, 1]; their unit is the half-range of the task's actions.
        """
        # A slice is cheaper than numbers, and None than a slice.
        every = len(walkers) == len(self.qpos)
        which, ids = (slice(None), None) if every else (walkers, walkers.astype(np.int32))
        controls = self.facts.action_centre + self.facts.action_half_range * actions
        fields = _Rows(self._fields, which, controls)
        before = {name: fields[name].copy() for name in self.task.compared}
        self._ctrl[which] = controls
        resets_before = sum(resets[which] for resets in self._resets)
        heights, contact_forces = self._simulate(which, ids)
        if self.task.feels_contacts:
            self._update_external_forces(walkers)

        unstable = sum(resets[which] for resets in self._resets) > resets_before
        state = np.hstack((fields["qpos"], fields["qvel"]))
        fallen = self.task.fall.fallen(state) | unstable
        for name, values in before.items():
            values[unstable] = fields[name][unstable]
        parts = self.task.reward(before, fields, fallen)
        return Step(
            rewards=self.task.combine(parts),
            parts=parts,
            terminals=fallen & self.task.fall.ends_episode | unstable,
            unstable=unstable,
            heights=heights,
            contact_forces=contact_forces,
        )

    def push(self, walkers: np.ndarray, part: int, forces: np.ndarray) -> None:
        """Push a part of walkers (n numbers) by forces along x (n) in N until the next push."""
        self.batch.bind("xfrc_applied")[walkers, part, 0] = forces

    def scale(self, walkers: np.ndarray, fields: Sequence[str], factor: float) -> None:
        """Scale fields of the model of walkers (n numbers) by a factor."""
        for field in fields:
            if getattr(self._model, field).size:
                self.batch.expand(field)[walkers] *= factor
        self.batch.set_const(walkers)
        self.batch.forward(walkers)

    def _simulate(
        self, which: np.ndarray | slice, ids: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take the simulation steps of a time step; return heights and forces as in `Step`."""
        substeps = self.task.substeps
        sensors = self._sensors[which].copy()
        forces = np.zeros((len(sensors), len(self.body.feet)))
        for substep in range(substeps):
            last = substep == substeps - 1
            self.batch.step(ids, stage=self._stage if last else 0)
            if substep == 0 and self.task.stage == BEHIND:
                sensors = self._sensors[which].copy()
            normal = self._sensors[which, : self._contacts[-1] * _FORCES : _FORCES]
            forces += np.add.reduceat(normal, self._contacts[:-1], axis=1)
        return sensors[:, self._contacts[-1] * _FORCES + _Z :: 3], forces / substeps

    def _update_external_forces(self, walkers: np.ndarray) -> None:
        """Compute the external forces on walkers, which MuJoCo computes only on request."""
        import mujoco

        for walker in walkers:
            self.batch.get_data(int(walker), self._data)
            mujoco.mj_rnePostConstraint(self._model, self._data)
            self._external_forces[walker] = self._data.cfrc_ext
