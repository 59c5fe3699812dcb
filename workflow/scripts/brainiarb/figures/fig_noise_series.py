"""Return, falls and action error of the clones by noise level, with the demonstrator's."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.by_level import lower_medians
from brainiarb.figures.inputs import of_expert
from brainiarb.figures.means import level_means, walking_means, walking_shares
from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    MUTED,
    NOISY,
    PAGE_WIDTH,
    SERIES,
    head,
    legend,
    letters,
    panel_grid,
    rows_of,
)
from brainiarb.statistics.ledger import REFERENCE

TABLES = ["agents", "measures", "statistics"]
EVERY_EXPERT = ["measures"]
SETTINGS = ["statistics.alpha"]

COSTS = ("control", "contact", "ctrl")
"""Parts of a reward that are costs."""

PANELS = {
    "return": "return (first 1,000 steps)",
    "fell": "share of episodes with a fall",
    "walks": "share of clones that walk",
    "episodes": "demonstrated episodes of a clone",
    "action_error": "squared action error\n(on the expert's states)",
}
MEASURES = {"return": "return", "action_error": "action_mse_expert"}
SHARES = ("fell", "walks")  # panels whose axis is from 0 to 1
COLUMNS = 3
STEP = 0.16  # between the two kinds of agent at one level
ALL, WALKING = SERIES[2], SERIES[3]  # colours of intervals


def labels(table: pd.DataFrame) -> dict[str, str]:
    """Return the label of each panel: the return, the parts of it that the table has, the rest."""
    names = [name.removeprefix("return_") for name in table if name.startswith("return_")]
    parts = {f"return_{n}": f"{n} {'cost' if n in COSTS else 'reward'}" for n in names}
    return {"return": PANELS["return"], **parts, **PANELS}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per quantity: each clone is a point, with the demonstrator beside it.

    Clones by other methods than cloning, which a study can have too, are not drawn. Parts of the
    return that are always 0, such as the healthy reward of a body that cannot fall, are left out,
    and so is the action error if it was not measured.
    """
    statistics, every, alpha = tables["statistics"], tables["measures"], settings["alpha"]
    means = {
        ALL: level_means(statistics, every, MEASURES.values(), alpha),
        WALKING: walking_means(statistics, MEASURES.values(), alpha),
    }
    shares = walking_shares(statistics, MEASURES["return"], alpha)
    agents = tables["agents"]
    copies = agents[agents["method"].isin(["", REFERENCE])]
    table = with_errors(copies, of_expert(every, settings["expert"]))
    levels = sorted(table.loc[table["agent"] == "clone", "level"].unique())
    panels_of = labels(table)
    shown = [name for name in panels_of if name in SHARES or (table[name].fillna(0) != 0).any()]
    figure = Figure(figsize=(PAGE_WIDTH, 0.7 + 1.75 * rows_of(len(shown), COLUMNS)))
    panels = panel_grid(figure, len(shown), COLUMNS)
    places = {level: number + 2.2 * STEP for number, level in enumerate(levels)}
    for number, (axes, column, letter) in enumerate(zip(panels, shown, letters(), strict=False)):
        if column == "walks":
            shares.draw(
                axes, MEASURES["return"], dict(zip(levels, range(len(levels)), strict=True)), ALL
            )
        else:
            points(axes, table, levels, column)
        if column in MEASURES:
            for colour, of_level in means.items():
                of_level.draw(axes, MEASURES[column], places, colour)
        axes.set_ylabel(panels_of[column])
        if column in SHARES:
            axes.set_ylim(-0.04, 1.04)
        axes.set_xticks(range(len(levels)), levels)
        head(axes, letter)
        if number + COLUMNS >= len(shown):
            axes.set_xlabel("noise in the demonstrations (%)")
    intervals = [*zip(means.values(), means, strict=True), (shares, ALL)]
    marks = [handle for of_level, colour in intervals for handle in of_level.handles(colour)]
    legend(figure, [*panels[0].get_legend_handles_labels()[0], *marks], "lower")
    return figure, pd.concat(
        [table.assign(kind="agent"), *(of_level.numbers() for of_level, _ in intervals)],
        ignore_index=True,
    )


def with_errors(agents: pd.DataFrame, measures: pd.DataFrame) -> pd.DataFrame:
    """Return the agents with the action error of the clones."""
    errors = measures.loc[
        measures["measure"] == MEASURES["action_error"], ["level", "clone", "value"]
    ].rename(columns={"value": "action_error"})
    return agents.merge(errors.assign(agent="clone", mode="mean"), how="left")


def points(axes: Axes, table: pd.DataFrame, levels: list[int], column: str) -> None:
    """Draw the clones, the demonstrator under each noise, and the mean of the expert.

    The number of episodes is shown of the demonstrator only, because it is the same for all clones.
    """
    if column not in ("action_error", "episodes"):
        own = (table["agent"] == "expert") & (table["mode"] == "mean")
        expert = table.loc[own, column].mean()
        axes.axhline(expert, color=EXPERT, linestyle="--", linewidth=0.8, label="expert")
    kinds = (
        ("demonstrator", "mean", "D", NOISY, -1, "demonstrator under the noise"),
        ("clone", "sampled", "x", MUTED, 0, "clone, sampled actions"),
        ("clone", "mean", "o", CLEAN, 1, "clone (each a point; line: lower median)"),
    )
    for agent, mode, marker, colour, side, label in kinds[:1] if column == "episodes" else kinds:
        rows = table[(table["agent"] == agent) & (table["mode"] == mode) & table[column].notna()]
        at = np.array([levels.index(level) for level in rows["level"]]) + side * STEP
        edge, width = (colour, 0.6) if marker == "x" else ("white", 0.3)
        axes.plot(
            at, rows[column], marker, ms=3, mfc=colour, mec=edge, mew=width, alpha=0.75,
            linestyle="none", label=label,
        )  # fmt: skip
        if mode == "mean":
            median = lower_medians(rows, column, levels)
            axes.plot(np.arange(len(levels)) + side * STEP, median, color=colour, linewidth=0.9)
