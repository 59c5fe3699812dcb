"""The page of findings: which claims of the study hold, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from brainiarb.pages.claims import COMPARISONS, EXPECTATIONS, claims_of, levels_of, tally
from brainiarb.pages.page import Contents, page_of
from brainiarb.pages.study import clones_of
from brainiarb.statistics.ledger import CONTRADICTED, SUPPORTED, UNRESOLVED, UNTESTABLE

VERDICTS = {
    SUPPORTED: "circle", CONTRADICTED: "square", UNRESOLVED: "diamond", UNTESTABLE: "cross"
}  # fmt: skip
"""The mark of each verdict, as in `fig_claims`."""


@dataclass(frozen=True)
class Sources:
    """Files that the page names, as paths from the page on; of `makers`, scripts by measure."""

    claims: str
    method_claims: str
    library: str
    makers: Mapping[str, str]


def findings(contents: Contents, sources: Sources) -> str:
    """Return the page as HTML that needs no other file and no JavaScript.

    The tables of its contents are also `claims` and `measures`, and where the study asks about
    methods of offline learning, `offline_claims` and `offline_measures`.
    """
    tables = contents.tables
    claims = claims_of(tables["claims"], tables["measures"])
    of_methods = claims_of(tables.get("offline_claims", ()), tables.get("offline_measures", ()))
    return page_of(
        contents,
        claims=claims,
        levels=levels_of(claims),
        method_claims=of_methods,
        method_levels=levels_of(of_methods),
        tally=tally(claims, [*VERDICTS]),
        marks=VERDICTS,
        comparisons=COMPARISONS,
        expectations=EXPECTATIONS,
        clones=clones_of(contents.config),
        sources=sources,
    )
