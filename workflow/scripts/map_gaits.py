"""Map the gaits of an expert and of its clones at chosen levels, and track one cycle of each."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.bodies import get_body
from brainiarb.files import write_csv
from brainiarb.gaitcycles import MapSettings, published_maps, shared_map, walk
from brainiarb.jobs import job
from brainiarb.rollouts import read_rollouts
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        walks = [
            walk(
                body,
                read_rollouts(path),
                "expert" if level < 0 else "clone",
                level,
                settings["transient"],
            )
            for path, level in zip(snakemake.input, [-1, *settings["levels"]], strict=True)
        ]
        seed = derive_seed(settings["seed"], "map_gaits", settings["expert"])
        made = [
            make(walks, MapSettings(**settings["gaitmap"]), seed)
            for make in (shared_map, published_maps)
        ]
        for path, parts in zip(snakemake.output, zip(*made, strict=True), strict=True):
            table = pd.concat(parts, ignore_index=True)
            table.insert(0, "expert", settings["expert"])
            write_csv(path, table)
