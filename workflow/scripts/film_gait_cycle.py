"""Film the expert and a noisy clone beside their places on the gait map: MP4 and GIF."""

from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.figures.film import filmed_agent, write_gif, write_mp4
from brainiarb.figures.inputs import of_expert, read_table
from brainiarb.figures.style import journal
from brainiarb.files import whole
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RATE = 25  # frames a second; each shows the next recorded sample, so that walking is slowed
SKIPPED = 3  # the GIF shows every third frame

if __name__ == "__main__":
    # This import loads matplotlib, which only drawing itself needs.
    from brainiarb.figures.gait_cycle import draw, film_seconds

    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards), journal():
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        cells, cycles = (
            of_expert(read_table(path), settings["expert"])
            for path in (snakemake.input.gait_map, snakemake.input.gait_cycles)
        )
        recordings = [
            (-1, read_rollouts(snakemake.input.expert)),
            (settings["noisy_level"], read_rollouts(snakemake.input.clones)),
        ]
        rate = float(recordings[0][1]["sampling_rate"])
        agents = [
            filmed_agent(body, rollouts, level, cells, cycles) for level, rollouts in recordings
        ]
        frames = list(draw(agents, film_seconds(agents), rate, settings["dpi"]))
        with whole(snakemake.output.mp4) as temporary:
            write_mp4(temporary, frames, RATE)
        with whole(snakemake.output.gif) as temporary:
            write_gif(temporary, frames[::SKIPPED], RATE / SKIPPED)
