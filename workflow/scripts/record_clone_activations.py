"""Record what the clones of a level compute, on `common` and on their own first steps."""

from typing import TYPE_CHECKING

import h5py

from brainiarb.activity.activations import record_own, record_shared
from brainiarb.activity.stimuli import own, read_stimuli
from brainiarb.actors.stored import read_stored
from brainiarb.files import whole
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        rows = snakemake.params.settings["rows"]
        clones, _ = read_stored(snakemake.input.clones)
        rollouts = read_rollouts(snakemake.input.rollouts)
        stimuli = read_stimuli(snakemake.input.states)
        with whole(snakemake.output.activations) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["sampling_rate"] = float(rollouts["sampling_rate"])
            record_shared(file, "common", clones, stimuli, stored=True)
            record_own(file, "own", clones, [own(rollouts, k, rows) for k in range(len(clones))])
