"""Tabulate the clones of all places on the noise axes, and the intervals of every place."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.clones.axes import axis_intervals
from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        table = pd.concat([read_csv(part) for part in snakemake.input], ignore_index=True)
        write_csv(snakemake.output.table, table)
        write_csv(snakemake.output.intervals, axis_intervals(table, **snakemake.params.settings))
