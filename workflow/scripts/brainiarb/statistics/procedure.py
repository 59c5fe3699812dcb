"""What the procedure of the published study gives on the data of this study, claim by claim.

The study had one clone of each level, so each clone of ours is one draw of what it could have
found. The range of these draws says how much one number of the study means.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from brainiarb.statistics.effects import Effects, effects
from brainiarb.statistics.ledger import REFERENCE, Claim, Rows
from brainiarb.statistics.measures import OK
from brainiarb.statistics.subjects import Subject, subjects

PUBLISHED = "cka"
"""Column of the table of similarities with the number that the study published."""
AS_PUBLISHED, OTHERWISE = "as published", "not as published"
Subjects = Mapping[tuple[str, str], Subject]
"""What is known of measures, by the method of the clones and the name of the measure."""
COLUMNS = (
    "published", "published_value", "published_procedure", "procedure_low", "procedure_high",
    "procedure_draws", "procedure_says", "published_note",
)  # fmt: skip


def by_procedure(
    claim: Claim, level: int, of_measure: Subjects, similarity: pd.DataFrame | None
) -> dict[str, object]:
    """Return what the study published of a claim at a level, and what its procedure gives here.

    `published_procedure` is the mean over the clones, `procedure_low` and `procedure_high` are the
    least and the largest value of a single clone, and `procedure_draws` is their number.
    `procedure_says` tells whether the mean lies where the study concluded from it what it did.
    `published_note` says how the value is made, or why there is none. `of_measure` are measures by
    method and name; `similarity` is None where a study has no such table.
    """
    found, note = _effects(claim, level, of_measure, similarity)
    value, least, most, count = np.nan, np.nan, np.nan, 0
    if found:
        draws = np.concatenate([*found.blocks.values()])
        draws = np.exp(draws) if found.logarithms else draws
        value, least, most = found.interval(0.9).estimate, draws.min(), draws.max()
        count = len(draws)
    values = (
        claim.published,
        claim.values.get(level, np.nan),
        value,
        least,
        most,
        count,
        _says(claim, value),
        note,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _says(claim: Claim, value: float) -> str:
    if claim.concludes is None or np.isnan(value):
        return ""
    least, most = claim.concludes
    return AS_PUBLISHED if least <= value <= most else OTHERWISE


def _effects(
    claim: Claim, level: int, of_measure: Subjects, similarity: pd.DataFrame | None
) -> tuple[Effects | None, str]:
    """Return the values of all clones by the procedure, and how they are made or why they lack."""
    if claim.measured is not None:
        measure, comparison = claim.measured
        subject, name = of_measure.get((REFERENCE, measure)), measure
        given = [] if subject is None else [subject]
    elif claim.rows is not None and similarity is not None:
        comparison, name = claim.rows.comparison, PUBLISHED
        given = [*subjects(_of_rows(claim.rows, similarity))]
    else:
        return None, claim.absent
    made = f"{comparison} of {name}"
    for subject in given:
        found = effects(subject, comparison, level, comparison == "ratio")
        if found.blocks:
            return found, made
    return None, f"the study has no {made} at this level"


def _of_rows(named: Rows, similarity: pd.DataFrame) -> pd.DataFrame:
    """Return the published number in the rows that a claim names, as a table of measures."""
    rows = pd.concat(
        [_matching(similarity, where) for where in (named.clones, named.expert) if where]
    )
    table = rows.groupby(["expert", "level", "clone"], as_index=False)[PUBLISHED].mean()
    table = table.rename(columns={PUBLISHED: "value"})
    return table.assign(measure=PUBLISHED, unit="1", status=OK)


def _matching(table: pd.DataFrame, where: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of a table whose columns have the given values."""
    same = [table[column].astype(str) == value for column, value in where.items()]
    return table[np.logical_and.reduce(same)]
