"""Descriptions: the mean of the experts and of the clones of a level, or the share of each mode."""

from collections.abc import Iterator, Sequence

import numpy as np

from brainiarb.statistics.blocks import sample
from brainiarb.statistics.methods import (
    Inference,
    clipped,
    interquartile_mean,
    mapped,
    stratified_bootstrap,
    t_interval,
)
from brainiarb.statistics.questions import Inquiry, Question, finite, method_of
from brainiarb.statistics.shares import wilson
from brainiarb.statistics.subjects import Subject


def descriptions(subject: Subject, inquiry: Inquiry) -> Iterator[Question]:
    """Describe the experts and the clones of each level.

    `level` and `iqm` are the mean and the interquartile mean. A measure with the modes of clones
    that walk and of clones that fall has a `share` of clones that walk at each level, and a
    measure that marks clones has a `share` of those that are marked. Where some
    walk and others do not, there is no mean, but `walking`, the mean of those that walk.
    """
    names = [name for name in sorted(subject.own) if name in subject.clones or not subject.clones]
    if names:
        values = np.array([subject.own[name] for name in names])
        result = _bounded(t_interval(values, inquiry.confidence), subject)
        yield Question("level", -1, result, [0] * len(names), 0, "t of experts", inquiry.confidence)
    for level in subject.levels:
        yield from _of_level(subject, level, inquiry)


def _of_level(subject: Subject, level: int, inquiry: Inquiry) -> Iterator[Question]:
    arrays = subject.values(level)
    values, left_out = finite(arrays.values())
    if not values:
        return
    if subject.declared.two_modes:
        walkers = subject.walkers(level, inquiry.walking)
        clones, walking = sum(map(len, walkers.values())), int(sum(map(sum, walkers.values())))
        if walkers:
            yield _share(subject, [*walkers.values()], level, left_out, inquiry)
        if subject.declared.counted:
            return
        if 0 < walking < clones:
            kept = [finite([arrays[e]])[0][0][marked] for e, marked in walkers.items()]
            yield _mean("walking", subject, level, kept, left_out + clones - walking, inquiry)
            return
    yield _mean("level", subject, level, values, left_out, inquiry)
    result = stratified_bootstrap(
        values, interquartile_mean, inquiry.replicates, inquiry.rng, inquiry.confidence
    )
    yield Question(
        "iqm", level, _bounded(result, subject), [*map(len, values)], left_out,
        "interquartile mean, stratified bootstrap", inquiry.confidence, within=True,
    )  # fmt: skip


def _share(
    subject: Subject,
    walkers: Sequence[np.ndarray],
    level: int,
    left_out: int,
    inquiry: Inquiry,
) -> Question:
    """Ask for the share of clones that walk, or that are marked."""
    method = "Wilson" if len(walkers) == 1 else "Wilson, effective number of clones"
    note = f"{sum(map(sum, walkers))} of {sum(map(len, walkers))} clones {subject.declared.verb}"
    return Question(
        "share", level, wilson(walkers, inquiry.confidence), [*map(len, walkers)], left_out, method,
        inquiry.confidence, unit=subject.declared.share, notes=(note,),
    )  # fmt: skip


def _mean(
    kind: str,
    subject: Subject,
    level: int,
    values: Sequence[np.ndarray],
    left_out: int,
    inquiry: Inquiry,
) -> Question:
    """Ask for the mean of clones, the geometric mean where the measure is compared by ratios."""
    known = [x for x in values if len(x)]
    of_logs = subject.declared.ratio and all((x > 0).all() for x in known)
    result = t_interval(sample([*map(np.log, known)] if of_logs else known), inquiry.confidence)
    result = _bounded(mapped(result, np.exp) if of_logs else result, subject)
    method = method_of("t", "clones", known) + ", geometric mean" * of_logs
    return Question(kind, level, result, [*map(len, known)], left_out, method, inquiry.confidence)


def _bounded(result: Inference, subject: Subject) -> Inference:
    return clipped(result, subject.declared.low, subject.declared.high)
