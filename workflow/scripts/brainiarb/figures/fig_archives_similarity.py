"""How alike the layers of archives are in the same states, between floors and references."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from brainiarb.figures.by_level import sides
from brainiarb.figures.style import (
    CLEAN,
    MUTED,
    NOISY,
    PAGE_WIDTH,
    head,
    layer_names,
    legend,
    letters,
    panel_grid,
    rows_of,
    slanted_names,
)

TABLES = ["similarity"]
EVERY_EXPERT = ["similarity"]
TARGET = "archives"

COLUMNS = 4
PAIRS = ("expert_seed", "expert_algorithm")
FLOOR, OBSERVATIONS = "expert_untrained", "expert_observation"


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel for each layer, with a place for each archive whose states are shown."""
    table = tables["similarity"]
    table = table[(table["stimuli"] == "common") & (table["first"] == "expert")]
    equal = table[table["layer_first"] == table["layer_second"]]
    equal = equal[equal["comparison"].isin([*PAIRS, FLOOR])]
    observed = table[table["comparison"] == OBSERVATIONS]
    names = [*dict.fromkeys(table["expert"])]
    layers = layer_names(table["layer_first"])
    figure = Figure(figsize=(PAGE_WIDTH, 0.6 + 2.1 * rows_of(len(layers), COLUMNS)))
    panels = panel_grid(figure, len(layers), COLUMNS)
    for axes, letter, (layer, title) in zip(panels, letters(), layers.items(), strict=False):
        first, second = (rows[rows["layer_first"] == layer] for rows in (equal, observed))
        by_archive(axes, first, second, names)
        head(axes, letter, title)
    for axes in panels[::COLUMNS]:
        axes.set_ylabel("CKA with the archive")
    marks = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", ms=4, label=label)
        for colour, marker, label in (
            (CLEAN, "o", "another archive"),
            (MUTED, "^", "untrained network: the floor"),
            (NOISY, "_", "the observations"),
        )
    ]
    legend(figure, marks, "lower")
    return figure, pd.concat([equal, observed], ignore_index=True)


def by_archive(axes: Axes, equal: pd.DataFrame, observed: pd.DataFrame, names: list[str]) -> None:
    """Draw the CKA of other archives, untrained networks and observations at each archive."""
    for place, name in enumerate(names):
        rows = equal[equal["expert"] == name]
        floor = rows.loc[rows["comparison"] == FLOOR, "cka"].to_numpy(float)
        axes.plot(place + sides(len(floor)) / 2 - 0.15, floor, "^", ms=3, color=MUTED)
        others = rows[rows["comparison"].isin(PAIRS)].sort_values("second")
        axes.plot(place + sides(len(others)) / 2 + 0.1, others["cka"], "o", ms=3.4, color=CLEAN)
        for value in observed.loc[observed["expert"] == name, "cka"].dropna():
            axes.plot([place - 0.35, place + 0.35], [value, value], color=NOISY, linewidth=0.9)
    slanted_names(axes, names)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(-0.03, 1.03)
    if equal["cka"].isna().all():
        axes.text(0.5, 0.5, "no pair\nhas this layer", ha="center", transform=axes.transAxes)
