"""Compare an expert with the clones of a level, layer by layer."""

from typing import TYPE_CHECKING

import h5py
import pandas as pd

from brainiarb.comparisons import compare_level
from brainiarb.files import write_csv
from brainiarb.jobs import job
from brainiarb.rollouts import median_clone

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with (
        job(snakemake.log, snakemake.output),
        h5py.File(snakemake.input.expert) as expert,
        h5py.File(snakemake.input.untrained) as untrained,
        h5py.File(snakemake.input.clones) as clones,
    ):
        frame = compare_level(expert, untrained, clones)
        returns = pd.read_csv(snakemake.input.returns)
        frame["median"] = frame["clone"] == median_clone(returns)
        frame.insert(0, "expert", snakemake.params.settings["expert"])
        frame.insert(1, "level", snakemake.params.settings["level"])
        write_csv(snakemake.output.similarity, frame)
