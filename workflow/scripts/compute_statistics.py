"""Compute intervals and tests of every measure."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.statistics.tables import read_classes, statistics_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        measures = read_csv(snakemake.input.measures)
        classes = read_classes(pd.read_csv(snakemake.input.classes))
        table = statistics_table(measures, classes, **snakemake.params.settings)
        write_csv(snakemake.output.table, table)
