"""The ledger of a replication: published, reproduced by the study's procedure, and corrected."""

import pandas as pd

REPLICATION = {
    "id": "id",
    "level": "level",
    "claim": "claim",
    "published": "published_value",
    "reproduced": "published_procedure",
    "reproduced_low": "procedure_low",
    "reproduced_high": "procedure_high",
    "reproduced_clones": "procedure_draws",
    "procedure": "published_note",
    "procedure_says": "procedure_says",
    "measure": "measure",
    "comparison": "comparison",
    "corrected": "estimate",
    "corrected_low": "low",
    "corrected_high": "high",
    "n_experts": "n_experts",
    "n_clones": "n_clones",
    "verdict": "verdict",
}
"""The columns of the ledger, each with the column of the table of claims that it is from."""


def replication_table(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of claims that decide claims of the study, as its ledger.

    `published` is the number of the study, `reproduced` that of its own procedure on the clones of
    this study, from the least to the largest of single clones, and `corrected` the estimate that
    decides the claim, with its interval. Exploratory claims are none of the study.
    """
    asked = claims["decides"].astype(bool) & ~claims["exploratory"].astype(bool)
    table = claims.loc[asked, [*REPLICATION.values()]]
    return table.set_axis([*REPLICATION], axis="columns").reset_index(drop=True)
