"""Put the measures of all experts and clones below one another, with the method of the clones."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.statistics.ledger import REFERENCE
from brainiarb.statistics.method_effects import of_methods

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        measures = pd.concat(map(read_csv, snakemake.input), ignore_index=True)
        write_csv(snakemake.output.table, of_methods({REFERENCE: measures}))
