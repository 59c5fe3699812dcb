"""Figure 4: power spectra of expert and clones, their harmonics, and their distances."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from brainiarb.figures.by_level import clones_by_level, legend_handles, levels_of
from brainiarb.figures.inputs import of_expert
from brainiarb.figures.means import level_means
from brainiarb.figures.style import (
    MUTED,
    PAGE_WIDTH,
    agent_colour,
    agent_name,
    head,
    legend,
    letters,
    panel_grid,
    rows_of,
)
from brainiarb.statistics.measures import UNSTABLE

TABLES = ["spectra", "spectral_distances", "measures", "margins", "statistics"]
EVERY_EXPERT = ["measures"]
SETTINGS = ["figures.noisy_level", "spectra.lowest", "spectra.highest", "statistics.alpha"]

COLUMNS = 4
EXPERT_WIDTH, CLONE_WIDTH = 1.5, 0.9  # of lines; the expert lies below and must be seen
HARMONICS = 8
EXPERT_PLACE = -0.5  # beside the levels
SHIFT = 0.22  # between two agents at one harmonic
DISTANCES = {
    "spectral_distance": "Hellinger distance to the expert",
    "log_spectral_distance": "log-spectral distance (dB)",
}
SHARES = [f"harmonic_{k}" for k in range(1, HARMONICS + 1)]
MEASURES = ["fundamental", "fundamental_harmonic_sum", *DISTANCES, *SHARES]


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw above one panel per channel, power over frequency; below, measures of the spectra."""
    every, table, margins = tables["measures"], tables["spectra"], tables["margins"]
    means = level_means(tables["statistics"], every, MEASURES, settings["alpha"])
    measures = of_expert(every[every["measure"].isin(MEASURES)], settings["expert"])
    levels = [-1, 0, settings["noisy_level"]]
    # Half the sampling rate of the body can lie below the end of the band.
    band = settings["lowest"], min(settings["highest"], table["frequency"].max())
    drawn = table[table["level"].isin(levels) & table["frequency"].between(*band)]
    units = table.drop_duplicates("channel").set_index("channel")["unit"]
    rows = rows_of(len(units), COLUMNS)
    figure = Figure(figsize=(PAGE_WIDTH, 2.6 + 1.5 * rows))
    grid = figure.add_gridspec(2, 1, height_ratios=[1.5 * rows + 0.3, 2.2])
    upper, lower = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    own = measures[(measures["level"] < 0) & (measures["measure"] == "fundamental")]
    recorded = bool(table["density"].notna().any())
    empty = "no power\nin the band" if recorded else "no episode\nholds a segment"
    channels(upper, units, drawn, levels, band, own["value"].dropna(), empty)
    first, second, *others = lower.subplots(1, COLUMNS)
    clones_by_level(first, "fundamental", measures, margins, means)
    mark_other_cycles(first, measures)
    first.set_ylabel("fundamental (Hz)")
    harmonics(second, measures, levels)
    for axes, (measure, label) in zip(others, DISTANCES.items(), strict=True):
        clones_by_level(axes, measure, measures, margins, means)
        mark_other_experts(axes, tables["spectral_distances"], measure)
        axes.set_ylabel(label)
    for letter, axes in zip(letters(), lower.axes, strict=False):
        head(axes, letter)
    for axes in (first, *others):
        axes.set_xlabel("noise (%)")
    legend(lower, legend_handles(means), "lower")
    parts = [
        drawn.assign(kind="spectrum"),
        measures.assign(kind="agent"),
        margins[margins["measure"].isin(MEASURES)].assign(kind="expert's range"),
        tables["spectral_distances"].assign(kind="distance"),
        means.numbers(),
    ]
    return figure, pd.concat(parts, ignore_index=True)


def channels(
    part: SubFigure,
    units: pd.Series,
    drawn: pd.DataFrame,
    levels: list[int],
    band: tuple[float, float],
    fundamental: pd.Series,
    empty: str,
) -> None:
    """Draw the spectra of every channel, with the expert's fundamental and its harmonics.

    `units` are those of the channels, by their names. `empty` stands in place of the spectra of a
    channel without power, because a logarithmic axis cannot show them.
    """
    panels = panel_grid(part, len(units), COLUMNS)
    ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20) if band[0] <= tick <= band[1]]
    for number, (axes, (name, unit)) in enumerate(zip(panels, units.items(), strict=True)):
        axes.set_title(str(name), fontsize="medium")
        rows = drawn[drawn["channel"] == name]
        if not (rows["density"] > 0).any():
            axes.text(0.5, 0.5, empty, ha="center", va="center", transform=axes.transAxes)
            axes.set(xticks=[], yticks=[])
            continue
        mark_harmonics(axes, fundamental, band[1])
        for level in levels:
            spectra(axes, rows[rows["level"] == level], level)
        axes.set(xscale="log", yscale="log", xlim=band)
        axes.set_ylabel("power (1/Hz)" if unit == "1" else f"power ({unit}²/Hz)")
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        if number + COLUMNS >= len(panels):
            axes.set_xlabel("frequency (Hz)")
    handles = (axes.get_legend_handles_labels()[0] for axes in panels)
    if named := next(filter(None, handles), None):
        legend(part, named, "upper")


def spectra(axes: Axes, rows: pd.DataFrame, level: int) -> None:
    """Draw the spectrum of the clone of median return, and the range of all clones as a band."""
    colour = agent_colour(level)
    by_frequency = rows.groupby("frequency")["density"]
    low, high = by_frequency.min(), by_frequency.max()
    if level >= 0:
        axes.fill_between(low.index, low, high, color=colour, alpha=0.2, linewidth=0)
    median = rows[rows["median"]]
    axes.plot(
        median["frequency"], median["density"], color=colour,
        linewidth=EXPERT_WIDTH if level < 0 else CLONE_WIDTH, label=agent_name(level),
    )  # fmt: skip


def mark_harmonics(axes: Axes, fundamental: pd.Series, highest: float) -> None:
    """Draw lines at the fundamental of the expert, if it has one, and at its harmonics."""
    for frequency in fundamental:
        for k in range(1, HARMONICS + 1):
            if k * frequency <= highest:
                colour, width = ("black", 1.0) if k == 1 else (MUTED, 0.5)
                axes.axvline(k * frequency, color=colour, linestyle=":", linewidth=width)


def mark_other_cycles(axes: Axes, measures: pd.DataFrame) -> None:
    """Draw the fundamental by the harmonic sum of each agent for which it is of another cycle."""
    levels = levels_of(measures)
    summed = measures[
        (measures["measure"] == "fundamental_harmonic_sum") & (measures["status"] == UNSTABLE)
    ]
    places = [levels.index(level) if level >= 0 else EXPERT_PLACE for level in summed["level"]]
    axes.plot(
        places, summed["value"], "x", color=MUTED, ms=3, mew=0.8, linestyle="none",
        label="by the harmonic sum",
    )  # fmt: skip
    if len(summed):
        axes.legend(
            loc="lower right", bbox_to_anchor=(1, 1.06), borderaxespad=0, fontsize=6,
            handletextpad=0.1,
        )  # fmt: skip


def harmonics(axes: Axes, measures: pd.DataFrame, levels: list[int]) -> None:
    """Draw the share of power of each agent at each harmonic."""
    shares = measures[measures["measure"].isin(SHARES)]
    for place, level in enumerate(levels):
        rows = shares[shares["level"] == level]
        order = rows["measure"].map(SHARES.index) + 1
        axes.plot(
            order + SHIFT * (place - 1), rows["value"], "D" if level < 0 else "o",
            color=agent_colour(level), ms=2.4, mew=0, alpha=0.8, linestyle="none",
            label=agent_name(level),
        )  # fmt: skip
    axes.set_yscale("symlog", linthresh=1e-3)
    axes.set_ylim(0, 1)
    axes.set_xticks(range(1, HARMONICS + 1))
    axes.set_xlabel("harmonic")
    axes.set_ylabel("share of the power")


def mark_other_experts(axes: Axes, distances: pd.DataFrame, measure: str) -> None:
    """Draw the mean distance of each other expert: the ceiling."""
    experts = distances[distances["comparison"] == "expert_expert"]
    for name, value in experts.groupby("other")[measure].mean().dropna().items():
        axes.axhline(value, color=MUTED, linewidth=0.7)
        axes.annotate(
            str(name), (0, value), xycoords=("axes fraction", "data"), ha="left", va="bottom",
            fontsize=5.5, color="0.4",
        )  # fmt: skip
