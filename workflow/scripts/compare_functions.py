"""Compare how an expert and the clones of a level act, and put the clones' layers into it."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.activity.stimuli import read_stimuli, sample_states
from brainiarb.actors.actors import read_actors
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.clones.starts import untrained_clones
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
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings, given = snakemake.params.settings, snakemake.input
        body, name, level = get_body(settings["body"]), settings["expert"], settings["level"]
        rows, transient = settings["rows"], settings["transient"]
        expert, (clones, _) = read_expert(given.checkpoint, body), read_actors(given.clones)
        experts_walk = read_rollouts(given.rollouts)
        floor = untrained_clones(
            experts_walk, clones.architecture, settings["seed"], name, len(clones)
        )
        stimuli = {
            "common": read_stimuli(given.states),
            "expert": sample_states(experts_walk, rows, transient),
            "level": sample_states(read_rollouts(given.clone_rollouts), rows, transient),
        }
        measured = walk_stitched(
            body,
            expert,
            clones,
            matched_states(experts_walk, rows),
            episodes=settings["stitched_episodes"],
            seed=derive_seed(settings["seed"], "evaluation"),
            threads=snakemake.threads,
            progress=f"stitched {level} %",
        )
        stitched = tabulate_stitched(measured, name, level, range(len(clones)))
        frames = [
            level_functions(
                expert,
                clones,
                floor,
                {of: shown.observations for of, shown in stimuli.items()},
                name,
                level,
            ),
            stitched,
            tabulate_scale(stitched, read_csv(given.references)),
        ]
        write_csv(snakemake.output.measures, pd.concat(frames, ignore_index=True))
