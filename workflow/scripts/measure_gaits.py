"""Measure the gaits of an expert and of all its clones, and how far their spectra lie apart."""

from dataclasses import fields
from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.measures import GaitSettings
from brainiarb.gait.tables import measure_gaits
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import open_rollouts
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        tables = measure_gaits(
            get_body(settings["body"]),
            settings["expert"],
            open_rollouts(snakemake.input.expert),
            dict(zip(settings["levels"], map(open_rollouts, snakemake.input.clones), strict=True)),
            dict(zip(settings["others"], map(open_rollouts, snakemake.input.others), strict=True)),
            GaitSettings(**{key.name: settings[key.name] for key in fields(GaitSettings)}),
            settings["clone_episodes"],
            derive_seed(settings["seed"], "measure_gaits", settings["expert"]),
        )
        for name, path in snakemake.output.items():
            write_csv(path, getattr(tables, name))
