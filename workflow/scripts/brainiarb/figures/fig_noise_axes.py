"""Return, survival and action error of clones by the noise's meaning and number of episodes."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import CLEAN, LEGS, NOISY, PAGE_WIDTH, head, two_rows

PANELS = {
    "return": "return (first 1,000 steps)",
    "survival": "survival (share of episodes)",
    "action_error": "squared action error\n(on the expert's states)",
}
MEANINGS = dict(zip(("executed", "clean_label", "label", "observation"), LEGS, strict=True))
MARKERS = "oDs^"
SPREAD = 0.6  # of the series beside one another at a tick


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw the meanings over levels above, the lowest and highest level over episodes below.

    Every clone is a point; lines with bars are interquartile means with their intervals.
    """
    table, intervals = tables["noise_axes"], tables["intervals"]
    both = pd.concat([table, intervals], ignore_index=True)
    levels = sorted(table["level"].unique())
    counts = sorted(table["episodes"].unique())
    most = (both["episodes"] == counts[-1]) & ~both["held"].astype(bool)
    by_meaning = {
        (name.replace("_", " "), MEANINGS[name], "-"): both[most & (both["meaning"] == name)]
        for name in MEANINGS
        if name in set(table["meaning"])
    }
    # The fewest episodes belong to both ways of counting.
    fewest = both["episodes"] == counts[0]
    by_count = {
        (f"{level} % noise{words}", colour, line): both[
            (both["meaning"] == settings["meaning"])
            & (both["level"] == level)
            & ((both["held"].astype(bool) == held) | fewest)
        ]
        for level, colour in dict(zip((levels[0], levels[-1]), (CLEAN, NOISY), strict=True)).items()
        for held, line, words in ((False, "-", ""), (True, "--", ", samples held"))
    }
    figure = Figure(figsize=(PAGE_WIDTH, 4.6))
    upper, lower = two_rows(figure)
    letters = iter("ABCDEF")
    for half, series, column, ticks, label in (
        (upper, by_meaning, "level", levels, "noise (%)"),
        (lower, by_count, "episodes", counts, "demonstrated episodes"),
    ):
        panels = half.subplots(1, len(PANELS))
        for axes, (measure, name) in zip(panels, PANELS.items(), strict=True):
            beside(axes, series, measure, column, ticks)
            axes.set(xlabel=label, ylabel=name)
            axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
            axes.set_xticks(range(len(ticks)), ticks)
            head(axes, next(letters))
        handles, labels = panels[0].get_legend_handles_labels()
        half.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure, both


def beside(
    axes: Axes,
    series: dict[tuple[str, str, str], pd.DataFrame],
    measure: str,
    column: str,
    ticks: list[int],
) -> None:
    """Draw series beside one another: clones as points, interquartile means with intervals."""
    for place, ((label, colour, line), rows) in enumerate(series.items()):
        aside = SPREAD * ((place + 0.5) / len(series) - 0.5)
        clones = rows[rows["clone"].notna()]
        at = np.array([ticks.index(tick) for tick in clones[column]])
        marker = MARKERS[place]
        axes.plot(
            at + aside, clones[measure], marker, ms=2.2, mfc=colour, mec="none", alpha=0.45,
            linestyle="none",
        )  # fmt: skip
        means = rows[rows["measure"] == measure].sort_values(column)
        at = np.array([ticks.index(tick) for tick in means[column]]) + aside
        axes.vlines(at, means["low"], means["high"], color=colour, linewidth=1.2)
        axes.plot(at, means["estimate"], line, marker=marker, ms=3.5, color=colour, label=label)
