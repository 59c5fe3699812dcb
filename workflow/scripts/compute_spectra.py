"""Compute the power spectra of an expert's movements and of those of clones at chosen levels."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv
from brainiarb.gait.spectrum_table import spectrum_table
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.rollouts.returns import episode_returns, median_clone

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        frames = []
        for path, level in zip(snakemake.input, [-1, *settings["levels"]], strict=True):
            rollouts = read_rollouts(path)
            frame = spectrum_table(
                body,
                rollouts,
                settings["transient"],
                settings["segment"],
                (settings["lowest"], settings["highest"]),
            )
            frame.insert(0, "expert", settings["expert"])
            frame.insert(1, "agent", "expert" if level < 0 else "clone")
            frame.insert(2, "level", level)
            frame["median"] = frame["clone"] == median_clone(episode_returns(rollouts))
            if level < 0:
                frame["clone"] = -1
            frames.append(frame)
        write_csv(snakemake.output.spectra, pd.concat(frames, ignore_index=True))
