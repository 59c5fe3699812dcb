"""Return and episode length of the clones by noise level, with the demonstrator's own."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import CLEAN, EXPERT, NOISY, PAGE_WIDTH, head

PANELS = {
    "return": "return (first 1,000 steps)",
    "return_forward": "forward reward",
    "return_healthy": "healthy reward",
    "return_control": "control cost",
    "length": "episode length (steps)",
}
STEP = 0.16  # between the two kinds of agent at one level


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per quantity: each clone a point, with the demonstrator beside it."""
    table = tables["agents"]
    levels = sorted(table.loc[table["agent"] == "clone", "level"].unique())
    figure = Figure(figsize=(PAGE_WIDTH, 3.9))
    panels = figure.subplots(2, 3, sharex=True)
    for axes, (name, column, label) in zip(
        panels.flat, zip("ABCDE", PANELS, PANELS.values(), strict=True), strict=False
    ):
        series(axes, table, levels, column)
        axes.set_ylabel(label)
        axes.set_xticks(range(len(levels)), levels)
        head(axes, name)
    for axes in (*panels[1, :2], panels[0, 2]):
        axes.set_xlabel("noise in the demonstrations (%)")
        axes.tick_params(labelbottom=True)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    panels[1, 2].set_axis_off()
    panels[1, 2].legend(handles, labels, loc="center left")
    return figure, table


def series(axes: Axes, table: pd.DataFrame, levels: list[int], column: str) -> None:
    """Draw the clones, the demonstrator under each noise, and the expert's mean."""
    expert = table.loc[table["agent"] == "expert", column].mean()
    axes.axhline(expert, color=EXPERT, linestyle="--", linewidth=0.8, label="expert")
    for agent, marker, colour, side, label in (
        ("demonstrator", "D", NOISY, -1, "demonstrator under the noise"),
        ("clone", "o", CLEAN, 1, "clone (each a point; line: median)"),
    ):
        mine = table[table["agent"] == agent]
        at = np.array([levels.index(level) for level in mine["level"]]) + side * STEP
        axes.plot(
            at, mine[column], marker, ms=3, mfc=colour, mec="white", mew=0.3, alpha=0.75,
            linestyle="none", label=label,
        )  # fmt: skip
        middle = mine.groupby("level")[column].median().reindex(levels)
        axes.plot(np.arange(len(levels)) + side * STEP, middle, color=colour, linewidth=0.9)
