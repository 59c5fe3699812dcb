"""Map the gaits of archives on one map that all of them share."""

from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.walk import read_walks
from brainiarb.jobs import job
from brainiarb.maps.archives import archive_map
from brainiarb.maps.shared import MapSettings
from brainiarb.maps.stored import write_map
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body, transient = get_body(settings["body"], settings["rate_range"]), settings["transient"]
        walks = [
            read_walks(body, [path], [], expert, transient)[0]
            for expert, path in zip(settings["experts"], snakemake.input, strict=True)
        ]
        seed = derive_seed(settings["seed"], "map_archives", *settings["experts"])
        mapping = MapSettings(**settings["gaitmap"])
        tables = archive_map(walks, mapping, seed)
        outputs = dict(snakemake.output.items())
        write_map(outputs.pop("shared"), tables.shared, mapping.features)
        for name, path in outputs.items():
            write_csv(path, getattr(tables, name))
