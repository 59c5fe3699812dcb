"""Export one clone as a Stable-Baselines3 archive."""

from typing import TYPE_CHECKING

from brainiarb.jobs import job
from brainiarb.policies import read_actors, write_archive

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        actors, metadata = read_actors(snakemake.input.clones)
        clone = snakemake.params.settings["clone"]
        write_archive(snakemake.output.checkpoint, actors, clone, metadata["environment"])
