"""The ledger of claims: what a study says, as hypotheses about measures that can fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any

HIGHER, LOWER, AT_LEAST, AT_MOST, WITHIN = (
    "higher", "lower", "at_least", "at_most", "within"
)  # fmt: skip
EFFECTS = (HIGHER, LOWER)
"""What is expected is an effect. The other expectations are of a value that has a bound."""

REFERENCE = "bc"
"""The method of offline learning that all others are compared with."""

SUPPORTED, CONTRADICTED = "supported", "contradicted"
UNRESOLVED, UNTESTABLE = "not resolved", "not testable"
"""What is answered to a claim; `verdicts` says when."""

CLAIMED_MORE, CLAIMED_LESS, CLAIMED_WITHIN = "at least 1", "at most 1", "from -1 to 1"
LOWEST, HIGHEST = -2.5, 4.5
"""Range of effects that is drawn, in units of the smallest effect."""
CLAIMED = {CLAIMED_MORE: (1, HIGHEST), CLAIMED_LESS: (LOWEST, 1), CLAIMED_WITHIN: (-1, 1)}
"""The part of this range that a claim expects."""


@dataclass(frozen=True)
class Part:
    """One hypothesis: a comparison of one measure, and what is expected of it."""

    measure: str
    comparison: str
    expects: str
    smallest: float
    """The smallest effect that counts, the bound or the margin, in the unit of the comparison."""
    no_effect: float
    logarithms: bool
    """Whether logarithms are averaged, so that the result is a geometric mean or a ratio."""
    stimuli: str
    control: tuple[str, str] | None
    """Measure and comparison of the number that decides how the result is read."""
    method: str = REFERENCE
    """The method by which the clones have learnt."""

    @property
    def sign(self) -> int:
        """Return the direction of the claim: 1 where larger values speak for it, else -1."""
        return 1 if self.expects in (HIGHER, AT_LEAST) else -1

    @property
    def claimed(self) -> str:
        """Return which values the claim expects, in units of the smallest effect."""
        if self.expects == WITHIN:
            return CLAIMED_WITHIN
        more = self.sign * (self.smallest - self.no_effect) > 0
        return CLAIMED_MORE if more else CLAIMED_LESS

    def scaled(self, value: float) -> float:
        """Return a value in units of the smallest effect: 0 is no effect, 1 is the smallest one."""
        if self.logarithms:
            if value <= 0:
                return float("-inf") if self.smallest > self.no_effect else float("inf")
            value, none, least = (log(x) for x in (value, self.no_effect, self.smallest))
        else:
            none, least = self.no_effect, self.smallest
        return (value - none) / (least - none)


@dataclass(frozen=True)
class Rows:
    """Where the value of the published procedure stands: rows of a table, by values of columns."""

    clones: Mapping[str, str]
    expert: Mapping[str, str]
    comparison: str


@dataclass(frozen=True)
class Claim:
    """One claim of a study; its parts must all hold."""

    name: str
    section: str
    says: str
    published: str
    rows: Rows | None
    measured: tuple[str, str] | None
    """Measure and comparison that the published procedure gives, where no `rows` hold it."""
    absent: str
    """Why the published procedure gives no value; empty where `rows` or `measured` are given."""
    values: Mapping[int, float]
    """The numbers that the study published, by noise level (%)."""
    concludes: tuple[float, float] | None
    """The least and the largest number from which the study concludes what it says."""
    hypothesis: str
    exploratory: bool
    levels: tuple[int, ...]
    parts: tuple[Part, ...]
    figure: str


def read_claims(ledger: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Return the claims of a ledger that fits `workflow/schemas/claims.schema.yaml`, in its order.

    The ledger is the content of a YAML file, such as `workflow/claims/brainiarb.yaml`.
    """
    return tuple(_claim(name, entry) for name, entry in ledger["claims"].items())


def _claim(name: str, entry: Mapping[str, Any]) -> Claim:
    published = entry["published"]
    rows = published.get("rows")
    return Claim(
        name=name,
        section=entry["section"],
        says=entry["says"],
        published=published["found"],
        rows=rows and Rows(rows["clones"], rows.get("expert", {}), rows["comparison"]),
        measured=_measured(published.get("measured")),
        absent=published.get("absent", ""),
        values={value["level"]: float(value["value"]) for value in published.get("values", ())},
        concludes=_range(published.get("concludes")),
        hypothesis=entry["hypothesis"],
        exploratory=entry.get("exploratory", False),
        levels=tuple(entry["levels"]),
        parts=tuple(map(_part, entry["parts"])),
        figure=entry["figure"],
    )


def _part(entry: Mapping[str, Any]) -> Part:
    ratio = entry["comparison"] == "ratio"
    return Part(
        measure=entry["measure"],
        comparison=entry["comparison"],
        expects=entry["expects"],
        smallest=float(entry["smallest"]),
        no_effect=float(entry.get("no_effect", ratio)),
        logarithms=entry.get("logarithms", ratio),
        stimuli=entry.get("stimuli", ""),
        control=_measured(entry.get("control")),
        method=entry.get("method", REFERENCE),
    )


def _measured(entry: Mapping[str, str] | None) -> tuple[str, str] | None:
    return None if entry is None else (entry["measure"], entry["comparison"])


def _range(entry: Mapping[str, float] | None) -> tuple[float, float] | None:
    if entry is None:
        return None
    return float(entry.get("at_least", "-inf")), float(entry.get("at_most", "inf"))
