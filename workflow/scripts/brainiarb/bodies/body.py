"""Body: the facts about a walking machine that its model does not hold."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from brainiarb.bodies.task import Setting
from brainiarb.errors import Refused


@dataclass(frozen=True)
class Body:
    """A walking machine, and the task that it is trained and recorded in.

    Raises Refused unless the rates are two rising numbers above 0, each foot has a geom, and no
    geom belongs to two feet.
    """

    name: str
    """The name of the body in the config and in the names of folders."""
    env_id: str
    """The name of the environment: the id under which Gymnasium registers it, version included, or
    another library and its task."""
    feet: tuple[tuple[str, str | tuple[str, ...]], ...]
    """The name of each foot and the name of its geom, or of all its geoms, in the order of the
    columns of `contacts`. A body without feet is measured as far as this needs none."""
    height_geoms: tuple[str, ...]
    """The geoms whose z is recorded, in the order of the columns of `heights`."""
    joints: tuple[str, ...]
    """The actuated joints, in the order of the columns of `actions`."""
    task: Callable[["Body"], Setting]
    """Makes the task of the body; `model.task_of` keeps it."""
    rates: tuple[float, float] = (0.625, 5.0)
    """The lowest and the highest rate (Hz) of a full gait cycle that is expected of the body."""
    trunk: str = "torso"
    """The part of the model that a push acts on."""
    reference: str = ""
    """What the config calls the body and recordings store, if that is not its name: the path of a
    module, or a description in JSON."""

    @property
    def stored(self) -> str:
        """What recordings store, by which `get_body` finds the body again."""
        return self.reference or self.name

    @property
    def soles(self) -> dict[str, tuple[str, ...]]:
        """The names of the geoms of each foot, by the name of the foot."""
        return {
            foot: (geoms,) if isinstance(geoms, str) else tuple(geoms) for foot, geoms in self.feet
        }

    def __post_init__(self) -> None:
        """Refuse rates that do not rise, and feet that are none."""
        geoms = [geom for names in self.soles.values() for geom in names]
        if not all(self.soles.values()) or len({*geoms}) < len(geoms):
            raise Refused(
                f"body {self.name!r}: its feet are {dict(self.feet)}, but each foot needs a geom, "
                "and a geom belongs to one foot; name other geoms under feet"
            )
        if not 0 < self.rates[0] < self.rates[1] < np.inf:
            raise Refused(
                f"body {self.name!r}: the rates of a gait are {self.rates}, but two rising numbers "
                "above 0 Hz are expected"
            )
