"""Film the expert and a noisy clone beside their places on the gait map: MP4 and GIF."""

from typing import TYPE_CHECKING

import pandas as pd

from brainiarb.bodies.registry import get_body
from brainiarb.figures.film import actor, write_gif, write_mp4
from brainiarb.figures.gait_cycle import draw
from brainiarb.figures.style import journal
from brainiarb.files import whole
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RATE = 25  # frames a second; each shows the next recorded sample, so that walking is slowed
STILL = 1.0  # s that are shown where nobody has a cycle
SKIPPED = 3  # the GIF shows every third frame

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output), journal():
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        cells, cycles = (
            table[table["expert"] == settings["expert"]].fillna({"note": ""})
            for table in map(pd.read_csv, (snakemake.input.gait_map, snakemake.input.gait_cycles))
        )
        recordings = [
            (-1, read_rollouts(snakemake.input.expert)),
            (settings["noisy_level"], read_rollouts(snakemake.input.clones)),
        ]
        rate = float(recordings[0][1]["sampling_rate"])
        actors = [actor(body, rollouts, level, cells, cycles) for level, rollouts in recordings]
        seconds = max(a.cycle["time"].max() for a in actors)
        frames = list(draw(actors, seconds if seconds > 0 else STILL, rate, settings["dpi"]))
        with whole(snakemake.output.mp4) as temporary:
            write_mp4(temporary, frames, RATE)
        with whole(snakemake.output.gif) as temporary:
            write_gif(temporary, frames[::SKIPPED], RATE / SKIPPED)
