"""Compare an expert with itself on other episodes, rows by index, over random splits."""

from typing import TYPE_CHECKING

from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.seeds import generator
from brainiarb.similarity.unpaired import split_similarity

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        actors = read_expert(snakemake.input.checkpoint, get_body(settings["body"]))
        rollouts = read_rollouts(snakemake.input.rollouts)
        layers = actors.respond(rollouts["observations"])
        table = split_similarity(
            {name: values[0] for name, values in layers.items()},
            rollouts["episode_ids"],
            settings["clone_episodes"],
            settings["rows"],
            settings["splits"],
            generator(settings["seed"], "compare_splits", settings["expert"]),
        )
        table.insert(0, "expert", settings["expert"])
        write_csv(snakemake.output.splits, table)
