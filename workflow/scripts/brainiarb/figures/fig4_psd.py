"""Figure 4: power spectra of expert and clones, their harmonics, and their distances."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from brainiarb.figures.by_level import SPREAD, clones_by_level, legend_handles, levels_of
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
RATES = ["fundamental", "spectral_peak", "stride_frequency"]
"""Three estimates of one rate: of the posture, of its spectrum, of the strikes."""
MEASURES = [*RATES, *DISTANCES, *SHARES]


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw above one panel per channel, power over frequency; below, measures of the spectra."""
    every, table, margins = tables["measures"], tables["spectra"], tables["margins"]
    means = level_means(tables["statistics"], every, [*DISTANCES], settings["alpha"])
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
    own = measures[(measures["level"] < 0) & measures["measure"].isin(RATES)]
    recorded = bool(table["density"].notna().any())
    empty = "no power\nin the band" if recorded else "no episode\nholds a segment"
    channels(upper, units, drawn, levels, band, own.set_index("measure")["value"].dropna(), empty)
    first, second, *others = lower.subplots(1, COLUMNS)
    clones_by_level(first, "fundamental", measures, margins, means)
    mark_estimates(first, measures)
    first.set_ylabel("rate of the gait (Hz)")
    harmonics(second, measures, levels)
    for axes, (measure, label) in zip(others, DISTANCES.items(), strict=True):
        clones_by_level(axes, measure, measures, margins, means)
        mark_other_experts(axes, tables["spectral_distances"], measure)
        axes.set_ylabel(label)
    for letter, axes in zip(letters(), lower.axes, strict=False):
        head(axes, letter)
    for axes in (first, *others):
        axes.set_xlabel("noise (%)")
    estimates = Line2D([], [], color=MUTED, linewidth=1.5, label="range of three estimates")
    legend(lower, [*legend_handles(means), estimates], "lower")
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
    rates: pd.Series,
    empty: str,
) -> None:
    """Draw the spectra of every channel, with the expert's fundamental and its harmonics.

    `units` are those of the channels, by their names, and `rates` are the estimates of the expert's
    rate by the names of their measures. `empty` stands in place of the spectra of a
    channel without power, because a logarithmic axis cannot show them.
    """
    panels = panel_grid(part, len(units), COLUMNS)
    ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20) if band[0] <= tick <= band[1]]
    for number, (axes, (name, unit)) in enumerate(zip(panels, units.items(), strict=True)):
        axes.set_title(str(name), fontsize="medium", wrap=True)
        rows = drawn[drawn["channel"] == name]
        if not (rows["density"] > 0).any():
            axes.text(0.5, 0.5, empty, ha="center", va="center", transform=axes.transAxes)
            axes.set(xticks=[], yticks=[])
            continue
        mark_harmonics(axes, rates, band[1])
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
        linewidth=EXPERT_WIDTH if level < 0 else CLONE_WIDTH, label=spectrum_name(median, level),
    )  # fmt: skip


def spectrum_name(median: pd.DataFrame, level: int) -> str:
    """Return whose spectrum is drawn as a line, and how many segments it is the mean of."""
    name = agent_name(level)
    if not len(median):
        return name
    row = median.iloc[0]
    number = f"number {row['clone']}, " if level >= 0 else ""
    return f"{name} ({number}{row['segments']} segments of {row['episodes']} episodes)"


def mark_harmonics(axes: Axes, rates: pd.Series, highest: float) -> None:
    """Draw lines at the fundamental of the expert, if it has one, and at its harmonics.

    A grey band reaches from the smallest to the largest estimate of the expert's rate.
    """
    if len(rates) > 1:
        axes.axvspan(rates.min(), rates.max(), color=MUTED, alpha=0.35, linewidth=0, zorder=0)
    if "fundamental" in rates:
        for k in range(1, HARMONICS + 1):
            if k * rates["fundamental"] <= highest:
                colour, width = ("black", 1.0) if k == 1 else (MUTED, 0.5)
                axes.axvline(k * rates["fundamental"], color=colour, linestyle=":", linewidth=width)


def mark_estimates(axes: Axes, measures: pd.DataFrame) -> None:
    """Draw a line behind each agent from the smallest to the largest estimate of its rate."""
    rates = measures[measures["measure"].isin(RATES)]
    rates = rates.pivot(index=["level", "clone"], columns="measure", values="value")
    # One estimate alone spans nothing.
    rates = rates.where(rates.notna().sum(axis=1) > 1)
    levels = levels_of(measures)
    for level, agents in rates.groupby("level"):
        middle = levels.index(level) if level in levels else EXPERT_PLACE
        for number, (low, high) in enumerate(
            zip(agents.min(axis=1), agents.max(axis=1), strict=True)
        ):
            place = middle + SPREAD * ((number + 0.5) / len(agents) - 0.5)
            axes.plot([place, place], [low, high], color=MUTED, linewidth=1.5, zorder=1)


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
    """Draw the mean distance of each other expert, as a reference."""
    experts = distances[distances["comparison"] == "expert_expert"]
    means = experts.groupby("other")[measure].mean().dropna().sort_values()
    for number, (name, value) in enumerate(means.items()):
        # Names on alternate sides do not overlap where two experts are alike.
        place, side = (1, "right") if number % 2 else (0, "left")
        axes.axhline(value, color=MUTED, linewidth=0.7)
        axes.annotate(
            str(name), (place, value), xycoords=("axes fraction", "data"), ha=side, va="bottom",
            fontsize=5.5, color="0.4",
        )  # fmt: skip
