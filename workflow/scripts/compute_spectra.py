"""Compute the power spectra of an expert's movements and of those of clones at chosen levels."""

from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.measures import GaitSettings
from brainiarb.gait.spectrum_table import spectrum_table
from brainiarb.gait.walk import read_walks
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body, levels = get_body(settings["body"], settings["rate_range"]), settings["levels"]
        walks = read_walks(body, snakemake.input, levels, settings["expert"], settings["transient"])
        how = GaitSettings(settings["segment"], settings["lowest"], settings["highest"])
        write_csv(snakemake.output.spectra, spectrum_table(walks, how))
