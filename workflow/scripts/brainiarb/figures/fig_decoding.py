"""What can be read from each layer of expert and clones, beside what the observation tells."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import (
    LAYER_NAMES,
    PAGE_WIDTH,
    agent_colour,
    agent_name,
    head,
    legend,
    letters,
)

TABLES = ["decoding"]
SETTINGS = ["figures.noisy_level"]

COLUMNS = {"observations": "observation"} | LAYER_NAMES
TRUNK = 3  # so many of the columns follow on one another; the heads lie side by side
TITLES = {
    "phase": "phase of the cycle",
    "speed": "forward speed",
    "joints": "joint angles",
    "contact": "ground contact",
}
SCORES = {"R2": "R² in episodes left out", "AUC": "area under the curve"}
LEAST = {"R2": -0.2, "AUC": 0.45}  # lower ends of the panels; worse values lie below them
STEP = 0.17  # between the agents at one layer


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw one panel per target: every agent is a point by layer, and lines join the medians."""
    levels = [-1, 0, settings["noisy_level"]]
    shown = tables["decoding"][tables["decoding"]["level"].isin(levels)]
    figure = Figure(figsize=(PAGE_WIDTH, 2.5))
    panels = figure.subplots(1, len(TITLES))
    for letter, axes, (target, title) in zip(letters(), panels, TITLES.items(), strict=False):
        scores = shown[shown["target"] == target]
        for place, level in enumerate(levels):
            agents(axes, scores[scores["level"] == level], level, (place - 1) * STEP)
        score = scores["score"].iloc[0]
        axes.set_xticks(
            range(len(COLUMNS)), COLUMNS.values(), rotation=40, ha="right", rotation_mode="anchor"
        )
        axes.set_ylabel(SCORES[score])
        bottom = max(axes.get_ylim()[0], LEAST[score])
        axes.set_ylim(bottom, 1 + 0.04 * (1 - bottom))
        head(axes, letter, title)
        if scores["value"].isna().all():
            axes.text(0.5, 0.5, "no value", ha="center", va="center", transform=axes.transAxes)
    legend(figure, panels[0].get_legend_handles_labels()[0], "upper")
    return figure, shown


def agents(axes: Axes, table: pd.DataFrame, level: int, shift: float) -> None:
    """Draw the agents of one level; a dotted line continues the score of their observation."""
    colour = agent_colour(level)
    at = table["layer"].map(list(COLUMNS).index) + shift
    axes.plot(at, table["value"], "o", ms=2.6, mfc=colour, mec="white", mew=0.25)
    medians = table.groupby("layer")["value"].median().reindex(list(COLUMNS))
    places = np.arange(len(COLUMNS)) + shift
    axes.plot(places[:TRUNK], medians[:TRUNK], color=colour, label=agent_name(level))
    heads = places[TRUNK:]
    axes.hlines(medians[TRUNK:], heads - STEP / 2, heads + STEP / 2, color=colour)
    axes.axhline(medians["observations"], color=colour, linestyle=":", linewidth=0.7)
