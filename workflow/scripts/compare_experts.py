"""Compare an expert with untrained networks, other experts, observations and random heads."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.activity.activations import open_activations
from brainiarb.activity.networks import references
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.seeds import generator
from brainiarb.similarity.network_measures import expert_measures
from brainiarb.similarity.pairs import compare_experts
from brainiarb.similarity.single_networks import single_measures, single_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with (
        job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards),
        open_activations(snakemake.input.common) as common,
    ):
        settings = snakemake.params.settings
        rng = generator(settings["seed"], "random_heads", settings["expert"])
        frame = compare_experts(common, settings["measures"], rng)
        frame.insert(0, "expert", settings["expert"])
        frame.insert(1, "level", -1)
        write_csv(snakemake.output.similarity, frame.assign(median=False))
        single = single_table(references(common), settings["expert"])
        write_csv(snakemake.output.single, single)
        measures = [expert_measures(frame, settings["measures"]), single_measures(single)]
        write_csv(snakemake.output.measures, pd.concat(measures, ignore_index=True))
