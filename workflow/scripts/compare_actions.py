"""Compare how an expert, untrained networks and other experts act in the states `common`."""

from typing import TYPE_CHECKING

from brainiarb.activity.stimuli import read_stimuli
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.clones.settings import clone_architecture
from brainiarb.clones.starts import untrained_clones
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.similarity.acting import named_functions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings, given = snakemake.params.settings, snakemake.input
        body, name = get_body(settings["body"]), settings["expert"]
        expert = read_expert(given.checkpoint, body)
        floor = untrained_clones(
            read_rollouts(given.rollouts),
            clone_architecture(expert.architecture, settings["hidden"], settings["activation"]),
            settings["seed"],
            name,
            settings["clones"],
        )
        peers = {
            peer: read_expert(path, body)
            for peer, path in zip(settings["peers"], given.peers, strict=True)
        }
        states = read_stimuli(given.states).observations
        table = named_functions(expert, {"untrained": floor, **peers}, states, name)
        write_csv(snakemake.output.actions, table)
