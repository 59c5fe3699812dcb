"""The return of every compared expert while it was trained, over steps and over wall time."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from brainiarb.figures.style import CLEAN, MUTED, NOISY, PAGE_WIDTH, head, legend

TABLES = ["learning_curves"]
EVERY_EXPERT = ["learning_curves"]

COLOURS = {"sac": CLEAN, "crossq": NOISY}
STYLES = ("-", "--", ":", "-.")  # of experts by one algorithm
PANELS = {"A": ("steps", "environment steps (thousands)"), "B": ("minutes", "wall time (min)")}
COLUMNS = ["expert", "algorithm", "step", "minutes", "return_mean", "return_sd", "selected"]


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a line per expert in both panels, and a dot where the kept weights were evaluated."""
    table = tables["learning_curves"]
    table = table.assign(steps=table["step"] / 1000, minutes=table["wall_time_s"] / 60)
    figure = Figure(figsize=(PAGE_WIDTH, 2.8))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (letter, (column, label)) in zip(panels, PANELS.items(), strict=True):
        for algorithm, curves in table.groupby("algorithm"):
            colour = COLOURS.get(str(algorithm), MUTED)
            for place, (expert, curve) in enumerate(curves.groupby("expert")):
                axes.plot(
                    curve[column], curve["return_mean"], STYLES[place % len(STYLES)],
                    color=colour, label=f"{expert} ({algorithm})",
                )  # fmt: skip
                kept = curve[curve["selected"].astype(bool)]
                axes.plot(kept[column], kept["return_mean"], "o", ms=4, color=colour, mec="white")
        axes.set_xlabel(label)
        head(axes, letter)
    panels[0].set_ylabel("return (first 1,000 steps)")
    if len(table):
        legend(figure, panels[0].get_legend_handles_labels()[0], "upper")
    else:
        panels[0].text(
            0.5, 0.5, "no learning curve", ha="center", transform=panels[0].transAxes, color=MUTED
        )
    return figure, table[COLUMNS]
