"""Return, episode length and action error of the clones by noise level, with the demonstrator's."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import CLEAN, EXPERT, MUTED, NOISY, PAGE_WIDTH, head

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
    """Draw one panel per quantity: each clone a point, with the demonstrator beside it.

    Parts of the return that the body has not, such as a healthy reward, are left out, and so is the
    action error where it was not measured.
    """
    table = joined(tables["agents"], tables["measures"], tables["statistics"])
    levels = sorted(table.loc[table["agent"] == "clone", "level"].unique())
    shown = [column for column in PANELS if (table[column].fillna(0) != 0).any()]
    rows = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(PAGE_WIDTH, 0.4 + 1.75 * rows))
    panels = list(figure.subplots(rows, COLUMNS, sharex=True, squeeze=False).flat)
    for number, (axes, column) in enumerate(zip(panels, shown, strict=False)):
        series(axes, table, levels, column)
        axes.set_ylabel(PANELS[column])
        axes.set_xticks(range(len(levels)), levels)
        head(axes, "ABCDEFG"[number])
        if number + COLUMNS >= len(shown):
            axes.set_xlabel("noise in the demonstrations (%)")
            axes.tick_params(labelbottom=True)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure, table


def joined(agents: pd.DataFrame, measures: pd.DataFrame, statistics: pd.DataFrame) -> pd.DataFrame:
    """Return the agents with the clones' action error and the intervals of their levels."""
    errors = measures.loc[
        measures["measure"] == MEASURES["action_error"], ["level", "clone", "value"]
    ].rename(columns={"value": "action_error"})
    table = agents.merge(errors.assign(agent="clone", mode="mean"), how="left")
    for column, measure in MEASURES.items():
        chosen = (statistics["kind"] == "iqm") & (statistics["measure"] == measure)
        intervals = statistics.loc[chosen, ["level", "estimate", "low", "high"]]
        names = {old: f"{column}_{new}" for old, new in INTERVAL.items()}
        table = table.merge(intervals.rename(columns=names).assign(agent="clone"), how="left")
    return table


def series(axes: Axes, table: pd.DataFrame, levels: list[int], column: str) -> None:
    """Draw the clones with their interval, the demonstrator under each noise, the expert's mean."""
    if column != "action_error":
        own = (table["agent"] == "expert") & (table["mode"] == "mean")
        expert = table.loc[own, column].mean()
        axes.axhline(expert, color=EXPERT, linestyle="--", linewidth=0.8, label="expert")
    for agent, mode, marker, colour, side, label in (
        ("demonstrator", "mean", "D", NOISY, -1, "demonstrator under the noise"),
        ("clone", "sampled", "x", MUTED, 0, "clone, sampled actions"),
        ("clone", "mean", "o", CLEAN, 1, "clone (each a point; line: median)"),
    ):
        mine = table[(table["agent"] == agent) & (table["mode"] == mode) & table[column].notna()]
        at = np.array([levels.index(level) for level in mine["level"]]) + side * STEP
        edge, width = (colour, 0.6) if marker == "x" else ("white", 0.3)
        axes.plot(
            at, mine[column], marker, ms=3, mfc=colour, mec=edge, mew=width, alpha=0.75,
            linestyle="none", label=label,
        )  # fmt: skip
        if mode != "mean":
            continue
        middle = mine.groupby("level")[column].median().reindex(levels)
        axes.plot(np.arange(len(levels)) + side * STEP, middle, color=colour, linewidth=0.9)
    if column in MEASURES:
        clones = (table["agent"] == "clone") & (table["mode"] == "mean")
        once = table[clones].drop_duplicates("level")
        at = np.array([levels.index(level) for level in once["level"]]) + 2.2 * STEP
        low, middle, high = (once[f"{column}_{part}"] for part in ("low", "iqm", "high"))
        axes.vlines(at, low, high, color=CLEAN, linewidth=1.4)
        axes.scatter(at, middle, 16, CLEAN, marker="_", label="interquartile mean, 95 % interval")
