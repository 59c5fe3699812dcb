"""Effects: one number of each block of clones, or one of each expert, that a claim is tested on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.statistics.blocks import Side, differences, sample
from brainiarb.statistics.methods import (
    Inference,
    clipped,
    mapped,
    standard_error,
    t_interval,
)
from brainiarb.statistics.subjects import Subject

NO_CLONES = pd.DataFrame()


@dataclass(frozen=True)
class Effects:
    """The effects of one comparison at one level."""

    blocks: Mapping[str, np.ndarray]
    """Effects (k) of the blocks of each expert that has any; logarithms where these are asked."""
    left_out: int
    """The number of clones without a value on either side."""
    possible: tuple[float, float]
    """The least and the largest possible mean effect, logarithms where these are asked."""
    logarithms: bool = False
    shares: bool = False
    """Whether the values are shares of few cases."""
    span: float = 0.0
    """How far the two modes of the effects lie apart, 0 if they have one."""

    @property
    def units(self) -> np.ndarray:
        """Return the sample: the blocks of one expert, or one mean of each of several experts."""
        return sample([*self.blocks.values()]) if self.blocks else np.zeros(0)

    @property
    def least_error(self) -> float:
        """Return a standard error that the mean has at least; 0 if more is not known.

        Where values have two modes, a sample often shows one of them, and its own error is then far
        too small. The least error is that of the sample with one more value in each mode.
        Means of few shares lie on a grid, and some are equal by chance: t would take 0.07 to 0.11
        of the studies for significant at 0.05. The least error of a mean of several experts is that
        which the blocks alone give.
        """
        n = len(self.units)
        of_modes = self.span * float(np.sqrt(n + 1)) / (n + 2) ** 1.5
        errors = [standard_error(x) for x in self.blocks.values() if len(x) > 1]
        if not self.shares or len(errors) < 2:
            return of_modes
        return max(of_modes, float(np.sqrt(np.sum(np.square(errors)))) / len(errors))

    def interval(self, confidence: float) -> Inference:
        """Return the mean with its t interval, within what is possible and not as a logarithm."""
        result = t_interval(self.units, confidence, least_error=self.least_error)
        result = clipped(result, *self.possible)
        return mapped(result, np.exp) if self.logarithms else result


def effects(subject: Subject, comparison: str, level: int, logarithms: bool) -> Effects:
    """Return the effects of a comparison of the clones of one level.

    The comparisons are `value` (the clones' own), `difference` (from the expert), `ratio` (to the
    expert), `contrast` (with the clean clone of the same number), `method` (with the clone of the
    same number by the reference method), `peers` (with the mean of other experts), `gain` (over the
    untrained network that a clone began as), `floor` (that network itself) and `expert` (the
    experts themselves). A value that is nan, infinite or, where logarithms are asked, not positive
    is missing. There are no effects where a side is missing altogether.
    """
    sides = {
        expert: pair
        for expert, values in subject.values(level).items()
        if (pair := _sides(subject, comparison, expert, level, values, float(logarithms)))
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        pairs = {
            expert: differences(*(np.log(x) for x in pair) if logarithms else pair)
            for expert, pair in sides.items()
        }
    blocks = {expert: x for expert, (x, _) in pairs.items() if len(x)}
    return Effects(
        blocks,
        sum(missing for _, missing in pairs.values()),
        _possible(subject, comparison, [*blocks], logarithms),
        logarithms,
        subject.declared.shares,
        _span(subject, comparison, [*blocks]),
    )


def _sides(
    subject: Subject, comparison: str, expert: str, level: int, values: np.ndarray, one: float
) -> tuple[Side, Side] | None:
    """Return what is compared and with what; `one` is what a value itself is compared with."""
    own, floor = subject.own.get(expert), subject.floor(expert, level)
    clean = subject.clones[expert].get(0)
    if comparison == "value":
        return one, values
    if comparison == "contrast":
        return None if clean is None else (clean.to_numpy(float), values)
    if comparison == "method":
        beside = subject.beside.get(expert, NO_CLONES)
        if level not in beside.columns:
            return None
        return beside[level].reindex(subject.clones[expert].index).to_numpy(float), values
    if comparison == "peers":
        return (subject.peers[expert], values) if expert in subject.peers else None
    if comparison == "gain":
        return None if floor is None else (floor, values)
    if comparison == "floor":
        return None if floor is None else (one, floor)
    if own is None:
        return None
    return (one, np.array([own])) if comparison == "expert" else (own, values)


def _possible(
    subject: Subject, comparison: str, experts: list[str], logarithms: bool
) -> tuple[float, float]:
    """Return the least and the largest possible mean effect, from the bounds of the measure."""
    low, high = subject.declared.low, subject.declared.high
    if logarithms:
        return float("-inf"), float("inf")
    if comparison == "difference" and experts:
        own = float(np.mean([subject.own[expert] for expert in experts]))
        return low - own, high - own
    if comparison in ("contrast", "gain", "method", "peers"):
        return low - high, high - low
    return low, high


def _span(subject: Subject, comparison: str, experts: list[str]) -> float:
    """Return how far the modes lie apart: from 0 to the value of the expert, or from 0 to 1."""
    declared = subject.declared
    if comparison in ("contrast", "method", "ratio") or not (declared.two_modes or declared.shares):
        return 0.0
    own = [subject.own[expert] for expert in experts if expert in subject.own]
    return float(np.mean(own)) if own and not declared.shares else 1.0
