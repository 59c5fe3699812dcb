"""Fit rotations to the activity of networks on an expert's walk, and read the gait from it."""

from typing import TYPE_CHECKING

from brainiarb.activity.activations import open_activations
from brainiarb.activity.networks import clones, references
from brainiarb.activity.tables import (
    Settings,
    dynamics_measures,
    dynamics_tables,
)
from brainiarb.activity.walk_activity import shown_walk
from brainiarb.bodies.registry import get_body
from brainiarb.files import read_csv, write_csv
from brainiarb.gait.walk import walks_of
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with (
        job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards),
        open_activations(snakemake.input.activations) as activations,
    ):
        settings = snakemake.params.settings
        expert, level = settings["expert"], settings["level"]
        body = get_body(settings["body"], settings["rate_range"])
        if level < 0:
            networks = references(activations)
        else:
            returns = read_csv(snakemake.input.returns)
            median = int(returns.loc[returns["median"], "clone"].iloc[0])
            networks = clones(activations, level, median)
        rollouts = read_rollouts(snakemake.input.rollouts)
        (walk,) = walks_of(body, rollouts, expert, -1, settings["transient"])
        rotations, trajectories, decoded = dynamics_tables(
            shown_walk(walk, settings["rows"]),
            networks,
            Settings(settings["components"], settings["surrogates"], settings["alpha"]),
            derive_seed(settings["seed"], "analyse_dynamics", expert),
        )
        write_csv(snakemake.output.jpca, rotations)
        write_csv(snakemake.output.trajectories, trajectories)
        write_csv(snakemake.output.decoding, decoded)
        write_csv(snakemake.output.measures, dynamics_measures(rotations, decoded))
