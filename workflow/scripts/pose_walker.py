"""Pose the walker at even phases of one gait cycle: its skeleton, and a picture where OpenGL is."""

from typing import TYPE_CHECKING

import numpy as np

from brainiarb.bodies.pictures import render_frame, skeleton_table
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv, write_npz
from brainiarb.gait.walk import cycle_rows, walk
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

POSES = 9
PIXELS = 900

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        settings = snakemake.params.settings
        body = get_body(settings["body"])
        rollouts = read_rollouts(snakemake.input.rollouts)
        walked = walk(body, rollouts, "expert", -1, settings["transient"])
        rows = cycle_rows(walked, POSES)
        poses = rollouts["qpos"][walked.episode][rows]
        times = (rows - rows[0]) / walked.sampling_rate
        picture = render_frame(body, poses[0], PIXELS, PIXELS)
        note = "no full cycle was found" if walked.cycle() is None else ""
        write_csv(snakemake.output.skeleton, skeleton_table(body, poses, times, note))
        write_npz(
            snakemake.output.picture,
            {"picture": np.zeros((0, 0, 3), np.uint8) if picture is None else picture},
        )
