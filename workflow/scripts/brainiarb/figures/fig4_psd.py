"""Figure 4: power spectra of the movements of expert, clean clone and noisy clone."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from brainiarb.figures.style import PAGE_WIDTH, agent_colour, agent_name

COLUMNS = 4
WIDTHS = {-1: 1.5}  # the expert lies below, wider


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per channel, power over frequency in Hz, with the fundamentals marked."""
    table = tables["spectra"]
    levels = [-1, 0, settings["noisy_level"]]
    drawn = table[
        table["level"].isin(levels)
        & table["median"]
        & table["frequency"].between(settings["lowest"], settings["highest"])
    ]
    # Half the body's sampling rate can lie below the band's end.
    highest = min(settings["highest"], table["frequency"].max())
    channels = list(dict.fromkeys(table["channel"]))
    count = -(-len(channels) // COLUMNS)
    figure = Figure(figsize=(PAGE_WIDTH, 0.5 + 1.55 * count))
    panels = figure.subplots(count, COLUMNS, sharex=True, squeeze=False)
    for axes in panels.flat[len(channels) :]:
        axes.set_axis_off()
    for axes, channel in zip(panels.flat, channels, strict=False):
        rows = drawn[drawn["channel"] == channel]
        for level in levels:
            mine = rows[rows["level"] == level]
            axes.plot(
                mine["frequency"],
                mine["density"],
                color=agent_colour(level),
                linewidth=WIDTHS.get(level, 0.9),
                label=agent_name(level),
            )
            for frequency in mine["fundamental"].dropna().unique():
                axes.axvline(frequency, color=agent_colour(level), linestyle=":", linewidth=0.7)
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
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure, drawn
