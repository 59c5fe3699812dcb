"""Export one clone as a Stable-Baselines3 archive."""

from typing import TYPE_CHECKING

from brainiarb.actors.actors import read_actors
from brainiarb.actors.archives import write_archive
from brainiarb.bodies.registry import get_body
from brainiarb.jobs import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        actors, _ = read_actors(snakemake.input.clones)
        body = get_body(settings["body"])
        write_archive(snakemake.output.checkpoint, actors, settings["clone"], body)
