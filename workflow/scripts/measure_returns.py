"""Tabulate return, episode length and survival of an expert and its clones as measures."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.returns import return_measures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        episodes = pd.concat([read_csv(part) for part in snakemake.input], ignore_index=True)
        write_csv(snakemake.output.measures, return_measures(episodes))
