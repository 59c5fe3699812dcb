"""Figure 1: the walker, its segments, and one cycle of the expert's gait."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from brainiarb.figures.style import CLEAN, MUTED, NOISY, PAGE_WIDTH, head

CAP = np.linspace(-np.pi / 2, np.pi / 2, 12)
FLOOR = 0.0  # m
SPACING = 0.95  # m between the poses of a cycle, which would overlap


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw MuJoCo's picture where there is one, a labelled skeleton, and the poses of a cycle."""
    skeleton, picture = tables["skeleton"], settings["picture"]
    first = skeleton[skeleton["pose"] == skeleton["pose"].min()]
    figure = Figure(figsize=(PAGE_WIDTH, 4.6))
    grid = figure.add_gridspec(2, 2, height_ratios=(1.35, 1.0))
    left, right, below = (figure.add_subplot(cell) for cell in (grid[0, 0], grid[0, 1], grid[1, :]))
    if picture.size:
        left.imshow(picture, interpolation="antialiased")
        left.set_axis_off()
    else:
        draw_pose(left, first)
        frame(left, first)
    draw_pose(right, first)
    name_segments(right, first)
    frame(right, first)
    poses = list(skeleton.groupby("pose"))
    apart = []
    for number, (_, pose) in enumerate(poses):
        ends = pose[["x_start", "x_end"]]
        pose = pose.assign(**(ends - ends.to_numpy().mean() + number * SPACING))
        draw_pose(below, pose)
        below.text(number * SPACING, -0.1, f"{pose['time'].iloc[0]:.2f} s", ha="center", va="top")
        apart.append(pose)
    frame(below, pd.concat(apart))
    below.set_ylim(-0.3, None)
    for axes, name, title in (
        (left, "A", "Walker2d"),
        (right, "B", "segments whose heights are recorded"),
        (below, "C", "one full gait cycle of the expert, its poses moved apart"),
    ):
        head(axes, name, title)
    return figure, skeleton


def draw_pose(axes: Axes, pose: pd.DataFrame) -> None:
    """Draw the capsules of one pose, the left leg in its own colour."""
    for row in pose.itertuples():
        start, end = np.array([row.x_start, row.z_start]), np.array([row.x_end, row.z_end])
        axis = np.arctan2(*(end - start)[::-1])
        around = np.concatenate(
            [
                end + row.radius * np.column_stack([np.cos(CAP + axis), np.sin(CAP + axis)]),
                start - row.radius * np.column_stack([np.cos(CAP + axis), np.sin(CAP + axis)]),
            ]
        )
        outline = Outline(np.vstack([around, around[:1]]), closed=True)
        axes.add_patch(
            PathPatch(
                outline,
                facecolor=colour(row.geom),
                edgecolor="white",
                linewidth=0.5,
            )
        )


def colour(geom: str) -> str:
    """Return the colour of a segment: left leg, right leg, torso."""
    if "left" in geom:
        return NOISY
    return MUTED if "torso" in geom else CLEAN


def name_segments(axes: Axes, pose: pd.DataFrame) -> None:
    """Write each segment's name beside it, left and right of the body in order of height."""
    middle = pose[["x_start", "x_end"]].to_numpy().mean()
    for side, sign in ((True, 1), (False, -1)):
        mine = pose[[("left" in geom) == side for geom in pose["geom"]]].copy()
        mine["z"] = (mine["z_start"] + mine["z_end"]) / 2
        heights = np.linspace(1.35, 0.15, len(mine)) if len(mine) > 1 else mine["z"]
        ordered = mine.sort_values("z", ascending=False)
        for row, height in zip(ordered.itertuples(), heights, strict=True):
            axes.annotate(
                row.geom.removesuffix("_geom").replace("_", " "),
                xy=((row.x_start + row.x_end) / 2, row.z),
                xytext=(middle + 0.75 * sign, height),
                ha="left" if sign > 0 else "right",
                va="center",
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": "#555555"},
            )


def frame(axes: Axes, pose: pd.DataFrame) -> None:
    """Show the floor and the height in metres, at equal scales."""
    ends = pose[["x_start", "x_end"]].to_numpy()
    axes.axhline(FLOOR, color="black", linewidth=0.8)
    axes.set_aspect("equal")
    margin = 0.9 if len(pose["pose"].unique()) == 1 else 0.4
    axes.set_xlim(ends.min() - margin, ends.max() + margin)
    axes.set_ylim(-0.05, 1.6)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    axes.set_ylabel("height (m)")
