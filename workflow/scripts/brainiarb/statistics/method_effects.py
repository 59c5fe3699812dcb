"""Effects of the method of offline learning: what is of the method, of the data, of the copy.

Clones of all methods learn from the same demonstrations. Clone k of every method and level begins
as one network, so that all comparisons are made within each clone number (`blocks`).

| kind     | question                                                                             |
|----------|--------------------------------------------------------------------------------------|
| `walks`  | What share of the clones walks, or is marked, of a measure that tells?                |
| `value`  | What is the mean of the clones of this method?                                        |
| `copy`   | How far are they from the expert, whose demonstrations they learnt from?              |
| `peers`  | How far are they from other experts of the same algorithm and the same budget?        |
| `gain`   | How far are they from the untrained networks that they began as, their own floors?    |
| `data`   | How far are they from the clones of the same method that learnt without noise?        |
| `method` | How far are they from the clones by behaviour cloning that learnt from the same data? |

Means are not compared where some clones walk and others do not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from brainiarb.statistics.comparisons import CHANGING_STATES, RATIO
from brainiarb.statistics.effects import effects
from brainiarb.statistics.ledger import REFERENCE
from brainiarb.statistics.measures import FLOOR
from brainiarb.statistics.questions import Question, is_split, method_of
from brainiarb.statistics.shares import wilson
from brainiarb.statistics.subjects import Subject, subjects

COLUMNS = (
    "measure", "unit", "method", "level", "kind", "estimate", "low", "high", "confidence", "p",
    "n_experts", "n_clones", "n_left_out", "condition", "note",
)  # fmt: skip
COMPARISONS = {
    "value": "value", "copy": "difference", "peers": "peers", "gain": "gain", "data": "contrast",
    "method": "method",
}  # fmt: skip
"""The comparison of `effects` that answers each question about means."""
CHANGING = ("data", "method")
"""Kinds that compare clones which a measure of their own states shows different states."""


def of_methods(measures: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the measures of the clones of several methods, and of their experts, in one table.

    `measures` holds a table of measures (`measures.COLUMNS`) by the name of each method. The column
    `method` of the result is empty for agents that no method has trained: experts, demonstrators
    and untrained networks. Rows of them that several tables have stand there once.
    """
    tables = []
    for method, table in measures.items():
        named, of_clones = table.copy(), (table["level"] >= 0) & (table["clone"] >= 0)
        named.insert(named.columns.get_loc("clone") + 1, "method", np.where(of_clones, method, ""))
        tables.append(named)
    return pd.concat(tables).drop_duplicates(ignore_index=True)


def by_method(measures: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of `of_methods` that concern each method: of its clones, and of the others.

    A table without the column `method` is one of the reference method.
    """
    if "method" not in measures:
        return {REFERENCE: measures}
    names = measures["method"].fillna("")
    methods = [str(name) for name in names.unique() if name] or [REFERENCE]
    return {method: measures[names.isin([method, ""])] for method in methods}


def method_effects(measures: pd.DataFrame, confidence: float, walking: float) -> pd.DataFrame:
    """Tabulate the answers to all questions about every measure, method and level.

    `measures` is from `of_methods`, with the rows of the clones, of their floors and of the
    experts. A clone walks if it keeps at least the share `walking` of the value of its expert.
    Where a measure is declared a ratio, its logarithms are compared, and the unit is `ratio`. An
    estimate is the mean over the clones of one expert, or over experts of the means of their
    clones; its interval and p are those of Student's t, and those of a share are Wilson's. `walks`
    and `value` have no p. A question without an answer has no row, and so have measures that grow
    with the recording. Columns: `COLUMNS`.
    """
    rows, tables = [], by_method(measures)
    for method, table in tables.items():
        for subject in subjects(table, beside(tables, method)):
            if not (subject.measure.startswith(FLOOR) or subject.declared.grows):
                questions = _questions(subject, confidence, walking)
                rows += [_row(method, subject, question) for question in questions]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["measure", "level"], kind="stable", ignore_index=True)


def beside(measures: Mapping[str, pd.DataFrame], method: str) -> pd.DataFrame | None:
    """Return the measures that those of a method are compared with, None for the reference."""
    return None if method == REFERENCE else measures.get(REFERENCE)


def _questions(subject: Subject, confidence: float, walking: float) -> Iterator[Question]:
    """Ask all questions about one measure of the clones of one method."""
    for level in subject.levels:
        yield from _shares(subject, level, confidence, walking)
        for kind, comparison in COMPARISONS.items():
            if kind == "copy" and not subject.declared.referable:
                continue
            if kind == "data" and level == 0:
                continue
            levels = [0, level] if kind == "data" else [level]
            if not is_split(subject, levels, walking, beside=kind == "method"):
                yield from _means(subject, level, kind, comparison, confidence)


def _shares(subject: Subject, level: int, confidence: float, walking: float) -> Iterator[Question]:
    """Ask for the share of clones that walk, or are marked, if the measure has two modes."""
    hits = subject.walkers(level, walking) if subject.declared.two_modes else {}
    if hits:
        values = subject.values(level).values()
        clones = [len(x) for x in hits.values()]
        yield Question(
            "walks", level, wilson([*hits.values()], confidence), clones,
            sum(map(len, values)) - sum(clones), "Wilson", confidence, unit=subject.declared.share,
        )  # fmt: skip


def _means(
    subject: Subject, level: int, kind: str, comparison: str, confidence: float
) -> Iterator[Question]:
    """Ask a question about means, unless only shares are told of the measure."""
    if subject.declared.counted:
        return
    logarithms = subject.declared.ratio
    # All clones are of one mode here, so that the distance of the other one widens nothing.
    found = replace(effects(subject, comparison, level, logarithms), span=0.0)
    if found.blocks:
        result = found.interval(confidence)
        if kind == "value":
            result = replace(result, p=np.nan)
        unit = RATIO if logarithms and kind != "value" else None
        clones = [len(x) for x in found.blocks.values()]
        changing = kind in CHANGING and subject.declared.on_states_of_level
        yield Question(
            kind, level, result, clones, found.left_out, method_of("t", "blocks", clones),
            confidence, unit=unit, notes=(CHANGING_STATES,) * changing,
        )  # fmt: skip


def _row(method: str, subject: Subject, question: Question) -> tuple:
    """Return one row of the table."""
    result = question.result
    return (
        subject.measure, question.unit or subject.unit, method, question.level, question.kind,
        result.estimate, result.low, result.high, question.confidence, result.p,
        len(question.units), sum(question.units), question.left_out, question.condition,
        "; ".join(filter(None, (result.note, *question.notes))),
    )  # fmt: skip
