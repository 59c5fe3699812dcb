"""Record the heads of untrained networks on the expert's states: the floor of acting alike."""

from typing import TYPE_CHECKING

import h5py

from brainiarb.activity.activations import record_shared
from brainiarb.activity.stimuli import sample_states
from brainiarb.actors.actors import untrained, untrained_seeds
from brainiarb.actors.archives import read_expert
from brainiarb.actors.layers import HEADS
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.clones.settings import clone_architecture
from brainiarb.files import whole
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.rollouts.scaler import observation_scaler

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        rollouts = read_rollouts(snakemake.input.rollouts)
        seeds = untrained_seeds(settings["seed"], settings["expert"], settings["clones"])
        body = get_body(settings["body"])
        expert = read_expert(snakemake.input.checkpoint, body)
        actors = untrained(
            environment_facts(body).sizes,
            seeds,
            observation_scaler(rollouts),
            clone_architecture(expert.architecture, settings["hidden"], settings["activation"]),
        )
        with whole(snakemake.output.activations) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["sampling_rate"] = float(rollouts["sampling_rate"])
            record_shared(
                file,
                "expert",
                actors,
                sample_states(rollouts, settings["rows"], settings["transient"]),
                HEADS,
            )
