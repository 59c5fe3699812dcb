"""Write the page of archives that are compared without cloning."""

from typing import TYPE_CHECKING

from brainiarb.files import whole
from brainiarb.jobs import job, provenance
from brainiarb.pages.archives import LEFT_OUT
from brainiarb.pages.page import page_of, read_contents

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        given = snakemake.input
        contents = read_contents(
            snakemake.output.page,
            template=given.template,
            style=given.style,
            config=snakemake.params.settings["described"],
            tables={name: given[name] for name in ("agents", "learning_curves")},
            figures=given.figures,
            captions=given.captions,
            citation=given.citation,
            provenance=provenance(),
        )
        with whole(snakemake.output.page) as temporary:
            temporary.write_text(page_of(contents, left_out=LEFT_OUT), encoding="utf-8")
