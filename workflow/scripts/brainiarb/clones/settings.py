"""The settings of cloning, and how they adapt to few demonstrations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from brainiarb.actors.architecture import Architecture
from brainiarb.clones.losses import LOSSES
from brainiarb.errors import Refused


@dataclass(frozen=True)
class Cloning:
    """How clones are trained; each field is a key of `cloning` in the config."""

    loss: str
    """The loss that clones minimise: a key of `losses.LOSSES`."""
    learning_rate: float
    """Learning rate of Adam."""
    batch_size: int
    """Time steps in an update of a clone."""
    epochs: int
    """The most passes over the demonstrations."""
    patience: int
    """Epochs without a better validation loss after which the training of a clone stops."""
    validation: float
    """Share of the episodes of a clone that is held out, at least one episode."""
    log_std_floor: float
    """Least log standard deviation that the likelihood can reach."""
    hidden: Sequence[int] | None = None
    """Units of the hidden layers; None takes those of the expert."""
    activation: str | None = None
    """Non-linearity of the hidden layers; None takes that of the expert."""

    def __post_init__(self) -> None:
        """Refuse an unknown loss."""
        if self.loss not in LOSSES:
            raise Refused(f"loss {self.loss!r} is not known; use one of {', '.join(LOSSES)}")


@dataclass(frozen=True)
class Schedule:
    """How long the clones of a method train."""

    batch_size: int
    """Time steps in an update of a clone."""
    epochs: int
    """The most passes over the demonstrations."""
    patience: int | None = None
    """Epochs without a better validation loss after which a clone stops with its best weights; None
    trains for all epochs and keeps the last weights."""
    shuffled: bool = True
    """Whether each pass has an order of its own."""
    transitions: bool = True
    """Whether the method learns from whole transitions, with rewards and what follows."""
    advice: str = "leave it out where the rewards of the demonstrations are so large"
    """What helps if the training diverges."""


def cloning_schedule(cloning: Cloning) -> Schedule:
    """Return the schedule of behaviour cloning. The loss `paper` is trained without shuffling."""
    return Schedule(
        cloning.batch_size,
        cloning.epochs,
        cloning.patience,
        shuffled=cloning.loss != "paper",
        transitions=False,
        advice="lower cloning.learning_rate",
    )


def published_schedule(_cloning: Cloning) -> Schedule:
    """Return the schedule of the papers on offline reinforcement learning (`iql`, `td3bc`).

    They make 1,000,000 updates of 256 rows, from about 1,000,000 rows. These are 256 passes.
    """
    return Schedule(batch_size=256, epochs=256)


def clone_architecture(
    expert: Architecture, hidden: Sequence[int] | None = None, activation: str | None = None
) -> Architecture:
    """Return the architecture of the clones of an expert: its hidden layers, and the heads of SAC.

    A label is an action, so the clones of every expert learn a Gaussian that a tanh squashes. They
    have no layer norm. `hidden` and `activation` replace those of the expert.
    """
    return Architecture(
        hidden=expert.hidden if hidden is None else tuple(hidden),
        activation=expert.activation if activation is None else activation,
    )


def with_equal_updates(cloning: Cloning, samples: int, rows: int) -> Cloning:
    """Return `cloning` for `rows` to train on, with as many updates as it makes of `samples`.

    Otherwise the number of demonstrations would be confounded with the number of updates. The
    validation share is subtracted from `samples`; a minibatch is at most half of `rows`.
    """
    batch = max(1, min(cloning.batch_size, rows // 2))
    trained = int(samples * (1 - cloning.validation))
    updates = cloning.epochs * max(1, trained // cloning.batch_size)
    epochs = -(-updates // max(1, rows // batch))
    patience = max(1, round(cloning.patience * epochs / cloning.epochs))
    return replace(cloning, batch_size=batch, epochs=epochs, patience=patience)
