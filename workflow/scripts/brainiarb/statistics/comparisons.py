"""Comparisons: clones with their expert, their floor and the clean clones, and trends over levels.

Every comparison is of one level. Each clone is compared with the clone of the same number, which
began as the same network (`statistics.blocks`). Nothing is pooled over levels but a trend.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from brainiarb.statistics.blocks import LEAST_LEVELS, Side, differences, sample, trend
from brainiarb.statistics.methods import clipped, mapped, t_interval
from brainiarb.statistics.questions import Inquiry, Question, is_split, method_of
from brainiarb.statistics.shares import paired_shares
from brainiarb.statistics.subjects import Subject

CHANGING_STATES = "the states differ between levels"
RATIO = "ratio"
"""Unit of a comparison of logarithms."""


def comparisons(subject: Subject, inquiry: Inquiry) -> Iterator[Question]:
    """Compare the clones of each level with other agents, and ask for a trend over the levels.

    The kinds are `difference` (from the expert's own value, unless that is 0 or 1 by definition),
    `gain` (over the untrained network that each clone began as), `contrast` (with the clean clone
    of the same number), `share contrast` (the same for the share of clones that walk) and `trend`
    (Kendall's tau of each clone number). Means are not compared where some clones walk and others
    do not. A measure that grows with the recording is not compared at all.
    """
    if subject.declared.grows:
        return
    for level in subject.levels:
        if not is_split(subject, [level], inquiry.walking):
            yield from _with_expert(subject, level, inquiry)
            yield from _with_floor(subject, level, inquiry)
        if level > 0:
            yield from _with_clean(subject, level, inquiry)
    yield from _over_levels(subject, inquiry)


def _with_expert(subject: Subject, level: int, inquiry: Inquiry) -> Iterator[Question]:
    clones = subject.values(level)
    if subject.declared.referable:
        sides: list[tuple[Side, Side]] = [
            (subject.own[expert], x) for expert, x in clones.items() if expert in subject.own
        ]
        answers = ("lower than the expert", "higher than the expert")
        yield from _compared("difference", subject, level, sides, answers, inquiry)


def _with_floor(subject: Subject, level: int, inquiry: Inquiry) -> Iterator[Question]:
    floors = [(subject.floor(expert, level), x) for expert, x in subject.values(level).items()]
    sides: list[tuple[Side, Side]] = [(floor, x) for floor, x in floors if floor is not None]
    answers = ("lower than the floor", "higher than the floor")
    yield from _compared("gain", subject, level, sides, answers, inquiry)


def _with_clean(subject: Subject, level: int, inquiry: Inquiry) -> Iterator[Question]:
    if subject.declared.two_modes:
        yield from _shares_with_clean(subject, level, inquiry)
    if is_split(subject, [0, level], inquiry.walking) or subject.declared.counted:
        return
    sides: list[tuple[Side, Side]] = [
        (table[0].to_numpy(float), table[level].to_numpy(float))
        for table in subject.clones.values()
        if {0, level} <= set(table.columns)
    ]
    answers = ("lower with noise", "higher with noise")
    yield from _compared("contrast", subject, level, sides, answers, inquiry)


def _compared(
    kind: str,
    subject: Subject,
    level: int,
    sides: Sequence[tuple[Side, Side]],
    answers: tuple[str, str],
    inquiry: Inquiry,
) -> Iterator[Question]:
    """Ask by how much the second side is larger, block by block: a difference, or a ratio."""
    declared = subject.declared
    of_logs = declared.ratio and not any((np.asarray(x) <= 0).any() for side in sides for x in side)
    pairs = [differences(*(np.log(x) for x in side) if of_logs else side) for side in sides]
    blocks = [x for x, _ in pairs]
    if not any(map(len, blocks)):
        return
    result, neutral = t_interval(sample(blocks), inquiry.confidence), 0.0
    if of_logs:
        result, neutral = mapped(result, np.exp), 1.0
    elif kind == "difference":
        used = [first for (first, _), x in zip(sides, blocks, strict=True) if len(x)]
        own = float(np.mean([np.mean(value) for value in used]))
        result = clipped(result, declared.low - own, declared.high - own)
    else:
        result = clipped(result, declared.low - declared.high, declared.high - declared.low)
    test = "t" if kind == "difference" else "paired t"
    units = [len(x) for x in blocks if len(x)]
    yield Question(
        kind, level, result, units, sum(missing for _, missing in pairs),
        method_of(test, "blocks", units) + ", of logarithms" * of_logs, inquiry.confidence,
        answers[int(result.estimate > neutral)], RATIO if of_logs else None,
        _notes(subject) if kind == "contrast" else (),
    )  # fmt: skip


def _shares_with_clean(subject: Subject, level: int, inquiry: Inquiry) -> Iterator[Question]:
    """Ask whether more or fewer clones walk than clean clones, number by number."""
    pairs, left_out = [], 0
    for expert, table in subject.clones.items():
        least = subject.threshold(expert, inquiry.walking)
        if {0, level} <= set(table.columns) and least is not None:
            known = table[[0, level]].dropna().to_numpy(float)
            left_out += len(table) - len(known)
            if len(known):
                pairs.append(known >= least)
    if not pairs:
        return
    if len(pairs) == 1:
        clean, noisy = pairs[0].T
        result, method = paired_shares(clean, noisy, inquiry.confidence), "McNemar and Tango"
    else:
        shares = np.array([float(np.diff(walks.mean(axis=0))[0]) for walks in pairs])
        result, method = clipped(t_interval(shares, inquiry.confidence), -1, 1), "t of experts"
    answer = f"{'more' if result.estimate > 0 else 'fewer'} {subject.declared.verb} with noise"
    yield Question(
        "share contrast", level, result, [*map(len, pairs)], left_out, method, inquiry.confidence,
        answer, subject.declared.share,
    )  # fmt: skip


def _over_levels(subject: Subject, inquiry: Inquiry) -> Iterator[Question]:
    tables = [
        table.to_numpy(float) for table in subject.clones.values() if table.shape[1] >= LEAST_LEVELS
    ]
    enough = [np.isfinite(x).sum(axis=1) >= LEAST_LEVELS for x in tables]
    units = [int(rows.sum()) for rows in enough if rows.any()]
    if not units:
        return
    result = trend(tables, inquiry.permutations, inquiry.rng, inquiry.confidence)
    yield Question(
        "trend", None, result, units, sum(map(len, tables)) - sum(units),
        method_of("t of Kendall's tau", "blocks", units), inquiry.confidence,
        f"{'rises' if result.estimate > 0 else 'falls'} with noise", "tau", _notes(subject),
    )  # fmt: skip


def _notes(subject: Subject) -> tuple[str, ...]:
    return (CHANGING_STATES,) * subject.declared.on_states_of_level
