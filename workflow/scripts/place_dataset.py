"""Take demonstrations of clones and the gait of a body from a data set, and tabulate returns."""

import logging
from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.datasets.foreign import read_dataset
from brainiarb.datasets.replay import demonstrations, replayed
from brainiarb.datasets.trajectories import dealt, spread
from brainiarb.files import write_csv, write_npz
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import write_demonstrations
from brainiarb.rollouts.returns import returns_table
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings, written = snakemake.params.settings, snakemake.output
        body, name = get_body(settings["body"]), settings["expert"]
        data = read_dataset(snakemake.input.dataset, body)
        logging.info("read %d steps of %d episodes", len(data), data.episodes)
        logging.info(
            "a data set has no network, so %s has no activations, no similarity, no actions in the "
            "states of others, no sampled walk and no learning curve; its clones have",
            name,
        )
        seed = derive_seed(settings["seed"], "place_dataset", name)
        rows, ends = dealt(data, settings["clones"], settings["samples"], seed)
        learnt = demonstrations(body, data, rows, ends, settings["clones"])
        shown = spread(data, settings["expert_episodes"])
        walked = replayed(body, demonstrations(body, data, shown, data.ends[shown], 1))
        write_demonstrations(written.demonstrations, learnt)
        write_npz(written.rollouts, walked)
        write_csv(written.demonstrated, returns_table(learnt, name, "demonstrator", 0, "mean"))
        write_csv(written.returns, returns_table(walked, name, "expert", -1, "mean"))
