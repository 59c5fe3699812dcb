"""The return and the steps that expert and clones keep under disturbances."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.inputs import of_expert
from brainiarb.figures.means import Means, level_means
from brainiarb.figures.style import (
    EXPERT,
    PAGE_WIDTH,
    agent_colour,
    agent_name,
    head,
    legend,
    letters,
)

TABLES = ["robustness", "measures", "statistics"]
EVERY_EXPERT = ["measures"]
SETTINGS = ["figures.noisy_level", "statistics.alpha"]

DOSES = {
    "push": "push (N, for 50 ms)",
    "friction": "friction (factor)",
    "mass": "mass (factor)",
    "sensor_noise": "sensor noise (s.d.)",
    "action_delay": "action delay (steps)",
    "reset_noise": "noise of the start (half-width)",
}
RESPONSES = {"return": "return", "length": "steps until a fall"}
SPREAD = 0.5  # width over which the clones of a level stand side by side
ASIDE = 0.4  # distance of the mean from its level


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a row per disturbance: return and survival over dose, and the area of what is kept.

    Thin lines and dots are clones; thick lines are the expert and the mean of a level's clones.
    """
    table, every = tables["robustness"], tables["measures"]
    names = [name for name in DOSES if name in set(table["disturbance"])]
    measures = [f"robust_{name}" for name in names]
    means = level_means(tables["statistics"], every, measures, settings["alpha"])
    kept = of_expert(every[every["measure"].isin(measures)], settings["expert"])
    responses = table.groupby(["disturbance", "level", "clone", "dose"], as_index=False)[
        list(RESPONSES)
    ].mean()
    figure = Figure(figsize=(PAGE_WIDTH, 0.45 + 1.65 * len(names)))
    panels = figure.subplots(len(names), len(RESPONSES) + 1, squeeze=False)
    for letter, axes in zip(letters(), panels.flat, strict=False):
        head(axes, letter)
    for name, measure, row in zip(names, measures, panels, strict=True):
        rows = responses[responses["disturbance"] == name]
        for axes, (column, label) in zip(row, RESPONSES.items(), strict=False):
            dose_response(axes, rows, column, settings["noisy_level"])
            axes.set(xlabel=DOSES[name], ylabel=label)
            axes.set_ylim(min(0.0, axes.get_ylim()[0]), None)
        areas(row[-1], kept[kept["measure"] == measure], means, measure)
    handles, _ = panels[0, 0].get_legend_handles_labels()
    legend(figure, [*handles, *means.handles(EXPERT)], "upper")
    experts = means.experts.assign(kind="expert's mean")
    return figure, pd.concat([responses, experts], ignore_index=True) if len(experts) else responses


def dose_response(axes: Axes, responses: pd.DataFrame, column: str, noisy_level: int) -> None:
    """Draw each clone thin; the expert and the mean of the clean and of the noisy clones thick."""
    for level in (-1, 0, noisy_level):
        agents = responses[responses["level"] == level]
        agents = agents.pivot(index="dose", columns="clone", values=column)
        if agents.empty:
            continue
        colour = agent_colour(level)
        if level >= 0:
            axes.plot(agents.index, agents, color=colour, linewidth=0.5, alpha=0.45)
        axes.plot(
            agents.index, agents.mean(axis=1), "o-", color=colour, ms=2.5, linewidth=1.5,
            label=agent_name(level).replace("clone", "clones"),
        )  # fmt: skip


def areas(axes: Axes, kept: pd.DataFrame, means: Means, measure: str) -> None:
    """Draw how much each agent keeps over all doses, by level, and how many agents have a value."""
    levels = sorted(kept["level"].unique())
    ticks = []
    for place, level in enumerate(levels):
        values = kept.loc[kept["level"] == level, "value"].to_numpy(float)
        aside = SPREAD * ((np.arange(len(values)) + 0.5) / len(values) - 0.5)
        colour = agent_colour(level)
        axes.plot(place + aside, values, "o", ms=3, mfc=colour, mec="white", mew=0.3)
        means.draw(axes, measure, {level: place + ASIDE}, colour)
        name = "expert" if level < 0 else f"{level} %"
        ticks.append(f"{name}\nn = {np.isfinite(values).sum()} of {len(values)}")
    axes.set_xticks(range(len(levels)), ticks)
    axes.set(xlim=(-0.6, len(levels) - 0.4), ylabel="retained return\nover all doses")
    axes.axhline(1, color="black", linestyle=":", linewidth=0.6)
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), None)
