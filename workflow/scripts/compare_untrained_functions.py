"""Compare how an expert and untrained networks act, and put their layers into the expert.

The expert's own layers are put into it by the same procedure, as the reference.
"""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.activity.stimuli import read_stimuli, sample_states
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.clones.settings import clone_architecture
from brainiarb.clones.starts import untrained_clones
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.seeds import derive_seed
from brainiarb.similarity.acting import floor_functions
from brainiarb.similarity.stitched_scale import tabulate_scale
from brainiarb.similarity.stitching import matched_states, tabulate_stitched, walk_stitched
from brainiarb.statistics.measures import FLOOR

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body, name = get_body(settings["body"]), settings["expert"]
        expert = read_expert(snakemake.input.checkpoint, body)
        rollouts = read_rollouts(snakemake.input.rollouts)
        architecture = clone_architecture(
            expert.architecture, settings["hidden"], settings["activation"]
        )
        floor = untrained_clones(rollouts, architecture, settings["seed"], name, settings["clones"])
        of_expert = sample_states(rollouts, settings["rows"], settings["transient"])
        states = {
            "common": read_stimuli(snakemake.input.states).observations,
            "expert": of_expert.observations,
        }
        frames = [floor_functions(expert, floor, states, name)]
        for actors, clones, prefix in (
            (floor, range(len(floor)), FLOOR),
            (expert, [-1], ""),
        ):
            measured = walk_stitched(
                body,
                expert,
                actors,
                matched_states(rollouts, settings["rows"]),
                episodes=settings["stitched_episodes"],
                seed=derive_seed(settings["seed"], "evaluation"),
                threads=snakemake.threads,
                progress=f"stitched {prefix or 'expert'}",
            )
            frames.append(tabulate_stitched(measured, name, -1, clones, prefix))
        references = pd.concat(frames, ignore_index=True)
        scale = tabulate_scale(references, references)
        write_csv(snakemake.output.measures, pd.concat([references, scale], ignore_index=True))
