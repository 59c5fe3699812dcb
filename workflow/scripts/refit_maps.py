"""Say how alike the regions of the gait map are over seeds, perplexities and bandwidths."""

from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.walk import read_walks
from brainiarb.jobs import job
from brainiarb.maps.shared import MapSettings
from brainiarb.maps.stability import stability_table
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body, expert = get_body(settings["body"], settings["rate_range"]), settings["expert"]
        walks = read_walks(body, snakemake.input, settings["levels"], expert, settings["transient"])
        seed = derive_seed(settings["seed"], "map_gaits", expert)
        table = stability_table(walks, MapSettings(**settings["gaitmap"]), seed)
        write_csv(snakemake.output.table, table)
