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
    "return_contact": "contact cost",
    "length": "episode length (steps)",
}
COLUMNS = 3
STEP = 0.16  # between the two kinds of agent at one level


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per quantity: each clone a point, with the demonstrator beside it.

    Parts of the return that the body has not, such as a healthy reward, are left out.
    """
    table = tables["agents"]
    levels = sorted(table.loc[table["agent"] == "clone", "level"].unique())
    figure = Figure(figsize=(PAGE_WIDTH, 3.9))
    panels = figure.subplots(2, COLUMNS, sharex=True).flat
    shown = [column for column in PANELS if (table[column] != 0).any()]
    for number, (axes, column) in enumerate(zip(panels, shown, strict=False)):
        series(axes, table, levels, column)
        axes.set_ylabel(PANELS[column])
        axes.set_xticks(range(len(levels)), levels)
        head(axes, "ABCDEF"[number])
        if number + COLUMNS >= len(shown):
            axes.set_xlabel("noise in the demonstrations (%)")
            axes.tick_params(labelbottom=True)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
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
