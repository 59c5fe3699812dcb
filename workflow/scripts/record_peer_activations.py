"""Record the activations of the other compared experts on an expert's states: the ceiling."""

from typing import TYPE_CHECKING

import h5py

from brainiarb.activity.activations import record_shared
from brainiarb.activity.stimuli import sample_states
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.files import read_json, whole
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        rollouts = read_rollouts(snakemake.input.rollouts)
        stimuli = sample_states(rollouts, settings["rows"], settings["transient"])
        with whole(snakemake.output.activations) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["sampling_rate"] = float(rollouts["sampling_rate"])
            file.attrs["algorithm"] = read_json(snakemake.input.record).get("algorithm", "unknown")
            for name, path, record in zip(
                settings["peers"], snakemake.input.peers, snakemake.input.records, strict=True
            ):
                group = f"{name}/expert"
                record_shared(file, group, read_expert(path, body), stimuli)
                file[name].attrs["algorithm"] = read_json(record).get("algorithm", "unknown")
