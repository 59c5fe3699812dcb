"""The table of statistics: every question of every measure, with its class, family and answer."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from brainiarb.errors import Refused
from brainiarb.seeds import generator
from brainiarb.statistics.comparisons import comparisons
from brainiarb.statistics.descriptions import descriptions
from brainiarb.statistics.equivalences import Margin, equivalences
from brainiarb.statistics.measures import FLOOR, SPREAD
from brainiarb.statistics.methods import holm
from brainiarb.statistics.modes import modes
from brainiarb.statistics.questions import Inquiry, Question
from brainiarb.statistics.subjects import Subject, subjects

COLUMNS = (
    "measure", "unit", "kind", "level", "estimate", "low", "high", "confidence", "n_experts",
    "n_clones", "n_left_out", "p", "p_holm", "family", "class", "answer", "condition", "method",
    "note",
)  # fmt: skip
PRIMARY, SECONDARY, DESCRIPTIVE = CLASSES = ("primary", "secondary", "descriptive")
UNRESOLVED, UNTESTABLE = "not resolved", "not testable"


def statistics_table(
    measures: pd.DataFrame,
    classes: Mapping[str, str],
    seed: int,
    alpha: float,
    replicates: int,
    permutations: int,
    walking: float,
    primary_levels: Sequence[int],
    margins: Mapping[str, Mapping[str, float]],
) -> pd.DataFrame:
    """Tabulate descriptions, comparisons, equivalences and modes of every measure.

    `measures` has the columns of `measures.COLUMNS`; `classes` map measures to a class, see
    `read_classes`; a measure that is not among them is descriptive. `margins` name, for `absolute`
    and `relative`, the margin of equivalence of some measures, in their unit or as a share of the
    expert's value.

    A primary measure is primary at the `primary_levels` and in its trend, and secondary elsewhere.
    A descriptive row has no p. Primary rows of one kind and level are a family: their p is
    corrected for one another (`p_holm`), and decides their `answer`. Other rows have no answer,
    except those of equivalence, whose margin was fixed before: there the plain p decides.
    """
    rows = []
    for subject in subjects(measures):
        rng = generator(seed, "compute_statistics", subject.measure)
        inquiry = Inquiry(rng, alpha, replicates, permutations, walking)
        of_measure = classes.get(subject.measure, DESCRIPTIVE)
        spread = _spreads(measures, subject.measure)
        limits = [
            Margin(by_measure[subject.measure], kind == "relative", spread)
            for kind, by_measure in sorted(margins.items())
            if subject.measure in by_measure
        ]
        for question in _questions(subject, limits, of_measure == PRIMARY, inquiry):
            primary = question.level is None or question.level in primary_levels
            of_row = SECONDARY if of_measure == PRIMARY and not primary else of_measure
            rows.append(_row(subject, question, of_row))
    table = pd.DataFrame(rows, columns=[*COLUMNS, "resolved"]).astype({"level": "Int64"})
    table["p_holm"] = table.groupby(table["family"].where(table["family"] != ""))["p"].transform(
        lambda p: holm(p.to_numpy())
    )
    decisive = table["p_holm"].where(table["class"] == PRIMARY, table["p"])
    asked = table["resolved"].notna() & (
        (table["class"] == PRIMARY) | (table["kind"] == "equivalence")
    )
    answers = table["resolved"].where(decisive <= alpha, UNRESOLVED)
    table["answer"] = answers.where(decisive.notna(), UNTESTABLE).where(asked, "")
    return table[[*COLUMNS]]


def read_classes(table: pd.DataFrame) -> dict[str, str]:
    """Return the class of each measure from the columns `measure` and `class` of a table.

    Raises `Refused` for a class other than primary, secondary or descriptive, and for a measure
    that is listed twice.
    """
    unknown = table[~table["class"].isin(CLASSES)]
    if len(unknown):
        measure, name = unknown[["measure", "class"]].iloc[0]
        raise Refused(f"the class of {measure} is {name!r}, not one of {', '.join(CLASSES)}")
    if table["measure"].duplicated().any():
        measure = table.loc[table["measure"].duplicated(), "measure"].iloc[0]
        raise Refused(f"{measure} is listed twice among the classes of measures")
    return dict(zip(table["measure"], table["class"], strict=True))


def _questions(
    subject: Subject, margins: Sequence[Margin], primary: bool, inquiry: Inquiry
) -> Iterator[Question]:
    """Ask everything of a subject; a floor is only described, and modes are counted if primary."""
    yield from descriptions(subject, inquiry)
    if subject.measure.startswith(FLOOR):
        return
    yield from comparisons(subject, inquiry)
    if primary:
        yield from modes(subject, inquiry)
    for margin in margins:
        yield from equivalences(subject, margin, inquiry)


def _row(subject: Subject, question: Question, of_row: str) -> tuple:
    """Return one row of the table, before Holm's correction, and the answer that it would give."""
    result, tested = question.result, question.answer is not None
    named = of_row != DESCRIPTIVE or question.kind == "equivalence"
    place = "" if question.level is None else f" at {question.level} %"
    notes = "; ".join(filter(None, (result.note, *question.notes)))
    return (
        subject.measure, question.unit or subject.unit, question.kind, question.level,
        result.estimate, result.low, result.high, question.confidence, len(question.units),
        sum(question.units), question.left_out, result.p if tested and named else np.nan, np.nan,
        f"{question.kind}{place}" if tested and of_row == PRIMARY else "", of_row, "",
        question.condition, question.method, notes, question.answer,
    )  # fmt: skip


def _spreads(measures: pd.DataFrame, measure: str) -> dict[str, float]:
    """Return the spread of the episodes of each expert in a measure, where it is known."""
    rows = measures[measures["measure"] == f"{measure}{SPREAD}"].dropna(subset="value")
    return dict(zip(rows["expert"].map(str), rows["value"].map(float), strict=True))
