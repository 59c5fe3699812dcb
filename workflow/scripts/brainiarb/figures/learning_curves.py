"""The return of every compared expert while it was trained."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from brainiarb.figures.style import CLEAN, MUTED, NOISY, PAGE_WIDTH, legend

TABLES = ["learning_curves"]
EVERY_EXPERT = ["learning_curves"]
ARCHIVES = True

COLOURS = {"sac": CLEAN, "crossq": NOISY}
STYLES = ("-", "--", ":", "-.")  # of experts by one algorithm
COLUMNS = ["expert", "algorithm", "step", "return_mean", "return_sd", "selected"]


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a line per expert, and a dot where the kept weights were evaluated.

    The wall time of a training is not drawn, because it depends on the load of the machine.
    """
    table = tables["learning_curves"]
    figure = Figure(figsize=(PAGE_WIDTH, 2.8))
    axes = figure.subplots()
    for algorithm, curves in table.groupby("algorithm"):
        colour = COLOURS.get(str(algorithm), MUTED)
        for place, (expert, curve) in enumerate(curves.groupby("expert")):
            axes.plot(
                curve["step"] / 1000, curve["return_mean"], STYLES[place % len(STYLES)],
                color=colour, label=f"{expert} ({algorithm})",
            )  # fmt: skip
            kept = curve[curve["selected"].astype(bool)]
            axes.plot(
                kept["step"] / 1000, kept["return_mean"], "o", ms=4, color=colour, mec="white"
            )
    axes.set_xlabel("environment steps (thousands)")
    axes.set_ylabel("return (first 1,000 steps)")
    if len(table):
        legend(figure, axes.get_legend_handles_labels()[0], "upper")
    else:
        axes.text(0.5, 0.5, "no learning curve", ha="center", transform=axes.transAxes, color=MUTED)
    return figure, table[COLUMNS]
