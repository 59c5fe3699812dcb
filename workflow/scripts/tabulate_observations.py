"""Tabulate the observations of a body with their units."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.bodies.observations import observation_table
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        body = get_body(snakemake.params.settings["body"])
        rows = [asdict(row) for row in observation_table(body)]
        write_csv(snakemake.output.table, pd.DataFrame(rows))
