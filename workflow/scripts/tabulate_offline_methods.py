"""Tabulate the measures of the clones of every method, and the effects of the method."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.similarity.network_measures import peer_measures
from brainiarb.statistics.method_effects import method_effects

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        given = dict(snakemake.input.items())
        peers = [peer_measures(read_csv(table)) for table in given.pop("similarity")]
        measures = {
            method: pd.concat([*map(read_csv, parts), *peers], ignore_index=True)
            for method, parts in given.items()
        }
        named = [table.assign(method=method) for method, table in measures.items()]
        write_csv(snakemake.output.measures, pd.concat(named, ignore_index=True))
        settings = snakemake.params.settings
        effects = method_effects(measures, 1 - settings["alpha"], settings["walking"])
        write_csv(snakemake.output.effects, effects)
