"""Figure 4: power spectra of expert and clones, their harmonics and how far they lie apart."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.by_level import clones_by_level, legend, levels_of
from brainiarb.figures.style import MUTED, PAGE_WIDTH, agent_colour, agent_name, head

COLUMNS = 4
WIDTHS = {-1: 1.5}  # the expert lies below, wider
HARMONICS = 8
EXPERT_PLACE = -0.5  # beside the levels
SHIFT = 0.22  # between two agents at one harmonic
DISTANCES = {
    "spectral_distance": "Hellinger distance to the expert",
    "log_spectral_distance": "log-spectral distance (dB)",
}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per channel, power over frequency in Hz, and below what is read from them."""
    table, measures = tables["spectra"], tables["measures"]
    margins, statistics = tables["margins"], tables["statistics"]
    levels = [-1, 0, settings["noisy_level"]]
    drawn = table[
        table["level"].isin(levels)
        & table["frequency"].between(settings["lowest"], settings["highest"])
    ]
    # Half the body's sampling rate can lie below the band's end.
    highest = min(settings["highest"], table["frequency"].max())
    channels = list(dict.fromkeys(table["channel"]))
    count = -(-len(channels) // COLUMNS)
    figure = Figure(figsize=(PAGE_WIDTH, 2.6 + 1.5 * count))
    grid = figure.add_gridspec(2, 1, height_ratios=[1.5 * count + 0.3, 2.2])
    upper, lower = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    panels = upper.subplots(count, COLUMNS, sharex=True, squeeze=False)
    for axes in panels.flat[len(channels) :]:
        axes.set_axis_off()
    expert = measures[(measures["level"] < 0) & (measures["measure"] == "fundamental")]["value"]
    for axes, channel in zip(panels.flat, channels, strict=False):
        _mark_harmonics(axes, expert.dropna(), highest)
        rows = drawn[drawn["channel"] == channel]
        for level in levels:
            _spectra(axes, rows[rows["level"] == level], level)
        unit = table.loc[table["channel"] == channel, "unit"].iloc[0]
        axes.set_title(channel, fontsize="medium")
        axes.set_yscale("log")
        axes.set_xscale("log")
        axes.set_ylabel("power (1/Hz)" if unit == "1" else f"power ({unit}²/Hz)")
        axes.set_xlim(settings["lowest"], highest)
        ticks = [t for t in (0.5, 1, 2, 5, 10, 20) if settings["lowest"] <= t <= highest]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
    for axes in panels[-1]:
        axes.set_xlabel("frequency (Hz)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    upper.legend(handles, labels, loc="outside upper center", ncols=len(labels))

    first, second, *apart = lower.subplots(1, COLUMNS)
    shown = ["fundamental", "fundamental_harmonic_sum", *DISTANCES]
    shown += [f"harmonic_{k}" for k in range(1, HARMONICS + 1)]
    measures = measures[measures["measure"].isin(shown)]
    clones_by_level(first, "fundamental", measures, margins, statistics)
    _mark_other_estimate(first, measures)
    first.set_ylabel("fundamental (Hz)")
    _harmonics(second, measures, levels)
    for axes, (measure, label) in zip(apart, DISTANCES.items(), strict=True):
        clones_by_level(axes, measure, measures, margins, statistics)
        _mark_other_experts(axes, tables["spectral_distances"], measure)
        axes.set_ylabel(label)
    for letter, axes in zip("ABCD", lower.axes, strict=True):
        head(axes, letter)
    for axes in (first, *apart):
        axes.set_xlabel("noise (%)")
    means = statistics[statistics["measure"].isin(shown) & (statistics["kind"] == "level")]
    marks = legend(averaged=len(means) > 0)
    lower.legend(handles=marks, loc="outside lower center", ncols=len(marks))
    parts = [
        drawn.assign(kind="spectrum"),
        measures.assign(kind="agent"),
        margins[margins["measure"].isin(shown)].assign(kind="expert's range"),
        tables["spectral_distances"].assign(kind="distance"),
        means,
    ]
    return figure, pd.concat(parts, ignore_index=True)


def _spectra(axes: Axes, rows: pd.DataFrame, level: int) -> None:
    """Draw the clone of median return, and the range of all clones as a band."""
    colour = agent_colour(level)
    by_frequency = rows.groupby("frequency")["density"]
    low, high = by_frequency.min(), by_frequency.max()
    if level >= 0:
        axes.fill_between(low.index, low, high, color=colour, alpha=0.2, linewidth=0)
    mine = rows[rows["median"]]
    axes.plot(
        mine["frequency"],
        mine["density"],
        color=colour,
        linewidth=WIDTHS.get(level, 0.9),
        label=agent_name(level),
    )


def _mark_harmonics(axes: Axes, fundamental: pd.Series, highest: float) -> None:
    for frequency in fundamental:
        for k in range(1, HARMONICS + 1):
            if k * frequency <= highest:
                colour, width = ("black", 1.0) if k == 1 else (MUTED, 0.5)
                axes.axvline(k * frequency, color=colour, linestyle=":", linewidth=width)


def _mark_other_estimate(axes: Axes, measures: pd.DataFrame) -> None:
    """Draw the fundamental that the harmonic sum finds, where it is of another cycle."""
    levels = levels_of(measures)
    flagged = measures[
        (measures["measure"] == "fundamental_harmonic_sum")
        & measures["note"].str.startswith("the harmonic sum")
    ]
    at = [levels.index(level) if level >= 0 else EXPERT_PLACE for level in flagged["level"]]
    axes.plot(at, flagged["value"], "x", color=MUTED, ms=3, mew=0.8, linestyle="none",
              label="by the harmonic sum")  # fmt: skip
    if len(flagged):
        axes.legend(
            loc="lower right",
            bbox_to_anchor=(1, 1.06),
            borderaxespad=0,
            fontsize=6,
            handletextpad=0.1,
        )


def _harmonics(axes: Axes, measures: pd.DataFrame, levels: list[int]) -> None:
    """Draw each agent's share of power at each harmonic."""
    for place, level in enumerate(levels):
        rows = measures[
            (measures["level"] == level) & measures["measure"].str.match(r"harmonic_\d+$")
        ]
        order = rows["measure"].str.removeprefix("harmonic_").astype(int)
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


def _mark_other_experts(axes: Axes, distances: pd.DataFrame, measure: str) -> None:
    """Draw the mean distance of each other expert, the ceiling."""
    other = distances[distances["comparison"] == "expert_expert"]
    for name, value in other.groupby("other")[measure].mean().dropna().items():
        axes.axhline(value, color=MUTED, linewidth=0.7)
        axes.annotate(
            str(name), (0, value), xycoords=("axes fraction", "data"), ha="left", va="bottom",
            fontsize=5.5, color="0.4",
        )  # fmt: skip
