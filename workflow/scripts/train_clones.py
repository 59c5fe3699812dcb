"""Train the clones of a level by behaviour cloning."""

from typing import TYPE_CHECKING

import torch

from brainiarb.cloning import Cloning, train_clones
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.policies import untrained_seeds, write_actors
from brainiarb.rollouts import observation_scaler, read_rollouts
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        torch.set_num_threads(snakemake.threads)
        settings = snakemake.params.settings
        seed, expert, level = settings["seed"], settings["expert"], settings["level"]
        rollouts = read_rollouts(snakemake.input.rollouts)
        demonstrations = read_rollouts(snakemake.input.demonstrations)
        numbers = range(settings["clones"])
        clones = train_clones(
            demonstrations,
            observation_scaler(rollouts),
            Cloning(**settings["cloning"]),
            initial_seeds=untrained_seeds(seed, expert, len(numbers)),
            training_seeds=[derive_seed(seed, "train_clones", expert, level, k) for k in numbers],
            progress=f"clones {level} %",
        )
        metadata = {
            "body": str(rollouts["body"]),
            "environment": str(rollouts["environment"]),
            "held_out_episodes": clones.held_out,
            **settings,
        }
        write_actors(snakemake.output.clones, clones.actors, metadata)
        write_csv(snakemake.output.history, clones.history)
