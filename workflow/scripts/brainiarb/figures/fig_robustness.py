"""What expert and clones keep of their return, and how long they stay up, under disturbances."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import PAGE_WIDTH, agent_colour, agent_name, head

DOSES = {
    "push": "push (N, for 50 ms)",
    "friction": "friction (factor)",
    "mass": "mass (factor)",
    "sensor_noise": "sensor noise (s.d.)",
    "action_delay": "action delay (steps)",
    "reset_noise": "noise of the start (half-width)",
}
RESPONSES = {"return": "return", "length": "steps until a fall"}
SPREAD = 0.5  # of the clones of a level, side by side


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a row per disturbance: return and survival over dose, and the area of what is kept.

    Thin lines and dots are clones, thick lines the expert and the mean of a level. Intervals stand
    where `statistics` has them.
    """
    table, measures = tables["robustness"], tables["measures"]
    statistics = tables.get("statistics", pd.DataFrame(columns=["measure", "kind", "level", "low"]))
    names = [name for name in DOSES if name in set(table["disturbance"])]
    means = table.groupby(["disturbance", "level", "clone", "dose"], as_index=False)[
        list(RESPONSES)
    ].mean()
    figure = Figure(figsize=(PAGE_WIDTH, 0.45 + 1.65 * len(names)))
    panels = figure.subplots(len(names), len(RESPONSES) + 1, squeeze=False)
    letters = iter("ABCDEFGHIJKLMNOPQR")
    for name, row in zip(names, panels, strict=True):
        mine = means[means["disturbance"] == name]
        for axes, (column, label) in zip(row, RESPONSES.items(), strict=False):
            dose_response(axes, mine, column, settings["noisy_level"])
            axes.set(xlabel=DOSES[name], ylabel=label)
            axes.set_ylim(min(0.0, axes.get_ylim()[0]), None)
            head(axes, next(letters))
        measure = f"robust_{name}"
        areas(
            row[-1],
            measures[measures["measure"] == measure],
            statistics[(statistics["measure"] == measure) & (statistics["kind"] == "level")],
        )
        head(row[-1], next(letters))
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure, means


def dose_response(axes: Axes, means: pd.DataFrame, column: str, noisy_level: int) -> None:
    """Draw each clone thin, the expert and the mean of the clean and of the noisy clones thick."""
    for level in (-1, 0, noisy_level):
        clones = means[means["level"] == level].pivot(index="dose", columns="clone", values=column)
        if clones.empty:
            continue
        colour = agent_colour(level)
        if level >= 0:
            axes.plot(clones.index, clones, color=colour, linewidth=0.5, alpha=0.45)
        axes.plot(
            clones.index, clones.mean(axis=1), "o-", color=colour, ms=2.5, linewidth=1.5,
            label=agent_name(level).replace("clone", "clones"),
        )  # fmt: skip


def areas(axes: Axes, measures: pd.DataFrame, statistics: pd.DataFrame) -> None:
    """Draw what each agent keeps over all doses, by level, and how many of it have a value."""
    levels = sorted(measures["level"].unique())
    ticks = []
    for place, level in enumerate(levels):
        mine = measures[measures["level"] == level]
        kept = mine["value"].to_numpy(float)
        aside = SPREAD * ((np.arange(len(kept)) + 0.5) / len(kept) - 0.5)
        colour = agent_colour(level)
        axes.plot(place + aside, kept, "o", ms=3, mfc=colour, mec="white", mew=0.3)
        known = statistics["low"].notna() & (statistics["level"] == level)
        for row in statistics[known].itertuples():
            axes.plot([place + 0.4] * 2, [row.low, row.high], color=colour)
            axes.plot(place + 0.4, row.estimate, "_", color=colour)
        name = "expert" if level < 0 else f"{level} %"
        ticks.append(f"{name}\nn = {np.isfinite(kept).sum()} of {len(kept)}")
    axes.set_xticks(range(len(levels)), ticks)
    axes.set(xlim=(-0.6, len(levels) - 0.4), ylabel="retained return\nover all doses")
    axes.axhline(1, color="black", linestyle=":", linewidth=0.6)
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), None)
