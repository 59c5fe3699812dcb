"""Record the activations of a level's clones, and the heads of expert and floor on their states."""

from typing import TYPE_CHECKING

import h5py

from brainiarb.activity.activations import record_own, record_shared
from brainiarb.activity.stimuli import own, read_stimuli, sample_states
from brainiarb.actors.actors import read_actors, untrained, untrained_seeds
from brainiarb.actors.archives import read_expert
from brainiarb.actors.layers import HEADS
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.files import whole
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.rollouts.scaler import observation_scaler

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        sizes = environment_facts(body).sizes
        clones, _ = read_actors(snakemake.input.clones)
        expert = read_expert(snakemake.input.checkpoint, body)
        experts_walk = read_rollouts(snakemake.input.expert_rollouts)
        clones_walk = read_rollouts(snakemake.input.rollouts)
        floor = untrained(
            sizes,
            untrained_seeds(settings["seed"], settings["expert"], len(clones)),
            observation_scaler(experts_walk),
            clones.architecture,
        )
        probed = [clones.architecture.probed]
        rows, transient = settings["rows"], settings["transient"]
        of_expert = sample_states(experts_walk, rows, transient)
        of_level = sample_states(clones_walk, rows, transient)
        with whole(snakemake.output.activations) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["sampling_rate"] = float(experts_walk["sampling_rate"])
            record_shared(file, "common", clones, read_stimuli(snakemake.input.states))
            record_shared(file, "walk", clones, own(experts_walk, 0, rows), probed)
            record_shared(file, "expert", clones, of_expert, HEADS)
            record_shared(file, "level", clones, of_level, HEADS)
            record_own(file, "own", clones, [own(clones_walk, k, rows) for k in range(len(clones))])
            record_shared(file, "reference/expert/level", expert, of_level, HEADS)
            record_shared(file, "reference/untrained/level", floor, of_level, HEADS)
