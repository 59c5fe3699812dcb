"""Return, falls and action error of clones by meaning of the noise and number of episodes."""

from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import (
    CLEAN,
    NOISY,
    PAGE_WIDTH,
    head,
    legend,
    letters,
    series_colour,
    two_rows,
)

TARGET = "noise_axes"
TABLES = ["noise_axes", "noise_axes_intervals"]
EVERY_EXPERT = ["noise_axes"]
SETTINGS = ["noise.meaning"]

PANELS = {
    "return": "return (first 1,000 steps)",
    "walks": "share of clones that walk",
    "action_error": "squared action error\n(on the expert's states)",
}
MARKERS = "oDs^vPX"  # one more than there are colours, so that both do not repeat together
SPREAD = 0.6  # width over which the series at a tick stand side by side

Series = dict[tuple[str, str, str], pd.DataFrame]
"""Rows of clones and of intervals by label, colour and style of the line."""


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw the meanings over levels above, the lowest and highest level over episodes below.

    Every clone of every expert is a point, because the shares and interquartile means with their
    intervals, which are drawn as lines with bars, are of all of them together. The mean return is
    of the clones that walk.
    """
    table = tables["noise_axes"]
    both = pd.concat([table, tables["noise_axes_intervals"]], ignore_index=True)
    levels = sorted(table["level"].unique())
    counts = sorted(table["episodes"].unique())
    figure = Figure(figsize=(PAGE_WIDTH, 4.6))
    upper, lower = two_rows(figure)
    names = letters()
    for half, series, column, ticks, label in (
        (upper, by_meaning(both, settings["meaning"]), "level", levels, "noise (%)"),
        (lower, by_count(both, settings["meaning"]), "episodes", counts, "demonstrated episodes"),
    ):
        panels = half.subplots(1, len(PANELS))
        for axes, (measure, name) in zip(panels, PANELS.items(), strict=True):
            beside(axes, series, measure, column, ticks)
            axes.set(xlabel=label, ylabel=name)
            axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
            if measure == "walks":
                axes.set_ylim(-0.04, 1.04)
            axes.set_xticks(range(len(ticks)), ticks)
            head(axes, next(names))
        legend(half, panels[0].get_legend_handles_labels()[0], "upper")
    return figure, both


def by_meaning(rows: pd.DataFrame, usual: str) -> Series:
    """Return the rows with the most episodes by meaning; the study's usual meaning is the first."""
    most = (rows["episodes"] == rows["episodes"].max()) & ~rows["held"].astype(bool)
    others = sorted(set(rows["meaning"]) - {usual})
    meanings = [name for name in (usual, *others) if (rows["meaning"] == name).any()]
    return {
        (name.replace("_", " "), series_colour(number), "-"): rows[most & (rows["meaning"] == name)]
        for number, name in enumerate(meanings)
    }


def by_count(rows: pd.DataFrame, usual: str) -> Series:
    """Return the rows of the usual meaning at the lowest and at the highest level.

    Each level has two series: all samples of the episodes, and no more than the fewest episodes
    have. The fewest episodes themselves belong to both.
    """
    fewest = rows["episodes"] == rows["episodes"].min()
    ends = {rows["level"].min(): CLEAN, rows["level"].max(): NOISY}
    return {
        (f"{level} % noise{words}", colour, line): rows[
            (rows["meaning"] == usual)
            & (rows["level"] == level)
            & ((rows["held"].astype(bool) == held) | fewest)
        ]
        for level, colour in ends.items()
        for held, line, words in ((False, "-", ""), (True, "--", ", samples held"))
    }


def beside(axes: Axes, series: Series, measure: str, column: str, ticks: list[int]) -> None:
    """Draw series side by side: clones as points where they have a value, intervals as bars."""
    for place, (((label, colour, line), rows), marker) in enumerate(
        zip(series.items(), cycle(MARKERS), strict=False)
    ):
        aside = SPREAD * ((place + 0.5) / len(series) - 0.5)
        if measure in rows:
            clones = rows[rows["clone"].notna()]
            axes.plot(
                np.array([ticks.index(tick) for tick in clones[column]]) + aside, clones[measure],
                marker, ms=2.2, mfc=colour, mec="none", alpha=0.45, linestyle="none",
            )  # fmt: skip
        means = rows[rows["measure"] == measure].sort_values(column)
        at = np.array([ticks.index(tick) for tick in means[column]]) + aside
        axes.vlines(at, means["low"], means["high"], color=colour, linewidth=1.2)
        axes.plot(at, means["estimate"], line, marker=marker, ms=3.5, color=colour, label=label)
