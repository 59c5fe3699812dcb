"""How alike clones act, by noise level, and returns with their layers put into the expert."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from brainiarb.figures.by_level import lower_medians
from brainiarb.figures.inputs import of_expert
from brainiarb.figures.means import Means, level_means
from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    MUTED,
    NOISY,
    PAGE_WIDTH,
    head,
    legend,
    letters,
    two_rows,
)
from brainiarb.statistics.measures import FLOOR

TABLES = ["measures", "statistics"]
EVERY_EXPERT = ["measures"]
SETTINGS = ["statistics.alpha"]

STEP = 0.19  # between two kinds of points at one level
DARK = "#555555"


class Look(NamedTuple):
    """The look of the points of one kind, and their name in the legend."""

    colour: str
    marker: str
    label: str


ON_EXPERT = Look(CLEAN, "o", "clone, on the expert's states")
ON_CLONES = Look(NOISY, "s", "clone, on the clones' states")
FLOOR_ON_EXPERT = Look(MUTED, "^", "untrained, on the expert's states")
FLOOR_ON_CLONES = Look(DARK, "v", "untrained, on the clones' states")
STITCHED = Look(CLEAN, "o", "clone's layer in the expert")
OWN = Look(NOISY, "D", "clone itself")
UNTRAINED = Look(MUTED, "^", "untrained network's layer in the expert")

Series = dict[str, Look]
"""Measures of one panel from left to right, with the look of their points."""

ACTING = {
    title: {
        f"{measure}_expert": ON_EXPERT,
        f"{measure}_level": ON_CLONES,
        f"{FLOOR}{measure}_expert": FLOOR_ON_EXPERT,
        f"{FLOOR}{measure}_level": FLOOR_ON_CLONES,
    }
    for measure, title in (
        ("action_mse", "action MSE (half-range$^2$)"),
        ("action_r2", "action R²"),
        ("mean_kl", "KL of the means (nat)"),
    )
}
WALKING = {
    f"return, {name} stitched": {
        f"stitched_return_{layer}": STITCHED,
        "return": OWN,
        f"{FLOOR}stitched_return_{layer}": UNTRAINED,
    }
    for layer, name in (("linear1", "linear 1"), ("linear2", "linear 2"))
} | {"scale, linear 2 stitched": {"stitched_scale_linear2": STITCHED}}
MEDIAN = "lower median of the clones"
LOWEST_R2 = -1.0  # lower end of the panel of R²; worse values lie below it


MEASURES = sorted({measure for series in (ACTING | WALKING).values() for measure in series})


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw each clone and each untrained network as a point, and the mean of a level with its bar.

    Above, how clones and expert act on the same states; below, the expert with the clones' layers.
    """
    every = tables["measures"]
    means = level_means(tables["statistics"], every, MEASURES, settings["alpha"])
    shown = of_expert(every[every["measure"].isin(MEASURES)], settings["expert"])
    figure = Figure(figsize=(PAGE_WIDTH, 4.9))
    above, below = two_rows(figure)
    above.suptitle("what clone and expert do in the same states")
    below.suptitle("the expert with one layer of a clone, mapped affinely to its own")
    names = letters()
    for row, panels in ((above, ACTING), (below, WALKING)):
        for axes, (title, series) in zip(row.subplots(1, 3), panels.items(), strict=True):
            if row is above and "R²" not in title:
                axes.set_yscale("log")
            panel(axes, shown, series, means if row is above else None)
            if "R²" in title:
                axes.set_ylim(max(axes.get_ylim()[0], LOWEST_R2), 1.05)
            if title.startswith("return"):
                axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
            axes.set_ylabel(title)
            axes.set_xlabel("noise in the demonstrations (%)")
            head(axes, next(names), untrained_walkers(tables["statistics"], series))
    legend(above, [*named_points(above), *means.handles(DARK)], "lower")
    legend(below, [*named_points(below), Line2D([], [], color=DARK, label=MEDIAN)], "lower")
    scale = below.axes[-1]
    head(scale, "F", "0 untrained, 1 expert")
    for end in (0, 1):
        scale.axhline(end, color=EXPERT, linestyle=":", linewidth=0.8)
    return figure, pd.concat([shown, means.numbers()], ignore_index=True)


def untrained_walkers(statistics: pd.DataFrame, series: Series) -> str:
    """Return how many untrained networks of a panel walk, as the table of statistics tells it."""
    floors = [measure for measure in series if measure.startswith(f"{FLOOR}stitched")]
    shares = statistics[statistics["measure"].isin(floors) & (statistics["kind"] == "share")]
    return shares["note"].iloc[0].replace("clones", "untrained") if len(shares) else ""


def named_points(row: SubFigure) -> list[Artist]:
    """Return one line for each kind of points in a row, for its legend."""
    named = {
        line.get_label(): line
        for axes in row.axes
        for line in axes.lines
        if not str(line.get_label()).startswith("_")
    }
    return list(named.values())


def panel(axes: Axes, shown: pd.DataFrame, series: Series, means: Means | None) -> None:
    """Draw the measures of one panel: the expert before the levels, untrained networks after.

    Returns get no means: these would lie between networks that walk and networks that fall.
    """
    levels = sorted(int(level) for level in shown["level"].unique() if level >= 0)
    sides = {look: number for number, look in enumerate(dict.fromkeys(series.values()))}
    for measure, look in series.items():
        side = (sides[look] - (len(sides) - 1) / 2) * STEP
        points(axes, shown[shown["measure"] == measure], levels, look, side)
        places = {level: number + side for number, level in enumerate(levels)}
        if means is not None:
            means.draw(axes, measure, places, look.colour)
    with_expert = any(measure.startswith("stitched") for measure in series)
    ticks = {-1: "exp.", **dict(enumerate(levels)), len(levels): "untr."}
    edges = [-0.5, len(levels) - 0.5]
    if not with_expert:
        del ticks[-1], edges[0]
    axes.set_xlim(min(ticks) - 0.5, len(levels) + 0.5)
    axes.set_xticks([*ticks], [*map(str, ticks.values())], fontsize=5.5)
    for edge in edges:
        axes.axvline(edge, color=MUTED, linewidth=0.4)
    clones = shown[(shown["measure"] == next(iter(series))) & (shown["clone"] >= 0)]
    if clones["value"].isna().all():
        axes.text(0.5, 0.5, "no value", ha="center", va="center", transform=axes.transAxes)


def points(axes: Axes, agents: pd.DataFrame, levels: list[int], look: Look, side: float) -> None:
    """Draw one measure of every agent, that is clones, untrained networks and the expert itself.

    A line joins the lower medians of the clones.
    """
    style: dict[str, Any] = {
        "ms": 3, "mec": "white", "mew": 0.3, "alpha": 0.75, "linestyle": "none",
    }  # fmt: skip
    networks = agents[agents["clone"] >= 0]
    places = [levels.index(level) if level >= 0 else len(levels) for level in networks["level"]]
    axes.plot(
        [place + side for place in places], networks["value"], look.marker, mfc=look.colour,
        label=look.label, **style,
    )  # fmt: skip
    medians = lower_medians(networks[networks["level"] >= 0], "value", levels)
    axes.plot(np.arange(len(levels)) + side, medians, color=look.colour, linewidth=0.7)
    own = agents.loc[(agents["clone"] < 0) & (agents["level"] < 0), "value"]
    axes.plot([-1 + side] * len(own), own, look.marker, mfc=EXPERT, **style)
