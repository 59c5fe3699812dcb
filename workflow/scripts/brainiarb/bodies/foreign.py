"""A body that is described by the id of its environment alone.

The environment computes observations, rewards and ends; the body, its joints and its parts are read
from its MuJoCo model.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import coordinate_rows, numbered
from brainiarb.bodies.falls import FallRule
from brainiarb.bodies.task import ObservationRow, OwnEnvironment
from brainiarb.errors import Refused

if TYPE_CHECKING:
    import mujoco

LIBRARIES = ("gymnasium", "dm_control")
"""The libraries whose environments can be described; one of them is the key of the id."""

KEYS = ("feet", "rates")
"""The keys of a description of what cannot be read from the model."""

REWARD = "reward_"
"""How the names begin by which an environment tells the parts of a reward in its `info`."""


def described_body(description: Mapping[str, Any]) -> Body:
    """Return the body of a description, such as `{gymnasium: Walker2d-v5, feet: {left: GEOM}}`.

    A task of dm_control's suite is `{dm_control: walker-walk}`, which needs the package dm_control.
    A foot of several geoms names them all: `{left: [HEEL, TOES]}`. Without `feet`, what needs feet
    is left out of a study. All parts of the model that move are recorded. Raises Refused if a key
    is not known, and if the environment cannot be made, is none of MuJoCo, or moves other things
    than hinges and slides by its actions.
    """
    libraries = [name for name in LIBRARIES if name in description]
    if len(libraries) != 1 or description.keys() - {*LIBRARIES, *KEYS}:
        raise Refused(
            f"body: found the keys {', '.join(sorted(description))} where one of "
            f"{', '.join(LIBRARIES)} is needed and {', '.join(KEYS)} are possible; see "
            "config/config.yaml"
        )
    (library,) = libraries
    identity = str(description[library])
    make = partial(_make, library, identity)
    env = make()
    model = _named_spec(env).compile()
    geoms = [model.geom(number).name for number in range(model.ngeom)]
    feet = {
        foot: (named,) if isinstance(named, str) else tuple(named)
        for foot, named in (description.get("feet") or {}).items()
    }
    for foot, named in feet.items():
        for geom in named:
            if geom not in geoms:
                raise Refused(
                    f"body: {identity} has no geom {geom!r} for the foot {foot!r}; its geoms are "
                    f"{', '.join(geoms)}"
                )
    lowest, highest = description.get("rates") or (0.625, 5.0)
    return Body(
        name=_folder(library, identity),
        env_id=identity if library == "gymnasium" else f"{library}/{identity}",
        feet=tuple(feet.items()),
        height_geoms=tuple(
            geom for number, geom in enumerate(geoms) if model.geom_bodyid[number] > 0
        ),
        joints=_actuated(model, identity),
        task=partial(_task, make, env),
        rates=(float(lowest), float(highest)),
        trunk=model.body(1).name,
    )


def _folder(library: str, identity: str) -> str:
    """Return a name for folders: `gymnasium_swimmer` for `Swimmer-v5`."""
    short = re.sub(r"-v[0-9]+$", "", identity)
    return f"{library}_" + re.sub(r"[^a-z0-9]+", "_", short.lower()).strip("_")


def _make(library: str, identity: str) -> Any:
    """Return a new environment without wrappers, so without a limit of steps."""
    import gymnasium

    try:
        if library == "dm_control":
            from brainiarb.bodies.suite_env import SuiteEnv

            env: Any = SuiteEnv(identity)
        else:
            env = gymnasium.make(identity).unwrapped
    except Exception as error:
        raise Refused(
            f"body: {library} cannot make {identity!r} ({error}); name an environment that it has, "
            "and install the package"
        ) from error
    missing = [name for name in ("model", "data", "frame_skip") if not hasattr(env, name)]
    if missing:
        raise Refused(
            f"body: {identity} is no MuJoCo environment, it has no {missing[0]}; name an "
            "environment that is built on gymnasium.envs.mujoco.MujocoEnv"
        )
    return env


def _named_spec(env: Any) -> "mujoco.MjSpec":
    """Return the model of an environment, whose moving geoms all have names."""
    import mujoco

    spec = mujoco.MjSpec.from_file(env.fullpath)
    taken = {geom.name for geom in spec.geoms}
    for part in spec.bodies[1:]:
        for number, geom in enumerate(part.geoms):
            if not geom.name:
                alone = len(part.geoms) == 1 and part.name not in taken
                geom.name = part.name if alone else f"{part.name}_geom_{number}"
    return spec


def _actuated(model: "mujoco.MjModel", identity: str) -> tuple[str, ...]:
    """Return the joint that each action turns or moves."""
    import mujoco

    kinds = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
    joints: list[str] = []
    for number in range(model.nu):
        joint = int(model.actuator_trnid[number, 0])
        on_joint = int(model.actuator_trntype[number]) == int(mujoco.mjtTrn.mjTRN_JOINT)
        if not on_joint or int(model.jnt_type[joint]) not in kinds:
            raise Refused(
                f"body: actuator {number} of {identity} moves no hinge and no slide, so actions "
                "are no joints; write the body as a module of your own"
            )
        joints.append(model.joint(joint).name)
    return tuple(joints)


def _task(make: Callable[[], Any], env: Any, body: Body) -> OwnEnvironment:
    """Return what can be read from an environment and from one of its steps."""
    import gymnasium

    spec = partial(_named_spec, env)
    env.reset(seed=0)
    *_, info = env.step(np.zeros(env.action_space.shape, np.float32))
    size = env.model.nq + env.model.nv
    unbounded = np.full(size, np.inf)
    return OwnEnvironment(
        model=spec().compile(),
        spec=spec,
        substeps=int(env.frame_skip),
        describe=partial(_described, env),
        parts=_parts(info),
        fall=FallRule(-unbounded, unbounded, ends_episode=True),
        healthy_reward=float(getattr(env, "_healthy_reward", 0.0)),
        action_range=np.column_stack((env.action_space.low, env.action_space.high)),
        environment=lambda steps: gymnasium.wrappers.TimeLimit(make(), steps),
        bare=make,
    )


def _parts(info: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the parts of a reward that an environment tells; `whole` without any."""
    told = tuple(name.removeprefix(REWARD) for name in info if name.startswith(REWARD))
    return told or ("whole",)


def _described(env: Any) -> list[ObservationRow]:
    """Describe an observation of positions and velocities, or number it where it holds others."""
    size = int(np.prod(env.observation_space.shape))
    structure = getattr(env, "observation_structure", None) or {}
    positions = coordinate_rows(env.model, velocity=False)[structure.get("skipped_qpos", 0) :]
    rows = numbered([*positions, *coordinate_rows(env.model, velocity=True)])
    if structure and len(rows) == size:
        return rows
    names = getattr(env, "observation_names", None) or [f"observation {n}" for n in range(size)]
    return numbered([ObservationRow(0, 1, name, "", "", "", name) for name in names])
