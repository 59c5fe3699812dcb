"""The table of claims: every claim of a ledger at every level, with evidence and verdict."""

from collections.abc import Sequence

import pandas as pd

from brainiarb.statistics.answers import POWER
from brainiarb.statistics.claim_rows import Asked, Row, numbers, row
from brainiarb.statistics.ledger import Claim
from brainiarb.statistics.method_effects import beside, by_method
from brainiarb.statistics.methods import holm
from brainiarb.statistics.procedure import COLUMNS as PROCEDURE
from brainiarb.statistics.procedure import Subjects
from brainiarb.statistics.subjects import subjects
from brainiarb.statistics.verdicts import combined

COLUMNS = (
    "id", "part", "section", "claim", "hypothesis", "exploratory", "level", "decides",
    "measure", "comparison", "expects", "smallest_effect", "no_effect", "stimuli", *PROCEDURE,
    "estimate", "low", "high", "confidence",
    "n_experts", "n_clones", "n_left_out", "condition", "p", "p_holm", "p_against",
    "p_against_holm", "claimed", "effect", "effect_low", "effect_high", "sd_blocks",
    "sd_experts", "control", "control_value", "answer", "verdict", "reason", "figure", "method",
)  # fmt: skip
"""The columns before those of the power of each design, `power_<design>`."""


def claims_table(
    measures: pd.DataFrame,
    similarity: pd.DataFrame | None,
    claims: Sequence[Claim],
    asked: Asked,
) -> pd.DataFrame:
    """Tabulate the parts of every claim at every level that has clones or that decides it.

    `measures` has the columns of `measures.COLUMNS`, and `method` where there are clones of several
    methods; `similarity` gives what the published procedure would say, None where no
    claim has such rows. A claim is decided at those of its levels that are primary (`decides`).
    Other levels are described, without p and verdict. p values of claims that are not exploratory
    are corrected for all parts of one level (Holm). `answer` is of a part, and `verdict` of a
    claim, whose parts must all hold. `effect` is the estimate in units of the smallest effect: 0 is
    no effect, 1 the smallest. `confidence` is 1 - 2 alpha, because tests are one-sided
    (`verdicts`). `power_<design>` is the chance that a design tells the smallest effect from none,
    at the strictest step of Holm's correction, with the variances that are found here.
    """
    of_measure = _subjects(measures)
    rows = [
        row(claim, number, level, of_measure, asked)
        for claim in claims
        for number in range(1, len(claim.parts) + 1)
        for level in _levels(claim, number, of_measure)
    ]
    table = pd.DataFrame([numbers(x, of_measure, similarity, asked) for x in rows])
    family = table["decides"] & ~table["exploratory"]
    for name in ("p", "p_against"):
        corrected = table[family].groupby("level")[name].transform(lambda p: holm(p.to_numpy()))
        table[f"{name}_holm"] = table[name].where(~family, corrected)
    answers = [
        x.answer(p, against, asked.alpha)
        for x, p, against in zip(rows, table["p_holm"], table["p_against_holm"], strict=True)
    ]
    table["answer"], table["reason"] = zip(*answers, strict=True)
    table["verdict"] = table.groupby(["id", "level"])["answer"].transform(combined)
    return table[[*COLUMNS]].assign(**_powers(rows, table[family], asked))


def _subjects(measures: pd.DataFrame) -> Subjects:
    """Return the subjects of a table of measures by method and measure."""
    methods = by_method(measures)
    return {
        (method, subject.measure): subject
        for method, table in methods.items()
        for subject in subjects(table, beside(methods, method))
    }


def _levels(claim: Claim, number: int, of_measure: Subjects) -> list[int]:
    """Return the levels of a claim, and the others at which its measure is known."""
    part = claim.parts[number - 1]
    subject = of_measure.get((part.method, part.measure))
    known = subject.levels if subject else []
    return sorted({*claim.levels, *(x for x in known if x or part.comparison != "contrast")})


def _powers(rows: Sequence[Row], family: pd.DataFrame, asked: Asked) -> dict[str, list[float]]:
    """Return the power of every design for each row; exploratory claims are not corrected."""
    sizes = family.groupby("level").size()
    steps = [1 if x.claim.exploratory else sizes.get(x.level, 1) for x in rows]
    return {
        f"{POWER}{name}": [
            x.power(asked.alpha / step, **design) for x, step in zip(rows, steps, strict=True)
        ]
        for name, design in asked.designs.items()
    }
