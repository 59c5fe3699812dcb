"""How many episodes of expert and clones end in a fall under each dose of each disturbance."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from brainiarb.figures.inputs import of_expert
from brainiarb.figures.style import (
    MUTED,
    PAGE_WIDTH,
    agent_colour,
    agent_name,
    head,
    legend,
    letters,
    rows_of,
)
from brainiarb.statistics.intervals import percent

TABLES = ["falls", "measures"]
EVERY_EXPERT = ["falls"]
SETTINGS = ["figures.study_level"]

TITLES = {
    "push": "push (N, for 50 ms)",
    "friction": "friction (factor)",
    "mass": "mass (factor)",
    "sensor_noise": "sensor noise (s.d.)",
    "action_delay": "action delay (steps)",
    "reset_noise": "noise of the start (half-width)",
}
COLUMNS = 3
SIDES = 0.25  # from the expert to the clean clones, and on to the noisy ones
SPREAD = 0.14  # width over which the clones of a level stand
CRITICAL = "critical dose: it fells nearest to half of the clean clones' episodes"


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel per disturbance, and a last one of all cloned experts at their critical doses.

    The clones without noise stand beside those of the level that the study drew, or of the highest
    level that was disturbed where that level was not.
    """
    measures = tables["measures"]
    falls = measures[measures["measure"].str.startswith("falls_")]
    table = drawn_levels(tables["falls"], settings["study_level"])
    own = of_expert(table, settings["expert"])
    critical = table[table["critical"]]
    names = [name for name in TITLES if name in set(own["disturbance"])]
    count = len(names) + bool(len(critical))
    rows = rows_of(count, COLUMNS)
    figure = Figure(figsize=(PAGE_WIDTH, 0.6 + 2.0 * rows))
    grid = figure.subplots(rows, min(count, COLUMNS), sharey=True, squeeze=False)
    for axes in grid.flat[count:]:
        axes.set_axis_off()
    for letter, axes in zip(letters(), grid.flat[:count], strict=False):
        head(axes, letter)
        axes.set_ylim(-0.04, 1.04)
    for axes, name in zip(grid.flat, names, strict=False):
        disturbance(axes, own[own["disturbance"] == name], falls)
        axes.set_xlabel(TITLES[name])
    for axes in grid[:, 0]:
        axes.set_ylabel("share of episodes\nwith a fall")
    if len(critical):
        critical_doses(grid.flat[count - 1], critical)
    legend(figure, handles(own), "upper")
    parts = [table.assign(kind="level"), falls.assign(kind="agent")]
    return figure, pd.concat(parts, ignore_index=True)


def drawn_levels(table: pd.DataFrame, study_level: int) -> pd.DataFrame:
    """Return the rows of the expert, of the clean clones and of one level of noisy clones."""
    noisy = sorted({*table["level"]} - {-1, 0})
    chosen = [study_level] if study_level in noisy else noisy[-1:]
    return table[table["level"].isin([-1, 0, *chosen])]


def disturbance(axes: Axes, shares: pd.DataFrame, falls: pd.DataFrame) -> None:
    """Draw the share of each level at each dose with its interval, and each clone as a point."""
    doses = sorted(shares["dose"].unique())
    for row in shares.itertuples():
        place = doses.index(row.dose)
        share(axes, place, row)
        measure = f"falls_{row.disturbance}_{row.dose:g}"
        of_dose = falls["measure"] == ("falls_undisturbed" if row.undisturbed else measure)
        clones = falls[of_dose & (falls["level"] == row.level) & (row.level >= 0)]
        aside = SPREAD * (np.arange(len(clones)) - (len(clones) - 1) / 2) / max(len(clones), 1)
        axes.plot(
            place + side(row.level) + aside, clones["value"], "o", ms=1.8, mew=0,
            mfc=agent_colour(row.level), alpha=0.45,
        )  # fmt: skip
    for dose in shares.loc[shares["critical"], "dose"].unique():
        place = doses.index(dose)
        axes.axvspan(place - 0.5, place + 0.5, color=MUTED, alpha=0.25, linewidth=0, zorder=0)
    undisturbed = {*shares.loc[shares["undisturbed"], "dose"]}
    ticks = [f"{dose:g}" + "\nundisturbed" * (dose in undisturbed) for dose in doses]
    axes.set_xticks(range(len(doses)), ticks)
    axes.set_xlim(-0.5, len(doses) - 0.5)


def critical_doses(axes: Axes, critical: pd.DataFrame) -> None:
    """Draw the levels of every cloned expert at the dose that is critical for its clean clones."""
    places = critical.drop_duplicates("expert").reset_index(drop=True)
    ticks = []
    for place, own in enumerate(places.itertuples()):
        for row in critical[critical["expert"] == own.expert].itertuples():
            share(axes, place, row)
        ticks.append(f"{own.expert}\n{own.disturbance.replace('_', ' ')} {own.dose:g}")
    axes.set_xticks(range(len(ticks)), ticks)
    if len(ticks) > COLUMNS:
        axes.set_xticks(range(len(ticks)), ticks, rotation=45, ha="right")
    axes.set_xlim(-0.5, len(ticks) - 0.5)
    axes.axhline(0.5, color=MUTED, linewidth=0.6, linestyle=":", zorder=0)
    axes.set_xlabel("each expert at its critical dose")


def share(axes: Axes, place: float, row: Any) -> None:
    """Draw the share of a level with its interval beside a place on the x axis."""
    colour, at = agent_colour(row.level), place + side(row.level)
    axes.plot([at, at], [row.low, row.high], color=colour, linewidth=1.2)
    marker = "D" if row.level < 0 else "o"
    axes.plot(at, row.share, marker, color=colour, ms=3.4, mec="white", mew=0.4)


def side(level: int) -> float:
    """Return how far beside a place a level stands: expert, clean and noisy clones in turn."""
    return SIDES * (-1 if level < 0 else 0 if level == 0 else 1)


def handles(shares: pd.DataFrame) -> list[Line2D | Patch]:
    """Return the entries of the legend, which say how many clones and episodes a share is of."""
    entries: list[Line2D | Patch] = []
    for row in shares.drop_duplicates("level").sort_values("level").itertuples():
        sample = f"{row.clones} clones, {row.episodes} episodes a dose"
        if row.level < 0:
            sample = f"{row.episodes} episodes a dose"
        name = agent_name(row.level).replace("clone", "clones")
        entries.append(
            Line2D(
                [], [], color=agent_colour(row.level), marker="D" if row.level < 0 else "o",
                ms=3.4, linestyle="none", label=f"{name} ({sample})",
            )
        )  # fmt: skip
    interval = percent(1 - shares["confidence"].iloc[0])
    entries.append(Line2D([], [], color=MUTED, linewidth=1.2, label=f"{interval} interval"))
    if shares["critical"].any():
        entries.append(Patch(color=MUTED, alpha=0.25, linewidth=0, label=CRITICAL))
    return entries
