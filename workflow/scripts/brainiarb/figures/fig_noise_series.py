"""Return, episode length and action error of the clones by noise level, with the demonstrator's."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.means import of_one_sample
from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    MUTED,
    NOISY,
    PAGE_WIDTH,
    head,
    legend,
    letters,
    panel_grid,
    rows_of,
)
from brainiarb.statistics.intervals import percent

TABLES = ["agents", "measures", "statistics"]
SETTINGS = ["statistics.alpha"]

PANELS = {
    "return": "return (first 1,000 steps)",
    "return_forward": "forward reward",
    "return_healthy": "healthy reward",
    "return_control": "control cost",
    "return_contact": "contact cost",
    "length": "episode length (steps)",
    "action_error": "squared action error\n(on the expert's states)",
}
MEASURES = {"return": "return", "length": "episode_length", "action_error": "action_mse_expert"}
INTERVAL = {"estimate": "iqm", "low": "low", "high": "high"}
COLUMNS = 3
STEP = 0.16  # between the two kinds of agent at one level


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per quantity: each clone is a point, with the demonstrator beside it.

    Parts of the return that the body does not have, such as a healthy reward, are left out, and so
    is the action error if it was not measured.
    """
    statistics, experts = of_one_sample(tables["statistics"], "iqm")
    table = joined(tables["agents"], tables["measures"], statistics)
    sample = "" if experts == 1 else f" of the clones of {experts} experts"
    label = f"interquartile mean{sample}, {percent(settings['alpha'])} interval"
    levels = sorted(table.loc[table["agent"] == "clone", "level"].unique())
    shown = [column for column in PANELS if (table[column].fillna(0) != 0).any()]
    figure = Figure(figsize=(PAGE_WIDTH, 0.4 + 1.75 * rows_of(len(shown), COLUMNS)))
    panels = panel_grid(figure, len(shown), COLUMNS)
    for number, (axes, column, letter) in enumerate(zip(panels, shown, letters(), strict=False)):
        points(axes, table, levels, column)
        if column in MEASURES:
            intervals(axes, table, levels, column, label)
        axes.set_ylabel(PANELS[column])
        axes.set_xticks(range(len(levels)), levels)
        head(axes, letter)
        if number + COLUMNS >= len(shown):
            axes.set_xlabel("noise in the demonstrations (%)")
    legend(figure, panels[0].get_legend_handles_labels()[0], "lower")
    return figure, table


def joined(agents: pd.DataFrame, measures: pd.DataFrame, statistics: pd.DataFrame) -> pd.DataFrame:
    """Return the agents with the clones' action error and the intervals of their levels."""
    errors = measures.loc[
        measures["measure"] == MEASURES["action_error"], ["level", "clone", "value"]
    ].rename(columns={"value": "action_error"})
    table = agents.merge(errors.assign(agent="clone", mode="mean"), how="left")
    for column, measure in MEASURES.items():
        rows = statistics.loc[
            statistics["measure"] == measure, ["level", "estimate", "low", "high"]
        ]
        names = {old: f"{column}_{new}" for old, new in INTERVAL.items()}
        table = table.merge(rows.rename(columns=names).assign(agent="clone"), how="left")
    return table


def points(axes: Axes, table: pd.DataFrame, levels: list[int], column: str) -> None:
    """Draw the clones, the demonstrator under each noise, and the mean of the expert."""
    if column != "action_error":
        own = (table["agent"] == "expert") & (table["mode"] == "mean")
        expert = table.loc[own, column].mean()
        axes.axhline(expert, color=EXPERT, linestyle="--", linewidth=0.8, label="expert")
    for agent, mode, marker, colour, side, label in (
        ("demonstrator", "mean", "D", NOISY, -1, "demonstrator under the noise"),
        ("clone", "sampled", "x", MUTED, 0, "clone, sampled actions"),
        ("clone", "mean", "o", CLEAN, 1, "clone (each a point; line: median)"),
    ):
        rows = table[(table["agent"] == agent) & (table["mode"] == mode) & table[column].notna()]
        at = np.array([levels.index(level) for level in rows["level"]]) + side * STEP
        edge, width = (colour, 0.6) if marker == "x" else ("white", 0.3)
        axes.plot(
            at, rows[column], marker, ms=3, mfc=colour, mec=edge, mew=width, alpha=0.75,
            linestyle="none", label=label,
        )  # fmt: skip
        if mode == "mean":
            median = rows.groupby("level")[column].median().reindex(levels)
            axes.plot(np.arange(len(levels)) + side * STEP, median, color=colour, linewidth=0.9)


def intervals(axes: Axes, table: pd.DataFrame, levels: list[int], column: str, label: str) -> None:
    """Draw the interquartile mean of the clones of each level with its interval."""
    clones = (table["agent"] == "clone") & (table["mode"] == "mean")
    of_level = table[clones].drop_duplicates("level")
    at = np.array([levels.index(level) for level in of_level["level"]]) + 2.2 * STEP
    low, middle, high = (of_level[f"{column}_{part}"] for part in ("low", "iqm", "high"))
    axes.vlines(at, low, high, color=CLEAN, linewidth=1.4)
    axes.scatter(at, middle, 16, CLEAN, marker="_", label=label)
