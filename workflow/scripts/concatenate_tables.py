"""Put the tables of all experts and levels one below the other."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        frames = [read_csv(part, keep_default_na=False) for part in snakemake.input]
        write_csv(snakemake.output.table, pd.concat(frames, ignore_index=True))
