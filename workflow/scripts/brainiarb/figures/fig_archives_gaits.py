"""The gaits of archives on one map, how far they lie apart, and their spectra."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.cells import cell_colours, draw_cells
from brainiarb.figures.fig3_gait_cycles import map_panel, phase_bar
from brainiarb.figures.style import (
    PAGE_WIDTH,
    head,
    legend,
    letters,
    panel_grid,
    rows_of,
    say_no_value,
    series_colour,
)

TABLES = ["gait_map", "gait_cycles", "map_distances", "spectra", "spectral_distances"]
EVERY_EXPERT = ["gait_map", "gait_cycles", "map_distances", "spectra", "spectral_distances"]
SETTINGS = ["spectra.lowest", "spectra.highest"]
TARGET = "archives"

COLUMNS = 4
STYLES = ("-", "--", ":", "-.")  # of the lines of archives, with the colours of the series


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a map for each archive, two tables of distances, and a panel for each channel."""
    cycles, spectra = tables["gait_cycles"], tables["spectra"]
    names = [*dict.fromkeys(cycles["expert"])]
    band = settings["lowest"], min(settings["highest"], spectra["frequency"].max())
    shown = spectra[(spectra["level"] < 0) & spectra["frequency"].between(*band)]
    # Data sets have spectra, and no place on the map.
    walked = [*dict.fromkeys([*names, *shown["expert"]])]
    units = spectra.drop_duplicates("channel").set_index("channel")["unit"]
    heights = [2.0 * rows_of(len(names), COLUMNS), 2.3, 0.4 + 1.5 * rows_of(len(units), COLUMNS)]
    figure = Figure(figsize=(PAGE_WIDTH, sum(heights)))
    grid = figure.add_gridspec(3, 1, height_ratios=heights)
    above, middle, below = (figure.add_subfigure(grid[row]) for row in range(3))
    above.suptitle("one map of all archives: scaled alike, regions cut from all together")
    letter = letters()
    panels = panel_grid(above, len(names), COLUMNS)
    for axes, name in zip(panels, names, strict=True):
        cells, cycle = (table[table["expert"] == name] for table in (tables["gait_map"], cycles))
        map_panel(axes, cells, cycle)
        head(axes, next(letter), name)
    phase_bar(above, panels)
    distances = (
        (tables["map_distances"], "distance", names, "time in regions of the map"),
        (
            between(tables["spectral_distances"]), "spectral_distance", walked,
            "spectra of the posture",
        ),
    )  # fmt: skip
    sides = middle.subplots(1, 2)
    for axes, (table, column, others, title) in zip(sides, distances, strict=True):
        matrix(axes, table, column, names, others)
        head(axes, next(letter), title)
    middle.colorbar(cell_colours(), ax=sides, shrink=0.8, label="distance, 0 to 1")
    channels(below, shown, units, walked, band)
    parts = {"cycle": cycles, "spectrum": shown, "map": distances[0][0], "spectra": distances[1][0]}
    return figure, pd.concat(
        [table.assign(kind=kind) for kind, table in parts.items()], ignore_index=True
    )


def between(table: pd.DataFrame) -> pd.DataFrame:
    """Return the spectral distances of archives to each other, and of each to itself."""
    pairs = table[table["comparison"].isin(["expert_expert", "expert_itself"])]
    second = pairs["other"].where(pairs["comparison"] == "expert_expert", pairs["expert"])
    return pairs.assign(first=pairs["expert"], second=second)


def matrix(
    axes: Axes, table: pd.DataFrame, column: str, names: list[str], others: list[str]
) -> None:
    """Draw a cell for each archive and each of the others; for itself, parts of one recording."""
    means = table.groupby(["first", "second"])[column].mean().unstack()
    values = means.reindex(index=names, columns=others).to_numpy(float)
    draw_cells(axes, values, names, others)
    if not np.isfinite(values).any():
        say_no_value(axes, [])


def channels(
    part: Any, shown: pd.DataFrame, units: pd.Series, names: list[str], band: tuple[float, float]
) -> None:
    """Draw the spectra of all archives, a panel for each channel of the posture."""
    panels = panel_grid(part, len(units), COLUMNS)
    ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20) if band[0] <= tick <= band[1]]
    for axes, (channel, unit) in zip(panels, units.items(), strict=True):
        rows = shown[shown["channel"] == channel]
        for number, name in enumerate(names):
            line = rows[rows["expert"] == name]
            axes.plot(
                line["frequency"], line["density"], STYLES[number % len(STYLES)],
                color=series_colour(number), linewidth=0.9, label=name,
            )  # fmt: skip
        axes.set_title(str(channel), fontsize="medium", wrap=True)
        axes.set(xscale="log", xlim=band)
        if not (rows["density"] > 0).any():
            why = "no power in the band,\nor no episode\nholds a segment"
            axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes)
            axes.set(xticks=[], yticks=[])
            continue
        axes.set_yscale("log")
        axes.set_ylabel("power (1/Hz)" if unit == "1" else f"power ({unit}²/Hz)")
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
    for axes in panels[-COLUMNS:]:
        axes.set_xlabel("frequency (Hz)")
    legend(part, panels[0].get_legend_handles_labels()[0], "lower")
