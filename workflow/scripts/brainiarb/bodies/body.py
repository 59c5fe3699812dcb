"""Body: the facts about a walking machine that its environment does not hold."""

from dataclasses import dataclass

import numpy as np

from brainiarb.errors import Refused

FORWARD = ("root", "torso", "centre of mass")
"""The points of a body whose speed an environment can reward."""


@dataclass(frozen=True)
class Body:
    """A walking machine that walks along x.

    The first coordinates of a body in a plane are the x (m), z (m) and pitch (rad) of its torso.
    The first coordinates of a body that is free in space are the x, y and z (m) of its torso and a
    unit quaternion. Raises Refused if `forward` is not one of `FORWARD`.
    """

    name: str
    """The name of the body in the config and in the names of folders."""
    env_id: str
    """The id under which Gymnasium registers the environment, version included."""
    feet: tuple[tuple[str, str], ...]
    """The name of each foot and the name of its geom, in the order of the columns of `contacts`."""
    height_geoms: tuple[str, ...]
    """The geoms whose z is recorded, in the order of the columns of `heights`."""
    joints: tuple[str, ...]
    """The actuated joints, in the order of the columns of `actions`."""
    velocity_clip: float = np.inf
    """The bound of the velocities in an observation (m/s, rad/s); infinite if there is no bound."""
    forward: str = "root"
    """The point whose speed is rewarded: the first coordinate (`root`), the origin of the `torso`
    or the `centre of mass`. MuJoCo computes the latter two before its last simulation step ends, so
    they lag behind the first coordinate by at most one simulation step."""
    rates: tuple[float, float] = (0.625, 5.0)
    """The lowest and the highest rate (Hz) of a full gait cycle that is expected of the body."""

    def __post_init__(self) -> None:
        """Refuse an unknown point and rates that do not rise."""
        if self.forward not in FORWARD:
            raise Refused(
                f"body {self.name!r}: forward is {self.forward!r} where one of "
                f"{', '.join(FORWARD)} is expected"
            )
        if not 0 < self.rates[0] < self.rates[1] < np.inf:
            raise Refused(
                f"body {self.name!r}: the rates of a gait are {self.rates}, but two rising numbers "
                "above 0 Hz are expected"
            )
