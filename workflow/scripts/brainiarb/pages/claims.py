"""Claims on a page: the rows of the table of claims, claim by claim and level by level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from brainiarb.pages.rows import Row, lines_of
from brainiarb.pages.template import MINUS
from brainiarb.statistics.answers import POWER, estimate, reproduced, sample
from brainiarb.statistics.ledger import CLAIMED, HIGHEST, LOWEST, REFERENCE

COMPARISONS = {
    "value": "the clones' own value",
    "difference": "clones minus their expert",
    "ratio": "clones over their expert",
    "contrast": "clones of this level minus clones of clean demonstrations",
    "gain": "clones minus the untrained networks that they began as",
    "method": "clones minus those of the same numbers by behaviour cloning",
    "peers": "clones minus other experts of the same algorithm",
}
"""What a comparison compares, in words."""
EXPECTATIONS = {
    "higher": "an effect of at least",
    "lower": "an effect of at most",
    "at_least": "a value of at least",
    "at_most": "a value of at most",
    "within": "a value within the margin",
}
"""What is expected, in words before the smallest effect."""
REFERENCES = {"difference": "-1", "ratio": "-1", "contrast": "0"}
"""The level to whose rows the clones are compared."""


@dataclass(frozen=True)
class Scale:
    """An effect in units of the smallest effect, as places from 0 to 100 on a line."""

    none: float
    smallest: float
    expected: tuple[float, float]
    """The part that the claim expects."""
    interval: tuple[float, float] | None
    estimate: float | None
    beyond: int
    """1 or -1 if the estimate lies beyond the end or the start of the line, else 0."""


@dataclass(frozen=True)
class Answer:
    """One part of a claim at one level."""

    row: Row
    estimate: str
    """The estimate with its interval."""
    reproduced: str
    """What the published procedure gives, with the range of single clones."""
    sample: str
    """The numbers of experts and clones, or nothing without a value."""
    measured: str
    """The lines of the table of measures that it follows from."""
    powers: Mapping[str, str]
    """The power of each design."""
    scale: Scale


@dataclass(frozen=True)
class Claim:
    """A claim with its answers at the levels that decide it, and those that describe."""

    row: Row
    """The first row of the claim, which has what all of its rows say."""
    by_level: Mapping[int, Sequence[Answer]]
    described: Sequence[Answer]
    lines: str
    """The lines of the table of claims."""

    @property
    def answers(self) -> list[Answer]:
        """Return the answers at all levels that decide."""
        return [answer for answers in self.by_level.values() for answer in answers]

    @property
    def exploratory(self) -> bool:
        """Return whether the claim was found in these data, so that it is none of the study."""
        return self.row["exploratory"] == "True"


def claims_of(rows: Sequence[Row], measures: Sequence[Row]) -> list[Claim]:
    """Return the claims in rows of the table of claims, in the order of the table.

    `measures` are the rows of the table of measures.
    """
    places: dict[tuple[str, str], list[Row]] = {}
    for row in measures:
        places.setdefault((row["measure"], row["level"]), []).append(row)
    return [_claim([*group], places) for _, group in groupby(rows, key=lambda row: row["id"])]


def levels_of(claims: Sequence[Claim]) -> list[int]:
    """Return the levels that decide at least one claim, sorted."""
    return sorted({level for claim in claims for level in claim.by_level})


def tally(claims: Sequence[Claim], verdicts: Sequence[str]) -> dict[str, int]:
    """Return how often each verdict is given, over the claims of the study and their levels."""
    given = [
        answers[0].row["verdict"]
        for claim in claims
        if not claim.exploratory
        for answers in claim.by_level.values()
    ]
    return {verdict: given.count(verdict) for verdict in verdicts}


def _claim(rows: Sequence[Row], places: Mapping[tuple[str, str], Sequence[Row]]) -> Claim:
    by_level: dict[int, list[Answer]] = {}
    described = []
    for row in rows:
        if row["decides"] == "True":
            by_level.setdefault(int(row["level"]), []).append(_answer(row, places))
        else:
            described.append(_answer(row, places))
    return Claim(rows[0], dict(sorted(by_level.items())), described, lines_of(rows))


def _answer(row: Row, places: Mapping[tuple[str, str], Sequence[Row]]) -> Answer:
    levels = {row["level"], REFERENCES.get(row["comparison"], row["level"])}
    methods = {"", row["method"], *[REFERENCE] * (row["comparison"] == "method")}
    measured = [
        place
        for level in levels
        for place in places.get((row["measure"], level), ())
        if place.get("method", "") in methods
    ]
    powers = {
        name.removeprefix(POWER): f"{float(value):.2f}"
        for name, value in row.items()
        if name.startswith(POWER) and value
    }
    return Answer(
        row=row,
        estimate=estimate(row).replace("-", MINUS),
        reproduced=reproduced(row).replace("-", MINUS),
        sample=sample(row).removeprefix("; "),
        measured=lines_of(measured),
        powers=powers,
        scale=_scale(row),
    )


def _scale(row: Row) -> Scale:
    ends = [row["effect_low"], row["effect_high"]]
    effect = float(row["effect"]) if row["effect"] else None
    start, end = CLAIMED[row["claimed"]]
    return Scale(
        none=_place(0),
        smallest=_place(1),
        expected=(_place(start), _place(end)),
        interval=(_place(float(ends[0])), _place(float(ends[1]))) if all(ends) else None,
        estimate=None if effect is None else _place(effect),
        beyond=0 if effect is None else (effect > HIGHEST) - (effect < LOWEST),
    )


def _place(effect: float) -> float:
    """Return where an effect lies on the line (%)."""
    inside = min(max(effect, LOWEST), HIGHEST)
    return round(100 * (inside - LOWEST) / (HIGHEST - LOWEST), 2)
