"""Measure the clones of one place on the noise axes: return, survival and action error."""

from typing import TYPE_CHECKING

from brainiarb.actors.actors import read_actors
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.clones.axes import measure_clones
from brainiarb.files import read_csv, write_csv
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.rollouts.episodes import balanced_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = dict(snakemake.params.settings)
        body = get_body(settings.pop("body"))
        rollouts = read_rollouts(snakemake.input.rollouts)
        rows = balanced_rows(rollouts["clone_ids"], rollouts["episode_ids"], settings.pop("rows"))
        actors, metadata = read_actors(snakemake.input.clones)
        table = measure_clones(
            read_expert(snakemake.input.checkpoint, body),
            actors,
            rollouts["observations"][rows],
            read_csv(snakemake.input.returns),
        )
        table.insert(0, "samples", metadata["rows"])
        for place, (name, value) in enumerate(settings.items()):
            table.insert(place, name, value)
        write_csv(snakemake.output.table, table)
