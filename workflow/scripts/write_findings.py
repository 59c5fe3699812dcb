"""Write the page of findings."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from brainiarb.files import whole
from brainiarb.jobs import job, provenance
from brainiarb.pages.findings import Sources, findings
from brainiarb.pages.page import read_contents
from brainiarb.pages.rows import read_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

TABLES = (
    "claims", "measures", "agents", "learning_curves", "offline_claims", "offline_measures",
)  # fmt: skip

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        given, page = snakemake.input, Path(snakemake.output.page)
        settings = snakemake.params.settings
        parts = zip(given.parts, settings["scripts"], strict=True)
        contents = read_contents(
            snakemake.output.page,
            template=given.template,
            style=given.style,
            config=settings["described"],
            tables={name: given[name] for name in TABLES if given.get(name)},
            figures=given.figures,
            captions=given.captions,
            citation=given.citation,
            provenance=provenance(),
        )
        sources = Sources(
            claims=os.path.relpath(given.ledger, page.parent),
            method_claims=os.path.relpath(given.method_ledger, page.parent),
            library=os.path.relpath(Path(__file__).parent, page.parent),
            makers={row["measure"]: script for part, script in parts for row in read_rows(part)},
        )
        with whole(page) as temporary:
            temporary.write_text(findings(contents, sources), encoding="utf-8")
