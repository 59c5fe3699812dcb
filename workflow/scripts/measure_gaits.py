"""Measure the gaits of an expert and of all its clones, and how far their spectra lie apart."""

from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.measures import GaitSettings
from brainiarb.gait.tables import measure_gaits
from brainiarb.gait.walk import walks_of, walks_of_levels
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import open_rollouts
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings, files = snakemake.params.settings, snakemake.input
        name, body, transient = (
            settings["expert"],
            get_body(settings["body"], settings["rate_range"]),
            settings["transient"],
        )
        # Rows are read when they are analysed: no recording is ever whole in memory.
        (expert,) = walks_of(body, open_rollouts(files.expert), name, -1, transient)
        clones = dict(zip(settings["levels"], map(open_rollouts, files.clones), strict=True))
        peers = zip(settings["others"], map(open_rollouts, files.others), strict=True)
        tables = measure_gaits(
            expert,
            walks_of_levels(body, clones, name, transient),
            [walk for peer, file in peers for walk in walks_of(body, file, peer, -1, transient)],
            GaitSettings(
                settings["segment"], settings["lowest"], settings["highest"], settings["alpha"]
            ),
            settings["clone_episodes"],
            derive_seed(settings["seed"], "measure_gaits", name),
        )
        for table, path in snakemake.output.items():
            write_csv(path, getattr(tables, table))
