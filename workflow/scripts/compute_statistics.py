"""Compute intervals and tests of every measure."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.statistics.tables import statistics_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        measures = pd.read_csv(snakemake.input.measures)
        write_csv(snakemake.output.table, statistics_table(measures, **snakemake.params.settings))
