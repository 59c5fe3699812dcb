"""Draw one figure: PNG, PDF and the drawn numbers as CSV."""

from importlib import import_module
from typing import TYPE_CHECKING

from brainiarb.figures.inputs import read_inputs
from brainiarb.figures.style import journal, save
from brainiarb.files import whole, write_csv
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards), journal():
        settings = snakemake.params.settings
        tables = read_inputs(
            dict(snakemake.input.items()), settings["expert"], settings["every_expert"]
        )
        module = import_module(f"brainiarb.figures.{settings['figure']}")
        figure, numbers = module.draw(tables, settings)
        for path in (snakemake.output.png, snakemake.output.pdf):
            with whole(path) as temporary:
                save(figure, temporary, settings["dpi"])
        write_csv(snakemake.output.numbers, numbers)
