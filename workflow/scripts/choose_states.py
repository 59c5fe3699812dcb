"""Choose the states `common`: of an expert, and of its clones at the primary levels."""

from typing import TYPE_CHECKING

from brainiarb.activity.stimuli import common_states, write_stimuli
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        walks = [snakemake.input.expert, *snakemake.input.clones]
        rollouts = dict(zip((-1, *settings["levels"]), map(read_rollouts, walks), strict=True))
        stimuli = common_states(rollouts, settings["rows"], settings["transient"])
        write_stimuli(snakemake.output.states, stimuli)
