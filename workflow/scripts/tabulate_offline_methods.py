"""Tabulate the measures of the clones of every method, and the effects of the method."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.similarity.network_measures import peer_measures
from brainiarb.statistics.method_effects import method_effects, of_methods

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        given = dict(snakemake.input.items())
        peers = [peer_measures(read_csv(table)) for table in given.pop("similarity")]
        measures = of_methods(
            {
                method: pd.concat([*map(read_csv, parts), *peers], ignore_index=True)
                for method, parts in given.items()
            }
        )
        write_csv(snakemake.output.measures, measures)
        settings = snakemake.params.settings
        effects = method_effects(measures, 1 - settings["alpha"], settings["walking"])
        write_csv(snakemake.output.effects, effects)
