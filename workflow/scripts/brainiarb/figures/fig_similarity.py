"""How similar the layers of clones and expert are, between floor and ceiling, by noise level."""

from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.inputs import of_expert
from brainiarb.figures.means import level_means
from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    LAYER_NAMES,
    MUTED,
    NOISY,
    PAGE_WIDTH,
    head,
    legend,
    letters,
)
from brainiarb.similarity.measures import MEASURES

TABLES = ["similarity", "measures", "statistics"]
EVERY_EXPERT = ["measures"]
SETTINGS = ["statistics.alpha"]

SPREAD = 0.3  # width over which the clones of a level stand, and distance of the mean from them
FLOOR = "expert_untrained"
CEILINGS = {
    "expert_seed": (EXPERT, "another seed"),
    "expert_algorithm": (NOISY, "other algorithm"),
}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw each layer's similarity with floor and ceiling, and below it positions between them.

    Two rows of panels show one measure. All measures of the table that have a reference (see
    `similarity.measures`) are drawn.
    """
    table, every = tables["similarity"], tables["measures"]
    table = table[(table["stimuli"] == "half") & (table["layer_first"] == table["layer_second"])]
    levels = sorted(table.loc[table["level"] >= 0, "level"].unique())
    places = {level: number + SPREAD for number, level in enumerate(levels)}
    drawn = {name: entry for name, entry in MEASURES.items() if entry.position and name in table}
    kinds = [(entry.tabulated, entry.position) for entry in drawn.values()]
    measures = [f"{kind}_{layer}" for pair in kinds for layer in LAYER_NAMES for kind in pair]
    means = level_means(tables["statistics"], every, measures, settings["alpha"])
    agents = of_expert(every[every["measure"].isin(measures)], settings["expert"])
    figure = Figure(figsize=(PAGE_WIDTH, 4.0 * len(drawn)))
    panels = figure.subplots(2 * len(drawn), len(LAYER_NAMES), sharex=True)
    names = np.reshape([*islice(letters(), panels.size)], panels.shape)
    shown = []
    for row, (name, entry) in enumerate(drawn.items()):
        rows = slice(2 * row, 2 * row + 2)
        for (upper, lower), (first, second), (layer, title) in zip(
            panels[rows].T, names[rows].T, LAYER_NAMES.items(), strict=True
        ):
            head(upper, first, title)
            head(lower, second)
            pairs = table[table["layer_first"] == layer]
            bounds(upper, pairs, name, levels)
            for axes, kind in ((upper, entry.tabulated), (lower, entry.position)):
                measure = f"{kind}_{layer}"
                values = agents[(agents["measure"] == measure) & (agents["level"] >= 0)]
                clones(axes, values, levels)
                means.draw(axes, measure, places, CLEAN)
                shown.append(values)
            shown.append(pairs[pairs["comparison"].isin([FLOOR, *CEILINGS])])
            scale(lower, values["value"])
        panels[2 * row, 0].set_ylabel(f"{entry.label} with the expert")
        panels[2 * row + 1, 0].set_ylabel("position (0 floor, 1 ceiling)")
    for axes in panels[-1]:
        axes.set_xticks(range(len(levels)), levels)
        axes.set_xlabel("noise (%)")
    handles, _ = panels[0, 0].get_legend_handles_labels()
    legend(figure, [*handles, *means.handles(CLEAN)], "lower")
    experts = means.experts.assign(kind="expert's mean")
    return figure, pd.concat([*shown, experts] if len(experts) else shown, ignore_index=True)


def bounds(axes: Axes, pairs: pd.DataFrame, measure: str, levels: list[int]) -> None:
    """Draw the range of the floor as a band and every pair of the ceiling as a dash."""
    floor = pairs[pairs["comparison"] == FLOOR].groupby("level")[measure]
    low, high = (end.reindex(levels).to_numpy(float) for end in (floor.min(), floor.max()))
    axes.fill_between(
        np.arange(len(levels)), low, high, color=MUTED, alpha=0.35, linewidth=0,
        label="floor: untrained (range)",
    )  # fmt: skip
    for comparison, (colour, label) in CEILINGS.items():
        ceiling = pairs[pairs["comparison"] == comparison]
        at = [levels.index(level) for level in ceiling["level"]]
        axes.plot(at, ceiling[measure], "_", ms=9, mew=1, color=colour, label=f"ceiling: {label}")


def clones(axes: Axes, values: pd.DataFrame, levels: list[int]) -> None:
    """Draw every clone as a point; the clones of a level stand side by side."""
    count = values["clone"].max() + 1 if len(values) else 1
    at = [
        levels.index(level) + SPREAD * ((clone + 0.5) / count - 0.5)
        for level, clone in zip(values["level"], values["clone"], strict=True)
    ]
    axes.plot(
        at, values["value"], "o", ms=2.2, mfc=CLEAN, mec="white", mew=0.2, alpha=0.8, zorder=3,
        label="clone",
    )  # fmt: skip


def scale(axes: Axes, positions: pd.Series) -> None:
    """Mark floor and ceiling on the scale of positions, or say that there is none."""
    axes.axhline(0, color=MUTED, linewidth=0.8, linestyle="--")
    axes.axhline(1, color=EXPERT, linewidth=0.8, linestyle="--")
    if positions.isna().all():
        axes.set_yticks([0, 1])
        axes.text(
            0.5, 0.5, "none: no ceiling\nabove the floor", ha="center", va="center",
            transform=axes.transAxes, color=MUTED,
        )  # fmt: skip
