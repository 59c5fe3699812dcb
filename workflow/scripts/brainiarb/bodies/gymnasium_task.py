"""The tasks of Gymnasium's MuJoCo walkers of version 5, as functions on many walkers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import coordinate_rows, numbered
from brainiarb.bodies.falls import fall_rule
from brainiarb.bodies.task import Fields, ObservationRow, Parts, Task
from brainiarb.errors import Refused

if TYPE_CHECKING:
    import mujoco

FORWARD = ("root", "torso", "centre of mass")
"""The points of a body whose speed an environment can reward."""

PARTS = ("forward", "healthy", "control", "contact")
"""The parts of a reward: for speed, for a healthy state, minus the costs of action and contacts."""

BLOCKS = {
    "cinert": ("inertia", "kg m², kg m, kg", "inertia, first moment and mass of each part"),
    "cvel": ("velocity", "rad/s, m/s", "angular and linear velocity of each part"),
    "qfrc_actuator": ("torque", "N m", "torque of the actuators at each joint"),
    "cfrc_ext": ("force", "N m, N", "external torque and force on each part"),
}
"""Quantity, units and description of each field of MuJoCo's data that an observation can hold."""


@dataclass(frozen=True)
class GymnasiumTask:
    """The task of the environment that Gymnasium registers under the body's `env_id`.

    Calling it with a body reads weights, ranges and observed fields from that environment. Raises
    Refused if `forward` is not one of `FORWARD`.
    """

    velocity_clip: float = np.inf
    """The bound of the velocities in an observation (m/s, rad/s); infinite if there is no bound."""
    forward: str = "root"
    """The point whose speed is rewarded: the first coordinate (`root`), the origin of the `torso`
    or the `centre of mass`. MuJoCo computes the latter two before its last simulation step ends, so
    they lag behind the first coordinate by at most one simulation step."""

    def __post_init__(self) -> None:
        """Refuse an unknown point."""
        if self.forward not in FORWARD:
            raise Refused(
                f"a task's forward is {self.forward!r} where one of {', '.join(FORWARD)} is "
                "expected"
            )

    def __call__(self, body: Body) -> Task:
        """Return the task of a body."""
        import gymnasium

        env: Any = gymnasium.make(body.env_id).unwrapped
        structure = env.observation_structure
        observed = {
            field: size
            for field, size in structure.items()
            if size and field not in ("skipped_qpos", "qpos", "qvel")
        }
        contact_weight = getattr(env, "_contact_cost_weight", 0.0)
        felt = ("cfrc_ext",) if contact_weight > 0 and "cfrc_ext" not in observed else ()
        origin = {"root": "qpos", "torso": "xpos", "centre of mass": "xipos"}[self.forward]
        return Task(
            model=env.model,
            spec=partial(_editable, env.fullpath),
            substeps=env.frame_skip,
            observe=self._observation(env, structure["skipped_qpos"], observed),
            describe=partial(_described, body.name, env.model, structure["skipped_qpos"], observed),
            parts=PARTS,
            reward=self._reward(env, contact_weight),
            start=partial(_start, env),
            fall=fall_rule(env),
            fields=tuple(dict.fromkeys((*observed, *felt, *({origin} - {"qpos"})))),
            compared=(origin,),
            healthy_reward=getattr(env, "_healthy_reward", 0.0),
            reset_noise=env._reset_noise_scale,
            environment=lambda steps: gymnasium.make(body.env_id, max_episode_steps=steps),
        )

    def _observation(
        self, env: Any, skipped: int, observed: dict[str, int]
    ) -> Callable[[Fields], np.ndarray]:
        """Return the function that observes: positions, clipped velocities, derived fields."""
        clip = self.velocity_clip
        forces = getattr(env, "_contact_force_range", (-np.inf, np.inf))

        def observe(fields: Fields) -> np.ndarray:
            blocks = []
            for field, size in observed.items():
                values = np.clip(fields[field], *forces) if field == "cfrc_ext" else fields[field]
                blocks.append(values.reshape(len(values), -1)[:, -size:])
            return np.hstack(
                (fields["qpos"][:, skipped:], np.clip(fields["qvel"], -clip, clip), *blocks)
            )

        return observe

    def _reward(
        self, env: Any, contact_weight: float
    ) -> Callable[[Fields, Fields, np.ndarray], Parts]:
        """Return the function that rewards speed and health and costs action and contacts."""
        place = self._place(env)
        forward_weight, control_weight = env._forward_reward_weight, env._ctrl_cost_weight
        healthy_reward = getattr(env, "_healthy_reward", 0.0)
        forces = getattr(env, "_contact_force_range", (-np.inf, np.inf))
        costs = getattr(env, "_contact_cost_range", (-np.inf, np.inf))
        seconds = float(env.dt)

        def reward(before: Fields, after: Fields, fallen: np.ndarray) -> Parts:
            speed = (place(after) - place(before)) / seconds
            contact_cost = np.zeros(len(fallen))
            if contact_weight > 0:
                squared = np.square(np.clip(after["cfrc_ext"], *forces)).sum(axis=(1, 2))
                contact_cost = np.clip(contact_weight * squared, *costs)
            return {
                "forward": forward_weight * speed,
                "healthy": healthy_reward * ~fallen,
                "control": -control_weight * np.square(after["ctrl"]).sum(axis=1),
                "contact": 0.0 - contact_cost,  # A plain minus would turn no cost into -0.0.
            }

        return reward

    def _place(self, env: Any) -> Callable[[Fields], np.ndarray]:
        """Return the function that finds the x (n) in m of the point whose speed is rewarded."""
        # The first body is the world, so the torso is body 1 unless the environment names another.
        torso = env.model.body(getattr(env, "_main_body", 1)).id
        share = env.model.body_mass / env.model.body_mass.sum()

        def place(fields: Fields) -> np.ndarray:
            if self.forward == "centre of mass":
                return np.einsum("nb,b->n", np.ascontiguousarray(fields["xipos"][:, :, 0]), share)
            return fields["xpos"][:, torso, 0] if self.forward == "torso" else fields["qpos"][:, 0]

        return place


def _editable(path: str) -> "mujoco.MjSpec":
    import mujoco

    return mujoco.MjSpec.from_file(path)


def _start(env: Any, model: "mujoco.MjModel", data: "mujoco.MjData", seed: int) -> None:
    """Put data where `env.reset(seed=...)` puts its own."""
    import mujoco

    env.reset(seed=seed)
    whole = mujoco.mjtState.mjSTATE_INTEGRATION
    state = np.empty(mujoco.mj_stateSize(env.model, whole))
    mujoco.mj_getState(env.model, env.data, state, whole)
    mujoco.mj_setState(model, data, state, whole)


def _described(
    name: str, model: "mujoco.MjModel", skipped: int, observed: dict[str, int]
) -> list[ObservationRow]:
    """Describe positions without the leading ones, velocities, and blocks of derived fields."""
    positions = coordinate_rows(model, velocity=False)[skipped:]
    rows = numbered([*positions, *coordinate_rows(model, velocity=True)])
    index = len(rows)
    for field, size in observed.items():
        if field not in BLOCKS:
            raise Refused(
                f"an observation of {name} holds the field {field!r}, whose quantity and unit "
                "are not known; add it to BLOCKS in brainiarb/bodies/gymnasium_task.py"
            )
        quantity, unit, description = BLOCKS[field]
        rows.append(ObservationRow(index, size, field, "", quantity, unit, description))
        index += size
    return rows
