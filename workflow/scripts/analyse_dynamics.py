"""Fit rotations to the activity of every network on its own walk, and read its gait from it."""

from typing import TYPE_CHECKING

from brainiarb.activity.activations import open_activations
from brainiarb.activity.tables import Settings, dynamics_measures, dynamics_tables
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.walk import walks_of
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        expert, level, body = (
            settings["expert"],
            settings["level"],
            get_body(settings["body"], settings["rate_range"]),
        )
        rollouts = read_rollouts(snakemake.input.rollouts)
        with open_activations(snakemake.input.activations) as activations:
            rotations, trajectories, decoded = dynamics_tables(
                walks_of(body, rollouts, expert, level, settings["transient"]),
                activations,
                Settings(settings["components"], settings["surrogates"], settings["alpha"]),
                derive_seed(settings["seed"], "analyse_dynamics", expert, level),
            )
        write_csv(snakemake.output.jpca, rotations)
        write_csv(snakemake.output.trajectories, trajectories)
        write_csv(snakemake.output.decoding, decoded)
        write_csv(snakemake.output.measures, dynamics_measures(rotations, decoded))
