"""Train the clones of a level by behaviour cloning."""

from typing import TYPE_CHECKING

import torch

from brainiarb.cloning import Cloning, train_clones
from brainiarb.files import read_npz, write_csv
from brainiarb.jobs import job
from brainiarb.policies import write_actors
from brainiarb.rollouts import check_rollouts, observation_scaler
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        torch.set_num_threads(snakemake.threads)
        settings = snakemake.params.settings
        seed, expert, level = settings["seed"], settings["expert"], settings["level"]
        rollouts = read_npz(snakemake.input.rollouts)
        check_rollouts(rollouts, snakemake.input.rollouts)
        demonstrations = read_npz(snakemake.input.demonstrations)
        check_rollouts(demonstrations, snakemake.input.demonstrations)
        numbers = range(settings["clones"])
        clones = train_clones(
            demonstrations,
            observation_scaler(rollouts),
            Cloning(**settings["cloning"]),
            initial_seeds=[derive_seed(seed, "untrained", expert, k) for k in numbers],
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
