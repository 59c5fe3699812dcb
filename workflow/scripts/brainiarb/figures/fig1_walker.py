"""Figure 1: the walker, its segments, and one cycle of the expert's gait."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from brainiarb.figures.style import MUTED, PAGE_WIDTH, head, series_colour

TABLES: list[str] = []
FILES = {"skeleton": "walker.csv", "picture": "walker.npz"}
ARCHIVES = True

TRUNK = "trunk"  # the table's name for segments that belong to no leg
CAP = np.linspace(-np.pi / 2, np.pi / 2, 12)
FLOOR = 0.0  # m
SPACING = 0.95  # m at least between the poses of a cycle, so that they do not overlap
GAP = 0.15  # m at least between the outlines of neighbours


def draw(tables: dict[str, Any], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw MuJoCo's picture if there is one, a skeleton with names, and the poses of a cycle."""
    skeleton, picture = tables["skeleton"], tables["picture"]["picture"]
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
    draw_cycle(below, skeleton)
    note = first["note"].iloc[0]
    shown = f"{note}: even times of the longest episode" if note else "one full gait cycle"
    for axes, letter, title in (
        (left, "A", first["environment"].iloc[0]),
        (right, "B", "segments whose heights are recorded"),
        (below, "C", f"{shown}, poses of the expert moved apart"),
    ):
        head(axes, letter, title)
    return figure, skeleton


def draw_cycle(axes: Axes, skeleton: pd.DataFrame) -> None:
    """Draw all poses side by side, each above its time."""
    poses = list(skeleton.groupby("pose"))
    spacing = max(SPACING, GAP + max(np.ptp(extent(pose)) for _, pose in poses))
    moved = []
    for number, (_, pose) in enumerate(poses):
        ends = pose[["x_start", "x_end"]]
        pose = pose.assign(**(ends - ends.to_numpy().mean() + number * spacing))
        draw_pose(axes, pose)
        axes.text(number * spacing, -0.1, f"{pose['time'].iloc[0]:.2f} s", ha="center", va="top")
        moved.append(pose)
    frame(axes, pd.concat(moved))
    axes.set_ylim(-0.3, None)


def draw_pose(axes: Axes, pose: pd.DataFrame) -> None:
    """Draw the capsules of one pose, each leg in its own colour."""
    colours = {leg: series_colour(number) for number, leg in enumerate(feet(pose))}
    colours[TRUNK] = MUTED
    for row in pose.itertuples():
        start, end = np.array([row.x_start, row.z_start]), np.array([row.x_end, row.z_end])
        axis = np.arctan2(*(end - start)[::-1])
        cap = row.radius * np.column_stack([np.cos(CAP + axis), np.sin(CAP + axis)])
        around = np.concatenate([end + cap, start - cap])
        outline = Outline(np.vstack([around, around[:1]]), closed=True)
        axes.add_patch(
            PathPatch(outline, facecolor=colours[row.leg], edgecolor="white", linewidth=0.5)
        )


def feet(pose: pd.DataFrame) -> list[str]:
    """Return the names of the legs, in the order of the table."""
    return [leg for leg in dict.fromkeys(pose["leg"]) if leg != TRUNK]


def extent(pose: pd.DataFrame) -> np.ndarray:
    """Return the least and the greatest x that the capsules reach (m)."""
    ends, radius = pose[["x_start", "x_end"]].to_numpy(), pose[["radius"]].to_numpy()
    return np.array([(ends - radius).min(), (ends + radius).max()])


def top(pose: pd.DataFrame) -> float:
    """Return the greatest height that the capsules reach (m)."""
    return float((pose[["z_start", "z_end"]].to_numpy() + pose[["radius"]].to_numpy()).max())


def room(pose: pd.DataFrame) -> tuple[float, float]:
    """Return the margin at each side of a pose and the height that hold the segments' names."""
    width = float(np.ptp(extent(pose)))
    margin = max(0.9, 0.75 * width)
    return margin, max(top(pose), 0.4 * (width + 2 * margin))


def name_segments(axes: Axes, pose: pd.DataFrame) -> None:
    """Write the name of each segment beside the body, in the order of the segments' heights.

    Legs are named on the left and on the right in turn, and the trunk where there is more room.
    """
    pose = pose.assign(
        x=(pose["x_start"] + pose["x_end"]) / 2, z=(pose["z_start"] + pose["z_end"]) / 2
    )
    margin, height = room(pose)
    sides = {leg: number % 2 for number, leg in enumerate(feet(pose))}
    named: tuple[list[Any], list[Any]] = ([], [])
    for row in sorted(pose.itertuples(), key=lambda row: row.leg == TRUNK):
        named[sides.get(row.leg, int(len(named[1]) < len(named[0])))].append(row)
    for rows, sign, edge in zip(named, (-1, 1), extent(pose), strict=True):
        places = np.linspace(0.9, 0.1, len(rows)) * height
        for row, place in zip(sorted(rows, key=lambda row: -row.z), places, strict=True):
            axes.annotate(
                row.geom.removesuffix("_geom").replace("_", " "),
                xy=(row.x, row.z),
                xytext=(edge + 0.35 * margin * sign, place),
                ha="left" if sign > 0 else "right",
                va="center",
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": "#555555"},
            )


def frame(axes: Axes, pose: pd.DataFrame) -> None:
    """Show the floor and the height in metres, at equal scales."""
    axes.axhline(FLOOR, color="black", linewidth=0.8)
    axes.set_aspect("equal")
    margin, height = room(pose) if pose["pose"].nunique() == 1 else (0.4, top(pose))
    axes.set_xlim(extent(pose) + np.array([-margin, margin]))
    axes.set_ylim(-0.05, height + 0.1)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    axes.set_ylabel("height (m)")
