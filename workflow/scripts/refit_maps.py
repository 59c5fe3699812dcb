"""Say how alike the regions of the gait map are over seeds, perplexities and bandwidths."""

from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.walk import walks_of
from brainiarb.jobs import job
from brainiarb.maps.shared import MapSettings
from brainiarb.maps.tables import stability_table
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        walks = [
            walk
            for path, level in zip(snakemake.input, [-1, *settings["levels"]], strict=True)
            for walk in walks_of(body, read_rollouts(path), level, settings["transient"])
        ]
        seed = derive_seed(settings["seed"], "map_gaits", settings["expert"])
        table = stability_table(walks, MapSettings(**settings["gaitmap"]), seed)
        table.insert(0, "expert", settings["expert"])
        write_csv(snakemake.output.table, table)
