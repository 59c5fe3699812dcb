"""Body: the description of a walking machine that its environment cannot give."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Body:
    """A walking machine that walks along x.

    Its first coordinates are those of the torso: in the x-z plane x (m), z (m) and pitch (rad), of
    a body free in space x, y, z (m) and a unit quaternion.
    """

    name: str
    """The name in the config and in folders."""
    env_id: str
    """The id under which Gymnasium registers the environment, version included."""
    feet: tuple[tuple[str, str], ...]
    """(name of the foot, name of its geom), in the order of the columns of `contacts`."""
    height_geoms: tuple[str, ...]
    """The geoms whose z is recorded, in the order of the columns of `heights`."""
    joints: tuple[str, ...]
    """The actuated joints, in the order of the columns of `actions`."""
    velocity_clip: float = np.inf
    """Bound of the velocities in an observation (m/s, rad/s), infinite where there is none."""
    forward: str = "root"
    """Whose speed is rewarded: the first coordinate (`root`), the `torso` or the `centre of mass`.
    MuJoCo leaves the latter two where they were a fraction of a simulation step before."""
