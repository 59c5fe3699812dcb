"""The methods by which clones learn offline: a registry. The schema of the config lists its names.

| name    | what it is                                                               | the actor |
|---------|--------------------------------------------------------------------------|-----------|
| `bc`    | behaviour cloning, see `losses`                                          | Gaussian  |
| `iql`   | implicit Q-learning (Kostrikov et al. 2021), see `iql`                   | Gaussian  |
| `td3bc` | TD3 with behaviour cloning (Fujimoto and Gu 2021), see `td3bc`           | no spread |

All of them learn from the same rows of the same demonstrations, in the same order, from the same
initial weights. So what differs between their clones is the method.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from torch import Tensor

from brainiarb.actors.actors import Actors
from brainiarb.clones.bc import BC
from brainiarb.clones.demonstrations import TrainingRows
from brainiarb.clones.iql import IQL
from brainiarb.clones.learners import Learners
from brainiarb.clones.losses import Loss
from brainiarb.clones.settings import Cloning, Schedule, cloning_schedule, published_schedule
from brainiarb.clones.td3bc import TD3BC


class Method(Protocol):
    """K actors that learn by a method, each as if it were alone."""

    @property
    def learners(self) -> Learners:
        """The actors."""

    @property
    def loss(self) -> Loss:
        """How far the actors are from the demonstrated actions, the loss of validation."""

    def update(self, batch: Sequence[Tensor], running: Sequence[int], /) -> Tensor | None:
        """Make one update; return `loss` (K) on the batch, or None if no actor has moved.

        `batch` is from `TrainingRows.minibatches`. Learners whose numbers are not among the
        `running` may stay as they are.
        """


class Kind(NamedTuple):
    """How a method is set up."""

    build: Callable[[Actors, TrainingRows, Cloning, int], Method]
    """Untrained actors, their rows, the settings of cloning and the number of all updates -> the
    learners of the method."""
    schedule: Callable[[Cloning], Schedule]
    """The settings of cloning -> how long the method trains."""
    spread: str = "state"
    """The spread of the actors, see `Architecture`."""


METHODS: dict[str, Kind] = {
    "bc": Kind(BC, cloning_schedule),
    "iql": Kind(IQL, published_schedule),
    "td3bc": Kind(TD3BC, published_schedule, spread="none"),
}
