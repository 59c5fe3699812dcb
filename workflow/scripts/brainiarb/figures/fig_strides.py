"""Stride measures of every clone by noise level, beside the expert's value and range."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from brainiarb.figures.by_level import clones_by_level, legend_handles
from brainiarb.figures.inputs import of_expert
from brainiarb.figures.means import level_means
from brainiarb.figures.style import PAGE_WIDTH, head, legend, letters, panel_grid, rows_of

TABLES = ["measures", "margins", "statistics"]
EVERY_EXPERT = ["measures"]
SETTINGS = ["statistics.alpha"]

PANELS = {
    "stride_frequency": "stride frequency (Hz)",
    "stride_length": "stride length (m)",
    "speed": "speed (m/s)",
    "duty_factor": "duty factor",
    "flight": "share of time in flight",
    "symmetry_index": "asymmetry of the feet (%)",
    "step_phase": "step phase (cycles)",
    "cycle_strength": "autocorrelation at the period",
    "stride_time_cv": "CV of stride time (%)",
    "mean_sd": "MeanSD of the joints (°)",
    "recurrence_ratio": "recurrence ratio",
    "return_map_lambda": "return map, largest |λ|",
}
"""The drawn measures with the labels of their panels; the layout follows their number."""
COLUMNS = 4


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per measure: each clone is a point, the expert a line with its range."""
    every = tables["measures"]
    means = level_means(tables["statistics"], every, list(PANELS), settings["alpha"])
    measures = of_expert(every[every["measure"].isin(PANELS)], settings["expert"])
    margins = tables["margins"][tables["margins"]["measure"].isin(PANELS)]
    figure = Figure(figsize=(PAGE_WIDTH, 0.4 + 1.5 * rows_of(len(PANELS), COLUMNS)))
    panels = panel_grid(figure, len(PANELS), COLUMNS)
    for letter, axes, (measure, label) in zip(letters(), panels, PANELS.items(), strict=False):
        clones_by_level(axes, measure, measures, margins, means)
        axes.set_ylabel(label)
        head(axes, letter)
    figure.supxlabel("noise in the demonstrations (%)", fontsize=7)
    legend(figure, legend_handles(means), "upper")
    return figure, pd.concat(
        [measures.assign(kind="agent"), margins.assign(kind="expert's range"), means.numbers()],
        ignore_index=True,
    )
