"""What the tasks of dm_control's suite share (Tassa et al. 2018): tolerances and random starts."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import mujoco


def above(values: np.ndarray, bound: float, margin: float) -> np.ndarray:
    """Return 1 for values (n) at the bound or above it, less below it, and 0.1 a margin below it.

    Below the bound it falls like a Gaussian of the distance.

    Examples
    --------
    >>> above(np.array([2.0, 1.0, 0.5]), 1.0, 0.5)
    array([1. , 1. , 0.1])
    """
    return 0.1 ** np.square(np.maximum(bound - values, 0) / margin)


def above_linear(values: np.ndarray, bound: float, margin: float) -> np.ndarray:
    """Return 1 for values (n) at the bound or above it, and less below it, at least 0.

    Below the bound it falls on a straight line, which is at 0.5 a margin below the bound.

    Examples
    --------
    >>> above_linear(np.array([2.0, 0.5, -1.0]), 1.0, 0.5)
    array([1. , 0.5, 0. ])
    """
    return np.maximum(1 - 0.5 * np.maximum(bound - values, 0) / margin, 0)


def random_pose(model: "mujoco.MjModel", data: "mujoco.MjData", seed: int) -> None:
    """Put data into the random pose at rest with which the suite starts the episode of a seed.

    Joints with a range are uniform in it, and hinges without one are uniform in +-pi. Other joints
    stay. Raises NotImplementedError for ball joints and free joints, which no task of ours has.
    """
    import mujoco

    # The suite draws from NumPy's older generator, joint by joint.
    random = np.random.RandomState(seed)
    mujoco.mj_resetData(model, data)
    _settle(model, data)
    for number in range(model.njnt):
        kind, address = int(model.jnt_type[number]), model.jnt_qposadr[number]
        if kind not in (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE):
            raise NotImplementedError("random_pose places hinges and slides only")
        if model.jnt_limited[number]:
            data.qpos[address] = random.uniform(*model.jnt_range[number])
        elif kind == mujoco.mjtJoint.mjJNT_HINGE:
            data.qpos[address] = random.uniform(-np.pi, np.pi)
    _settle(model, data)


def _settle(model: "mujoco.MjModel", data: "mujoco.MjData") -> None:
    """Compute what follows from the state without actuators, whose solution warms the solver."""
    import mujoco

    flags = model.opt.disableflags
    model.opt.disableflags = flags | mujoco.mjtDisableBit.mjDSBL_ACTUATION
    mujoco.mj_forward(model, data)
    model.opt.disableflags = flags
