"""Map the gaits of an expert and of its clones at chosen levels, and say how they compare there."""

import logging
from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.walk import read_walks
from brainiarb.jobs import job
from brainiarb.maps.shared import MapSettings
from brainiarb.maps.stored import write_map
from brainiarb.maps.tables import map_tables
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body, expert = get_body(settings["body"], settings["rate_range"]), settings["expert"]
        transient, given = settings["transient"], snakemake.input
        walks = read_walks(body, given.recordings, settings["levels"], expert, transient)
        sampled = (
            read_walks(body, given.sampled, [], expert, transient) if given.sampled else [None]
        )
        seed = derive_seed(settings["seed"], "map_gaits", expert)
        mapping = MapSettings(**settings["gaitmap"])
        tables = map_tables(walks, mapping, seed, *sampled)
        logging.info("regions by bandwidth:\n%s", tables.bandwidths.to_string(index=False))
        outputs = dict(snakemake.output.items())
        write_map(outputs.pop("shared"), tables.shared, mapping.features)
        for name, path in outputs.items():
            write_csv(path, getattr(tables, name))
