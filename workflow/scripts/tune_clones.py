"""Let the clones of a level go on learning online."""

from typing import TYPE_CHECKING

from brainiarb.actors.actors import read_actors, write_actors
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    # This import loads Stable-Baselines3, which only training itself needs.
    from brainiarb.experts.tuning import Tuning, tune

    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        clones, metadata = read_actors(snakemake.input.clones)
        names = ("tune_clones", settings["expert"], settings["level"])
        tuned, curves = tune(
            get_body(settings["body"]),
            clones,
            Tuning(**settings["tuning"]),
            [derive_seed(settings["seed"], *names, k) for k in range(len(clones))],
            threads=snakemake.threads,
        )
        write_actors(snakemake.output.clones, tuned, {**metadata, **settings})
        write_csv(snakemake.output.history, curves)
