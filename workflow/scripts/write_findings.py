"""Write the page of findings."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from brainiarb.files import whole
from brainiarb.jobs import job, provenance
from brainiarb.pages.findings import Sources, findings
from brainiarb.pages.page import Look
from brainiarb.pages.rows import read_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

TABLES = (
    "claims", "measures", "agents", "learning_curves", "offline_claims", "offline_measures",
)  # fmt: skip

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        given, page = snakemake.input, Path(snakemake.output.page)
        figures = {Path(file).stem: Path(file) for file in given.figures}
        settings = snakemake.params.settings
        parts = zip(given.parts, settings["scripts"], strict=True)
        text = findings(
            page=page,
            look=Look(Path(given.template), Path(given.style)),
            config=settings["described"],
            tables={name: read_rows(given[name]) for name in TABLES if given.get(name)},
            figures=figures,
            captions={Path(file).stem: Path(file).read_text("utf-8") for file in given.captions},
            citation=yaml.safe_load(Path(given.citation).read_text("utf-8")),
            sources=Sources(
                claims=os.path.relpath(given.ledger, page.parent),
                method_claims=os.path.relpath(given.method_ledger, page.parent),
                library=os.path.relpath(Path(__file__).parent, page.parent),
                makers={
                    row["measure"]: script for part, script in parts for row in read_rows(part)
                },
            ),
            provenance=provenance(),
        )
        with whole(page) as temporary:
            temporary.write_text(text, encoding="utf-8")
