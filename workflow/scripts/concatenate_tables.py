"""Put the tables of all experts and levels one below the other."""

from typing import TYPE_CHECKING

from brainiarb.files import concatenate_csv
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        concatenate_csv(snakemake.output.table, snakemake.input)
