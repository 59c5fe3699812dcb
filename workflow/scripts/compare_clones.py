"""Compare an expert with the clones of a level, layer by layer."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.activity.activations import open_activations
from brainiarb.activity.networks import clones as shown_clones
from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.seeds import generator
from brainiarb.similarity.intervals import clone_intervals, with_intervals
from brainiarb.similarity.network_measures import clone_measures
from brainiarb.similarity.pairs import compare_level
from brainiarb.similarity.single_networks import single_measures, single_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with (
        job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards),
        open_activations(snakemake.input.common) as common,
        open_activations(snakemake.input.clones) as clones,
    ):
        settings = snakemake.params.settings
        frame = compare_level(common, clones, settings["measures"])
        returns = read_csv(snakemake.input.returns)
        median = int(returns.loc[returns["median"], "clone"].iloc[0])
        rng = generator(settings["seed"], "clone_intervals", settings["expert"], settings["level"])
        intervals = clone_intervals(common, clones, median, settings, rng)
        frame["median"] = frame["clone"] == median
        frame.insert(0, "expert", settings["expert"])
        frame.insert(1, "level", settings["level"])
        write_csv(snakemake.output.similarity, with_intervals(frame, intervals))
        networks = shown_clones(clones, settings["level"])
        single = single_table(networks, settings["expert"])
        write_csv(snakemake.output.single, single)
        measures = [clone_measures(frame), single_measures(single)]
        write_csv(snakemake.output.measures, pd.concat(measures, ignore_index=True))
