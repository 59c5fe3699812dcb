"""Questions: one result about the clones of one measure, with its sample and its method."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from brainiarb.statistics.methods import Inference
from brainiarb.statistics.subjects import Subject

OVER = "over experts"
CONDITIONAL = "conditional on this expert"


@dataclass(frozen=True)
class Question:
    """One row of the table of statistics, before p is corrected for the other primary measures."""

    kind: str
    level: int | None
    result: Inference
    units: Sequence[int]
    """Number of clones of each expert that the result is from."""
    left_out: int
    """Number of clones that are left out because a value is missing."""
    method: str
    confidence: float
    answer: str | None = None
    """The answer that a small p gives; None where nothing is tested."""
    unit: str | None = None
    """The unit of the result where it is not the unit of the measure."""
    notes: tuple[str, ...] = ()
    within: bool = False
    """Whether the result says nothing of other experts, even if it is from several."""

    @property
    def condition(self) -> str:
        """Return what the result can be generalised to."""
        if len(self.units) == 1:
            return CONDITIONAL
        return "conditional on these experts" if self.within else OVER


@dataclass(frozen=True)
class Inquiry:
    """How all questions are asked."""

    rng: np.random.Generator
    alpha: float
    replicates: int
    """The number of resamples of every bootstrap."""
    permutations: int
    """The number of arrangements or simulations of every test that uses them."""
    walking: float
    """A clone walks if it keeps at least this share of the value of its expert."""

    @property
    def confidence(self) -> float:
        """The confidence of all intervals except those of equivalence."""
        return 1 - self.alpha


def is_split(
    subject: Subject, levels: Sequence[int], walking: float, *, beside: bool = False
) -> bool:
    """Return whether some clones of these levels walk and others do not.

    With `beside`, those by the reference method are among them.
    """
    if not subject.declared.two_modes:
        return False
    sides = [subject, replace(subject, clones=subject.beside)] if beside else [subject]
    marks = [
        of_expert
        for side in sides
        for level in levels
        for of_expert in side.walkers(level, walking).values()
    ]
    return bool(marks) and len(set(np.concatenate(marks))) > 1


def finite(values: Iterable[np.ndarray]) -> tuple[list[np.ndarray], int]:
    """Return the finite values of each expert that has any, and how many values are missing."""
    arrays = [*values]
    known = [x[np.isfinite(x)] for x in arrays]
    return [x for x in known if len(x)], sum(map(len, arrays)) - sum(map(len, known))


def method_of(test: str, units: str, experts: Sequence[object]) -> str:
    """Return the name of a method: a test of the units of one expert, or of several experts."""
    return f"{test} of {units if len(experts) == 1 else 'experts'}"
