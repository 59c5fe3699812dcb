"""Pose the walker at even phases of one gait cycle: its skeleton, and a picture where OpenGL is."""

from typing import TYPE_CHECKING

import numpy as np

from brainiarb.bodies.pictures import render_frame, skeleton_table
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_csv, write_npz
from brainiarb.gait.drawn import drawn_episode
from brainiarb.gait.walk import walks_of
from brainiarb.jobs import job
from brainiarb.rollouts.arrays import read_rollouts

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

POSES = 9
PIXELS = 900

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body = get_body(settings["body"], settings["rate_range"])
        rollouts = read_rollouts(snakemake.input.rollouts)
        (walk,) = walks_of(body, rollouts, settings["expert"], -1, settings["transient"])
        drawn = drawn_episode(walk)
        rows, note = drawn.poses(POSES)
        poses = rollouts["qpos"][drawn.rows][rows]
        times = (rows - rows[0]) / walk.sampling_rate
        picture = render_frame(body, poses[0], PIXELS, PIXELS)
        write_csv(snakemake.output.skeleton, skeleton_table(body, poses, times, note))
        write_npz(
            snakemake.output.picture,
            {"picture": np.zeros((0, 0, 3), np.uint8) if picture is None else picture},
        )
