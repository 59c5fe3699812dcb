"""Record the activations of an expert: its heads on its states, all layers on its first steps."""

from typing import TYPE_CHECKING

import h5py

from brainiarb.activity.activations import record_own, record_shared
from brainiarb.activity.stimuli import own, sample_states
from brainiarb.actors.archives import read_expert
from brainiarb.actors.layers import HEADS
from brainiarb.bodies.registry import get_body
from brainiarb.files import whole
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        actors = read_expert(snakemake.input.checkpoint, body)
        rollouts = read_rollouts(snakemake.input.rollouts)
        with whole(snakemake.output.activations) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["sampling_rate"] = float(rollouts["sampling_rate"])
            record_shared(
                file,
                "expert",
                actors,
                sample_states(rollouts, settings["rows"], settings["transient"]),
                HEADS,
            )
            record_own(file, "own", actors, [own(rollouts, 0, settings["rows"])])
