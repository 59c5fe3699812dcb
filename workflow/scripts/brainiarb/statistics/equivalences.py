"""Equivalences: whether the clones of a level are like their expert, up to a fixed margin."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from brainiarb.statistics.blocks import differences, sample
from brainiarb.statistics.methods import Inference, equivalence, mapped
from brainiarb.statistics.questions import Inquiry, Question, is_split, method_of
from brainiarb.statistics.shares import binomial
from brainiarb.statistics.subjects import Subject

TOO_WIDE = "the margin {:.3g} is larger than half of {} {:.3g}"
UNSTABLE_AT = "the value of {} is unstable, so that equivalence is not asked"
TOO_NARROW = "the margin {:.3g} is smaller than the spread {:.3g} of the expert's own episodes"
LARGEST_MARGIN = 0.5
"""Of the size of what a margin bounds; with a wider margin, equivalence says nothing."""


@dataclass(frozen=True)
class Margin:
    """The margin of equivalence of one measure."""

    size: float
    relative: bool
    """Whether it is a share of the expert's value, or in the unit of the measure."""
    spread: Mapping[str, float]
    """Of the episodes of each expert, in the unit of the measure, where it is known."""


def equivalences(subject: Subject, margin: Margin, inquiry: Inquiry) -> Iterator[Question]:
    """Ask of each level whether its clones are equivalent to their expert.

    Of a measure that is told as the share of clones that walk, the margin is the largest share that
    does not walk. A measure that grows with the recording, that marks clones, or whose value for
    the expert holds by definition, is not asked of; nor is a level where some clones walk and
    others do not.
    """
    if subject.declared.marked or not (subject.declared.referable or subject.declared.counted):
        return
    for level in subject.levels:
        clones = {
            expert: x
            for expert, x in subject.values(level).items()
            if np.isfinite(x).any() and expert in subject.own
            if subject.own[expert] or not margin.relative
        }
        if clones and subject.declared.counted and subject.standard:
            yield _of_shares(subject, level, margin, inquiry)
        elif clones and not is_split(subject, [level], inquiry.walking):
            yield _of_values(subject, level, clones, margin, inquiry)


def _of_shares(subject: Subject, level: int, margin: Margin, inquiry: Inquiry) -> Question:
    """Ask whether nearly all clones walk, as their expert does."""
    walkers = [*subject.walkers(level, inquiry.walking).values()]
    result = mapped(binomial(walkers, 1 - margin.size, 1 - 2 * inquiry.alpha), lambda x: x - 1)
    missing = sum(map(len, subject.values(level).values())) - sum(map(len, walkers))
    method = f"binomial test of the share that walks, margin {margin.size:.3g}"
    return _question(
        level, result, walkers, missing, method, margin, inquiry, subject.declared.share
    )


def _of_values(
    subject: Subject,
    level: int,
    clones: Mapping[str, np.ndarray],
    margin: Margin,
    inquiry: Inquiry,
) -> Question:
    """Ask whether the mean of the clones is like that of their expert."""
    scales = [abs(subject.own[expert]) if margin.relative else 1.0 for expert in clones]
    pairs = [differences(subject.own[expert], x) for expert, x in clones.items()]
    blocks = [x / scale for (x, _), scale in zip(pairs, scales, strict=True)]
    result = equivalence(sample(blocks), margin.size, inquiry.alpha)
    method = method_of("one-sided t", "blocks", blocks) + f", margin {margin.size:.3g}"
    missing = sum(n for _, n in pairs)
    fault = unstable(subject, level, [*clones]) or too_wide(subject, [*clones], margin)
    if fault:
        result = replace(result, p=float("nan"))
    unit = "share of the expert's value" if margin.relative else None
    notes = tuple(filter(None, (fault, too_narrow(subject, [*clones], margin))))
    return _question(level, result, blocks, missing, method, margin, inquiry, unit, notes)


def _question(
    level: int,
    result: Inference,
    units: Sequence[np.ndarray],
    missing: int,
    method: str,
    margin: Margin,
    inquiry: Inquiry,
    unit: str | None = None,
    notes: tuple[str, ...] = (),
) -> Question:
    answer = "equivalent" if abs(result.estimate) <= margin.size else "not equivalent"
    return Question(
        "equivalence", level, result, [*map(len, units)], missing, method, 1 - 2 * inquiry.alpha,
        answer, unit, notes,
    )  # fmt: skip


def unstable(subject: Subject, level: int, experts: Sequence[str]) -> str:
    """Say that a value that equivalence would be asked of is unstable, or nothing.

    Only the measures that are declared so are looked at: of the others, unstable values count.
    """
    if not subject.declared.of_stable:
        return ""
    doubted = [expert for expert in experts if (expert, -1) in subject.unstable]
    doubted += [f"a clone of {expert}" for expert in experts if (expert, level) in subject.unstable]
    return UNSTABLE_AT.format(" and of ".join(doubted)) if doubted else ""


def too_wide(subject: Subject, experts: Sequence[str], margin: Margin) -> str:
    """Say that a margin is larger than half of what it bounds, or nothing.

    It bounds a difference from the expert's value. The expert's own distance is a floor near 0;
    there the range of the distance is the size.
    """
    size, of = _own(subject, experts), "the expert's value"
    if subject.declared.distance:
        size, of = subject.declared.high - subject.declared.low, "the range"
    width = margin.size * (_own(subject, experts) if margin.relative else 1.0)
    return TOO_WIDE.format(width, of, size) if width > LARGEST_MARGIN * size else ""


def too_narrow(subject: Subject, experts: Sequence[str], margin: Margin) -> str:
    """Say that a margin is smaller than the spread of the expert's own episodes, or nothing."""
    spreads = [margin.spread[expert] for expert in experts if expert in margin.spread]
    width = margin.size * (_own(subject, experts) if margin.relative else 1.0)
    narrow = spreads and width < np.mean(spreads)
    return TOO_NARROW.format(width, np.mean(spreads)) if narrow else ""


def _own(subject: Subject, experts: Sequence[str]) -> float:
    """Return the mean size of the experts' own values."""
    return float(np.mean([abs(subject.own[expert]) for expert in experts]))
