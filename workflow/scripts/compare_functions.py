"""Compare how an expert and the clones of a level act, and put the clones' layers into it."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.activity.activations import open_activations
from brainiarb.actors.actors import read_actors
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.seeds import derive_seed
from brainiarb.similarity.acting import level_functions
from brainiarb.similarity.stitched_scale import tabulate_scale
from brainiarb.similarity.stitching import matched_states, tabulate_stitched, walk_stitched

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with (
        job(snakemake.log, snakemake.output),
        open_activations(snakemake.input.expert) as expert,
        open_activations(snakemake.input.common) as common,
        open_activations(snakemake.input.clones) as clones,
    ):
        settings = snakemake.params.settings
        body, name, level = get_body(settings["body"]), settings["expert"], settings["level"]
        actors, _ = read_actors(snakemake.input.actors)
        measured = walk_stitched(
            body,
            read_expert(snakemake.input.checkpoint, body),
            actors,
            matched_states(read_rollouts(snakemake.input.rollouts), settings["rows"]),
            episodes=settings["stitched_episodes"],
            seed=derive_seed(settings["seed"], "evaluation"),
            threads=snakemake.threads,
            progress=f"stitched {level} %",
        )
        stitched = tabulate_stitched(measured, name, level, range(len(actors)))
        frames = [
            level_functions(expert, common, clones, name, level),
            stitched,
            tabulate_scale(stitched, read_csv(snakemake.input.references)),
        ]
        write_csv(snakemake.output.measures, pd.concat(frames, ignore_index=True))
