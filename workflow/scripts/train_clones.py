"""Train the clones of a level by a method."""

from typing import TYPE_CHECKING

import numpy as np

from brainiarb.actors.actors import untrained_seeds, write_actors
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.archives import read_expert
from brainiarb.actors.device import device, device_name
from brainiarb.bodies.registry import get_body
from brainiarb.clones.demonstrations import choose_demonstrations, trained_rows
from brainiarb.clones.settings import Cloning, Schedule, clone_architecture, with_equal_updates
from brainiarb.clones.training import train_clones
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_demonstrations, read_rollouts
from brainiarb.rollouts.scaler import observation_scaler
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings, on = snakemake.params.settings, device(snakemake.resources)
        seed, expert, level = settings["seed"], settings["expert"], settings["level"]
        rollouts = read_rollouts(snakemake.input.rollouts)
        demonstrations = read_demonstrations(snakemake.input.demonstrations)
        checkpoint = snakemake.input.get("checkpoint")
        taught = read_expert(checkpoint, get_body(settings["body"])) if checkpoint else None
        numbers = range(settings["clones"])
        seeds = [derive_seed(seed, "train_clones", expert, level, k) for k in numbers]
        cloning = Cloning(**settings["cloning"])
        if "episodes" in settings:
            demonstrations = choose_demonstrations(
                demonstrations, settings["episodes"], settings["held_to"]
            )
            rows = trained_rows(demonstrations, cloning.validation, seeds)
            cloning = with_equal_updates(cloning, settings["samples"], rows)
        clones = train_clones(
            demonstrations,
            observation_scaler(rollouts),
            cloning,
            initial_seeds=untrained_seeds(seed, expert, len(numbers)),
            training_seeds=seeds,
            architecture=clone_architecture(
                taught.architecture if taught else Architecture(),
                cloning.hidden,
                cloning.activation,
            ),
            progress=f"clones {level} %, {settings['method']}",
            method=settings["method"],
            schedule=Schedule(**settings["schedule"]) if "schedule" in settings else None,
            device=on,
        )
        metadata = {
            "body": str(rollouts["body"]),
            "environment": str(rollouts["environment"]),
            "held_out_episodes": clones.held_out,
            "device": device_name(on),
            "rows": np.bincount(demonstrations["clone_ids"]).tolist(),
            **settings,
        }
        write_actors(snakemake.output.clones, clones.actors, metadata)
        write_csv(snakemake.output.history, clones.history)
