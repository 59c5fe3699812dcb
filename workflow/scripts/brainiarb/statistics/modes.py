"""Modes: whether the clones of a level fall into more than one kind."""

from collections.abc import Iterator

from brainiarb.statistics.dip import dip_test
from brainiarb.statistics.questions import Inquiry, Question, finite
from brainiarb.statistics.subjects import Subject


def modes(subject: Subject, inquiry: Inquiry) -> Iterator[Question]:
    """Ask whether the clones of each level have more than one mode, by the mean dip of the experts.

    Levels are asked one by one: clones of one number are alike at all levels, so that the dips of
    levels are no independent sample. A measure that marks clones has two modes by definition, and
    is not asked of.
    """
    if subject.declared.marked:
        return
    for level in subject.levels:
        values, left_out = finite(subject.values(level).values())
        if values:
            result = dip_test(values, inquiry.permutations, inquiry.rng)
            yield Question(
                "bimodality", level, result, [*map(len, values)], left_out, "mean dip",
                inquiry.confidence, "more than one mode", within=True,
            )  # fmt: skip
