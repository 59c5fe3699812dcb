"""Map the gaits of an expert and of its clones at chosen levels, and say how they compare there."""

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.walk import walks_of
from brainiarb.jobs import job
from brainiarb.maps.published import published_maps
from brainiarb.maps.shared import MapSettings, bandwidth_sweep, fit_map, shared_map
from brainiarb.maps.tables import (
    distance_table,
    map_measures,
    occupancy_table,
    place_agents,
    transition_table,
)
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        how = MapSettings(**settings["gaitmap"])
        body = get_body(settings["body"])
        walks = [
            walk
            for path, level in zip(snakemake.input, [-1, *settings["levels"]], strict=True)
            for walk in walks_of(body, read_rollouts(path), level, settings["transient"])
        ]
        seed = derive_seed(settings["seed"], "map_gaits", settings["expert"])
        shared = fit_map(walks, how, seed)
        sweep = bandwidth_sweep(shared, how)
        logging.info("regions by bandwidth:\n%s", sweep.to_string(index=False))
        made = [shared_map(walks, shared), published_maps(walks, how, seed)]
        cells, cycles = (pd.concat(parts, ignore_index=True) for parts in zip(*made, strict=True))
        placed = place_agents(walks, shared, how.frames)
        count, rng = int(shared.regions.max()), np.random.default_rng(seed)
        transitions = transition_table(placed, count, rng)
        distances = distance_table(placed, count, rng)
        for name, table in {
            "cells": cells,
            "cycles": cycles,
            "bandwidths": sweep,
            "occupancy": occupancy_table(placed, shared),
            "transitions": transitions,
            "distances": distances,
        }.items():
            table.insert(0, "expert", settings["expert"])
            write_csv(snakemake.output[name], table)
        measures = map_measures(settings["expert"], placed, transitions, distances)
        write_csv(snakemake.output.measures, measures)
