"""Films: agents are taken from recordings, and frames are written as MP4 and GIF."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import forward_column
from brainiarb.bodies.pictures import render_frames, skeleton_table
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import steps_into_episode

PIXELS = 280  # width and height of MuJoCo's pictures
# One thread and no version strings: this way the same frames give the same bytes.
EXACT = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"]


@dataclass(frozen=True, eq=False)
class FilmedAgent:
    """One agent of a film; its cycle has n frames, of which the last repeats the first."""

    level: int
    """Noise in percent; -1 for the expert."""
    cells: pd.DataFrame
    """The cells of the agent on the one map for all agents."""
    cycle: pd.DataFrame
    """(n) The track of the cycle on that map; without a cycle there is one row without a place."""
    skeletons: pd.DataFrame
    """The capsules of the n poses, with the middle of the torso at x = 0."""
    pictures: np.ndarray | None
    """(n, h, w, 3) uint8 pictures by MuJoCo; None without OpenGL."""


def filmed_agent(
    body: Body, rollouts: Rollouts, level: int, cells: pd.DataFrame, cycles: pd.DataFrame
) -> FilmedAgent:
    """Return the agent of a level as it walks its tracked cycle in a recording of that level.

    `cells` and `cycles` are the tables of gait maps of one expert.
    """
    own_cells, track = (
        table[(table["map"] == "shared") & (table["level"] == level)] for table in (cells, cycles)
    )
    row = track.iloc[0]
    episode = rollouts["episode_ids"] == row["episode"]
    steps = steps_into_episode(rollouts["episode_ids"][episode])
    qpos = rollouts["qpos"][episode][np.searchsorted(steps, track["step"])]
    # The floor of the pictures has an end, so the walk begins at its middle.
    near, centred, x = qpos.copy(), qpos.copy(), forward_column(body)
    near[:, x] -= qpos[0, x]
    centred[:, x] = 0.0
    pictures = render_frames(body, near, PIXELS, PIXELS)
    skeletons = skeleton_table(body, centred, track["time"].to_numpy())
    return FilmedAgent(level, own_cells, track.reset_index(drop=True), skeletons, pictures)


def write_mp4(path: Path, frames: Sequence[np.ndarray], rate: float) -> None:
    """Write frames (h, w, 3) uint8 as H.264, `rate` of them in a second.

    The codec takes even sizes only, so the last row or column of an odd size is cut off.
    """
    import imageio_ffmpeg

    height, width = (size // 2 * 2 for size in frames[0].shape[:2])
    writer = imageio_ffmpeg.write_frames(
        str(path), (width, height), fps=rate, macro_block_size=2, output_params=EXACT
    )
    writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame[:height, :width]))
    writer.close()


def write_gif(path: Path, frames: Sequence[np.ndarray], rate: float) -> None:
    """Write frames (h, w, 3) uint8 as an endless GIF, `rate` of them in a second."""
    from PIL import Image

    first, *following = (
        Image.fromarray(frame).quantize(method=Image.Quantize.FASTOCTREE) for frame in frames
    )
    first.save(path, save_all=True, append_images=following, duration=round(1000 / rate), loop=0)
