"""Record the activations of a level's clones, and of experts and the floor on their states."""

from typing import TYPE_CHECKING

import h5py

from brainiarb.activity.activations import describe_half, record_own, record_shared
from brainiarb.activity.stimuli import half, own, sample_states
from brainiarb.actors.actors import read_actors, untrained, untrained_seeds
from brainiarb.actors.archives import read_expert
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
        peers = {
            name: read_expert(path, body)
            for name, path in zip(settings["peers"], snakemake.input.peers, strict=True)
        }
        floor = untrained(
            sizes,
            untrained_seeds(settings["seed"], settings["expert"], len(clones)),
            observation_scaler(experts_walk),
        )
        rows, transient = settings["rows"], settings["transient"]
        of_expert = sample_states(experts_walk, rows, transient)
        of_level = sample_states(clones_walk, rows, transient)
        with whole(snakemake.output.activations) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["sampling_rate"] = float(experts_walk["sampling_rate"])
            record_shared(file, "expert", clones, of_expert)
            record_shared(file, "level", clones, of_level)
            describe_half(file, "expert", "level", half(of_expert, of_level))
            record_own(file, "own", clones, [own(clones_walk, k, rows) for k in range(len(clones))])
            record_shared(file, "reference/expert/level", expert, of_level)
            record_shared(file, "reference/untrained/level", floor, of_level)
            for name, peer in peers.items():
                record_shared(file, f"reference/peers/{name}/level", peer, of_level)
