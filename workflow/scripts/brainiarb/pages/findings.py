"""The page of findings: which claims of the study hold, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from brainiarb.pages.claims import COMPARISONS, EXPECTATIONS, claims_of, levels_of, tally
from brainiarb.pages.page import Look, page_of
from brainiarb.pages.rows import Row
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


def findings(
    page: PurePath,
    look: Look,
    config: Mapping[str, Any],
    tables: Mapping[str, Sequence[Row]],
    figures: Mapping[str, Path],
    captions: Mapping[str, str],
    citation: Mapping[str, Any],
    sources: Sources,
    provenance: Mapping[str, Any],
) -> str:
    """Return the page as HTML that needs no other file and no JavaScript.

    The arguments are those of `page_of`; `tables` also holds `claims` and `measures`, and where the
    study asks about methods of offline learning, `offline_claims` and `offline_measures`.
    """
    claims = claims_of(tables["claims"], tables["measures"])
    of_methods = claims_of(tables.get("offline_claims", ()), tables.get("offline_measures", ()))
    return page_of(
        page,
        look,
        config,
        tables,
        figures,
        captions,
        citation,
        provenance,
        claims=claims,
        levels=levels_of(claims),
        method_claims=of_methods,
        method_levels=levels_of(of_methods),
        tally=tally(claims, [*VERDICTS]),
        marks=VERDICTS,
        comparisons=COMPARISONS,
        expectations=EXPECTATIONS,
        clones=clones_of(config),
        sources=sources,
    )
