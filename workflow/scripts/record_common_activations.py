"""Record what an expert computes, and untrained networks and other experts, on `common`."""

from typing import TYPE_CHECKING

import h5py

from brainiarb.activity.activations import record_own, record_shared
from brainiarb.activity.stimuli import own, read_stimuli
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.clones.settings import clone_architecture
from brainiarb.clones.starts import untrained_clones
from brainiarb.files import read_json, whole
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings, given = snakemake.params.settings, snakemake.input
        body = get_body(settings["body"])
        rollouts = read_rollouts(given.rollouts)
        stimuli = read_stimuli(given.states)
        expert = read_expert(given.checkpoint, body)
        floor = untrained_clones(
            rollouts,
            clone_architecture(expert.architecture, settings["hidden"], settings["activation"]),
            settings["seed"],
            settings["expert"],
            settings["clones"],
        )
        with whole(snakemake.output.activations) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["sampling_rate"] = float(rollouts["sampling_rate"])
            file.attrs["algorithm"] = read_json(given.record).get("algorithm", "unknown")
            record_shared(file, "expert", expert, stimuli, stored=True)
            record_own(file, "own", expert, [own(rollouts, 0, settings["rows"])])
            record_shared(file, "untrained", floor, stimuli)
            for name, path, record in zip(
                settings["peers"], given.peers, given.records, strict=True
            ):
                record_shared(file, f"peers/{name}", read_expert(path, body), stimuli)
                algorithm = read_json(record).get("algorithm", "unknown")
                file[f"peers/{name}"].attrs["algorithm"] = algorithm
