"""Stride measures of every clone by noise level, beside the expert's value and range."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.by_level import (
    clones_by_level,
    legend_handles,
    levels_of,
    say_if_no_clone_has_a_value,
    sides,
)
from brainiarb.figures.inputs import of_expert
from brainiarb.figures.means import Means, level_means, of_one_sample
from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    NOISY,
    PAGE_WIDTH,
    head,
    legend,
    letters,
    panel_grid,
    rows_of,
)

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
    "stride_time_cv_late_early": "CV, late over early",
    "mean_sd": "MeanSD of the joints (°)",
    "settling_time": "settling time (s)",
    "alternation": "alternation of strides",
    "period_2": "clones of period 2 (share)",
    "recurrence_ratio": "recurrence ratio",
    "return_map_lambda": "return map, largest |λ|",
}
"""The drawn measures with the labels of their panels; the layout follows their number."""
COLUMNS = 4
WITH_MEAN = (
    "stride_frequency", "stride_length", "speed", "duty_factor", "flight", "symmetry_index",
    "step_phase",
)  # fmt: skip
"""Clones differ in kind in how regularly they walk, so that only other measures have a mean."""
OF_FEET = "stride_time_cv"
"""Of this measure each foot is drawn; its name and the name of a foot name the measure of a foot.
"""
LATE_EARLY = "stride_time_cv_late_early"
"""It is not of a foot, although its name begins like those that are."""
SHARES = ("period_2",)
LOGARITHMIC = (OF_FEET, LATE_EARLY, "mean_sd")


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per measure: each clone is a point, the expert a line with its range.

    Of a measure that marks clones, the share of clones is drawn with its interval. The variability
    of stride times has a bar from foot to foot of every clone.
    """
    every, statistics = tables["measures"], tables["statistics"]
    with_mean = [measure for measure in PANELS if measure in WITH_MEAN]
    means = level_means(statistics, every, with_mean, settings["alpha"])
    own = of_expert(every, settings["expert"])
    measures = own[own["measure"].isin(PANELS)]
    of_feet = own["measure"].str.startswith(f"{OF_FEET}_") & (own["measure"] != LATE_EARLY)
    feet = own[of_feet & (OF_FEET in PANELS)]
    margins = tables["margins"][tables["margins"]["measure"].isin(PANELS)]
    shares, _ = of_one_sample(
        statistics[statistics["measure"].isin({*SHARES} & {*PANELS})], "share"
    )
    figure = Figure(figsize=(PAGE_WIDTH, 0.4 + 1.5 * rows_of(len(PANELS), COLUMNS)))
    panels = panel_grid(figure, len(PANELS), COLUMNS)
    for letter, axes, (measure, label) in zip(letters(), panels, PANELS.items(), strict=False):
        if measure in SHARES:
            share_by_level(axes, measure, measures, shares, means.label)
        else:
            clones_by_level(axes, measure, measures, margins, means)
        if measure == OF_FEET:
            bars_between_feet(axes, feet)
        if measure in LOGARITHMIC and (measures.query("measure == @measure")["value"].min() > 0):
            axes.set_yscale("log")
        axes.set_ylabel(label)
        head(axes, letter)
    figure.supxlabel("noise in the demonstrations (%)", fontsize=7)
    legend(figure, legend_handles(means), "upper")
    return figure, pd.concat(
        [
            measures.assign(kind="agent"),
            feet.assign(kind="foot of an agent"),
            margins.assign(kind="expert's range"),
            means.numbers(),
            shares,
        ],
        ignore_index=True,
    )


def bars_between_feet(axes: Axes, feet: pd.DataFrame) -> None:
    """Draw a bar for each clone from its least variable foot to the most variable one."""
    for place, level in enumerate(levels_of(feet)):
        values = feet[feet["level"] == level].groupby("clone")["value"]
        ends = values.agg(["min", "max"]).sort_index()
        axes.vlines(
            place + sides(len(ends)), ends["min"], ends["max"], color=CLEAN, linewidth=0.6, zorder=1
        )


def share_by_level(
    axes: Axes, measure: str, measures: pd.DataFrame, shares: pd.DataFrame, label: str
) -> None:
    """Draw the share of marked clones of each level with its interval, and the expert's mark."""
    levels = levels_of(measures)
    rows = measures[measures["measure"] == measure]
    say_if_no_clone_has_a_value(axes, rows)
    for value in rows.loc[rows["level"] < 0, "value"].dropna():
        axes.axhline(value, color=EXPERT, linestyle="--", linewidth=0.8)
    marked = Means(shares, shares.iloc[:0].assign(value=[]), label)
    marked.draw(axes, measure, {level: place for place, level in enumerate(levels)}, NOISY)
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlim(-0.6, len(levels) - 0.4)
    axes.set_xticks(range(len(levels)), [str(level) for level in levels])
