"""Stride measures of every clone by noise level, against the expert's own range."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from brainiarb.figures.by_level import clones_by_level, legend
from brainiarb.figures.style import PAGE_WIDTH, head

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
COLUMNS = 4


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per measure: each clone a point, the expert a line with its range."""
    measures = tables["measures"][tables["measures"]["measure"].isin(PANELS)]
    margins, statistics = tables["margins"], tables["statistics"]
    figure = Figure(figsize=(PAGE_WIDTH, 4.9))
    panels = figure.subplots(len(PANELS) // COLUMNS, COLUMNS, sharex=True).flat
    for letter, axes, (measure, label) in zip("ABCDEFGHIJKL", panels, PANELS.items(), strict=True):
        clones_by_level(axes, measure, measures, margins, statistics)
        axes.set_ylabel(label)
        head(axes, letter)
    figure.supxlabel("noise in the demonstrations (%)", fontsize=7)
    shown = statistics["measure"].isin(PANELS) & (statistics["kind"] == "level")
    handles = legend(averaged=bool(shown.any()))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    own = margins[margins["measure"].isin(PANELS)]
    return figure, pd.concat(
        [measures.assign(kind="agent"), own.assign(kind="expert's range"), statistics[shown]],
        ignore_index=True,
    )
