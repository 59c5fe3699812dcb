"""Write the page of archives that are compared without cloning."""

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from brainiarb.files import whole
from brainiarb.jobs import job, provenance
from brainiarb.pages.archives import LEFT_OUT
from brainiarb.pages.page import Look, page_of
from brainiarb.pages.rows import read_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        given, page = snakemake.input, Path(snakemake.output.page)
        text = page_of(
            page=page,
            look=Look(Path(given.template), Path(given.style)),
            config=snakemake.params.settings["described"],
            tables={name: read_rows(given[name]) for name in ("agents", "learning_curves")},
            figures={Path(file).stem: Path(file) for file in given.figures},
            captions={Path(file).stem: Path(file).read_text("utf-8") for file in given.captions},
            citation=yaml.safe_load(Path(given.citation).read_text("utf-8")),
            provenance=provenance(),
            left_out=LEFT_OUT,
        )
        with whole(page) as temporary:
            temporary.write_text(text, encoding="utf-8")
