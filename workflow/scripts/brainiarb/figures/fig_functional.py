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
    layer_names,
    legend,
    letters,
    panel_grid,
    rows_of,
    say_no_value,
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
MEDIAN = "lower median of the clones"
LOWEST_R2 = -1.0  # lower end of the panel of R²; worse values lie below it
COLUMNS = 4  # of panels with stitched networks


def stitched_layers(measures: pd.DataFrame) -> list[str]:
    """Return the layers of clones that the expert walks with, as measures name them."""
    of_clones = measures.loc[measures["level"] >= 0, "measure"]
    return [*of_clones.str.extract(r"^stitched_return_(.*)")[0].dropna().unique()]


def walking(layers: list[str]) -> dict[str, Series]:
    """Return the panels of stitched networks: a return for each layer, and one scale.

    The scale is that of the second hidden layer, which claims are about, or of the only one.
    """
    names = layer_names(layers)
    returns = {
        f"return, {name} stitched": {
            f"stitched_return_{layer}": STITCHED,
            "return": OWN,
            f"{FLOOR}stitched_return_{layer}": UNTRAINED,
        }
        for layer, name in names.items()
    }
    scaled = [*names.items()][:2][-1:]
    return returns | {
        f"scale, {name} stitched": {f"stitched_scale_{layer}": STITCHED} for layer, name in scaled
    }


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw each clone and each untrained network as a point, and the mean of a level with its bar.

    Above, how clones and expert act on the same states; below, the expert with the clones' layers.
    """
    every = tables["measures"]
    own = of_expert(every, settings["expert"])
    stitched = walking(stitched_layers(own))
    names = sorted({name for series in (*ACTING.values(), *stitched.values()) for name in series})
    means = level_means(tables["statistics"], every, names, settings["alpha"])
    shown = own[own["measure"].isin(names)]
    rows = rows_of(len(stitched), COLUMNS)
    figure = Figure(figsize=(PAGE_WIDTH, 2.45 * (1 + rows)))
    grid = figure.add_gridspec(2, 1, height_ratios=(1, rows))
    above, below = (figure.add_subfigure(grid[place]) for place in (0, 1))
    above.suptitle("what clone and expert do in the same states")
    below.suptitle("the expert with one layer of a clone, mapped affinely to its own")
    marks = letters()
    for row, panels, columns in (
        (above, ACTING, 3),
        (below, stitched, min(len(stitched), COLUMNS)),
    ):
        places = panel_grid(row, len(panels), columns)
        for axes, (title, series) in zip(places, panels.items(), strict=True):
            if row is above and "R²" not in title:
                axes.set_yscale("log")
            panel(axes, shown, series, means if row is above else None)
            if "R²" in title:
                axes.set_ylim(max(axes.get_ylim()[0], LOWEST_R2), 1.05)
            if title.startswith("return"):
                axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
            axes.set_ylabel(title)
            axes.set_xlabel("noise in the demonstrations (%)" if columns <= 3 else "noise (%)")
            scale = title.startswith("scale")
            said = untrained_walkers(tables["statistics"], series)
            head(axes, next(marks), "0 untrained, 1 expert" if scale else said)
            for end in (0, 1) if scale else ():
                axes.axhline(end, color=EXPERT, linestyle=":", linewidth=0.8)
    legend(above, [*named_points(above), *means.handles(DARK)], "lower")
    legend(below, [*named_points(below), Line2D([], [], color=DARK, label=MEDIAN)], "lower")
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
        say_no_value(axes, clones["note"])


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
