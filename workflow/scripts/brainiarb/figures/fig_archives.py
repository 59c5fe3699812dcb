"""How well archives do their task, and how alike they act in the same states."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.by_level import sides
from brainiarb.figures.cells import cell_colours, draw_cells
from brainiarb.figures.style import EXPERT, PAGE_WIDTH, head, say_no_value, slanted_names

TABLES = ["returns", "actions", "measures"]
EVERY_EXPERT = ["returns", "actions", "measures"]
TARGET = "archives"

UNTRAINED = "untrained"
RATES = {"speed": "speed (m/s)", "stride_frequency": "strikes of a foot (Hz)"}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw returns of all episodes, two measures of the gait, and who explains whose actions."""
    episodes = tables["returns"]
    episodes = episodes[(episodes["agent"] == "expert") & (episodes["mode"] == "mean")]
    actions = tables["actions"]
    actions = actions[actions["measure"] == "action_r2_common"]
    names = [*dict.fromkeys(episodes["expert"])]
    # Data sets have returns, and no network that acts.
    acting = [name for name in names if name in {*actions["expert"]}]
    measures = tables["measures"]
    gaits = measures[measures["measure"].isin(RATES) & (measures["level"] < 0)]
    figure = Figure(figsize=(PAGE_WIDTH, 2.9))
    first, *rates, last = figure.subplots(1, 4, width_ratios=[1.3, 1, 1, 1.5])
    by_episode(first, episodes, names)
    head(first, "A", "each episode")
    for axes, letter, (measure, label) in zip(rates, "BC", RATES.items(), strict=True):
        of_measure = gaits[gaits["measure"] == measure].set_index("expert")["value"]
        values = of_measure.reindex(acting).to_numpy(float)
        axes.plot(range(len(acting)), values, "D", ms=4, color=EXPERT)
        if np.isnan(values).all():
            say_no_value(axes, [])
        archive_ticks(axes, acting)
        axes.set_ylabel(label)
        head(axes, letter)
    explained(last, actions, acting)
    head(last, "D", "explained actions")
    figure.colorbar(cell_colours(), ax=last, shrink=0.7, label="R²", extend="min")
    parts = [
        episodes.assign(kind="episode"),
        gaits.assign(kind="gait"),
        actions.assign(kind="pair"),
    ]
    return figure, pd.concat(parts, ignore_index=True)


def archive_ticks(axes: Axes, names: list[str]) -> None:
    """Name the archives below an axis."""
    slanted_names(axes, names)
    axes.set_xlim(-0.7, len(names) - 0.3)


def by_episode(axes: Axes, episodes: pd.DataFrame, names: list[str]) -> None:
    """Draw the return of each episode; an open mark is an episode with a fall."""
    for place, name in enumerate(names):
        rows = episodes[episodes["expert"] == name]
        side = sides(len(rows))
        fell = rows["fell"].to_numpy(bool)
        for chosen, filling in ((~fell, EXPERT), (fell, "white")):
            axes.plot(
                place + side[chosen], rows["return"][chosen], "o", ms=2.6, mfc=filling, mec=EXPERT,
                mew=0.5, linestyle="none",
            )  # fmt: skip
    archive_ticks(axes, names)
    known = [0.0, *episodes["return"].dropna()]
    low, high = min(known), max(known)
    axes.set_ylim(low, high + 0.04 * ((high - low) or 1))
    axes.set_ylabel("return (first 1,000 steps)")


def explained(axes: Axes, actions: pd.DataFrame, names: list[str]) -> None:
    """Draw a cell for each pair: the share of the row's variance that the column explains."""
    means = actions.groupby(["expert", "network"])["value"].mean().unstack()
    columns = [*names, UNTRAINED]
    values = means.reindex(index=names, columns=columns).to_numpy(float)
    draw_cells(axes, values, names, columns, aspect="auto")
    axes.set_ylabel("acts in its own states")
