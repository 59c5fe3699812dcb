"""How alike clones act, by noise level, and returns with their layers put into the expert."""

from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import CLEAN, EXPERT, MUTED, NOISY, PAGE_WIDTH, head, two_rows

STEP = 0.19  # between two kinds of points at one level
DARK = "#555555"


class Look(NamedTuple):
    """How the points of one kind are drawn, and what they are called in their row's legend."""

    colour: str
    marker: str
    label: str


ON_EXPERTS = Look(CLEAN, "o", "clone, on the expert's states")
ON_CLONES = Look(NOISY, "s", "clone, on the clones' states")
FLOOR_ON_EXPERTS = Look(MUTED, "^", "untrained, on the expert's states")
FLOOR_ON_CLONES = Look(DARK, "v", "untrained, on the clones' states")
STITCHED = Look(CLEAN, "o", "clone's layer in the expert")
OWN = Look(NOISY, "D", "clone itself")
FLOOR = Look(MUTED, "^", "untrained network's layer in the expert")

Series = dict[str, Look]
"""Measures from left to right."""

ACTING = {
    title: {
        f"{measure}_expert": ON_EXPERTS,
        f"{measure}_level": ON_CLONES,
        f"floor_{measure}_expert": FLOOR_ON_EXPERTS,
        f"floor_{measure}_level": FLOOR_ON_CLONES,
    }
    for measure, title in (
        ("action_mse", "action MSE (half-range$^2$)"),
        ("head_kl", "KL from expert to clone (nat)"),
        ("mean_kl", "KL, part of the means (nat)"),
    )
}
WALKING = {
    f"return, {name} stitched": {
        f"stitched_return_{layer}": STITCHED,
        "return": OWN,
        f"floor_stitched_return_{layer}": FLOOR,
    }
    for layer, name in (("linear1", "linear 1"), ("linear2", "linear 2"))
} | {
    "variance of the layer explained": {
        f"{floor}stitched_r2_{layer}": look
        for layer in ("linear1", "linear2")
        for floor, look in (("", STITCHED), ("floor_", FLOOR))
    }
}


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw each clone as a point, with mean and interval of its level, and the untrained floor.

    Above, how clones and expert act on the same states; below, the expert with the clones' layers.
    """
    measures, statistics = tables["measures"], tables["statistics"]
    chosen = {measure for series in (ACTING | WALKING).values() for measure in series}
    shown = measures[measures["measure"].isin(chosen)]
    means = statistics[(statistics["kind"] == "level") & statistics["measure"].isin(chosen)]
    levels = sorted(int(level) for level in shown["level"].unique() if level >= 0)
    figure = Figure(figsize=(PAGE_WIDTH, 4.9))
    above, below = two_rows(figure)
    above.suptitle("what clone and expert do in the same states")
    below.suptitle("the expert with one layer of a clone, mapped affinely to its own")
    for row, letters, panels in ((above, "ABC", ACTING), (below, "DEF", WALKING)):
        for letter, axes, (title, series) in zip(
            letters, row.subplots(1, 3), panels.items(), strict=True
        ):
            if row is above:
                axes.set_yscale("log")
            panel(axes, shown, means, levels, series)
            if title.startswith("return"):
                axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
            axes.set_ylabel(title)
            axes.set_xlabel("noise in the demonstrations (%)")
            head(axes, letter)
        handles = {
            line.get_label(): line
            for axes in row.axes
            for line in axes.lines
            if not str(line.get_label()).startswith("_")
        }
        row.legend(handles=[*handles.values()], loc="outside lower center", ncols=len(handles))
    for layer, name in (("linear1", "linear 1"), ("linear2", "linear 2")):
        values = shown.loc[shown["measure"] == f"stitched_r2_{layer}"].query("clone >= 0")["value"]
        axes.text(-1.4, values.median(), name, va="center", fontsize=6)
    return figure, pd.concat([shown, means], ignore_index=True)


def panel(
    axes: Axes, shown: pd.DataFrame, means: pd.DataFrame, levels: list[int], series: Series
) -> None:
    """Draw the measures of one panel, the expert before the levels, untrained networks after."""
    sides = {look: number for number, look in enumerate(dict.fromkeys(series.values()))}
    for measure, look in series.items():
        side = (sides[look] - (len(sides) - 1) / 2) * STEP
        points(axes, shown[shown["measure"] == measure], levels, look, side)
    limits = axes.get_ylim()
    for measure, look in series.items():
        side = (sides[look] - (len(sides) - 1) / 2) * STEP
        intervals(axes, means[means["measure"] == measure], levels, look, side)
    # An interval of two clones would hide all else.
    axes.set_ylim(limits)
    with_expert = any(measure.startswith("stitched") for measure in series)
    ticks = {-1: "exp.", **dict(enumerate(levels)), len(levels): "untr."}
    edges = [-0.5, len(levels) - 0.5]
    if not with_expert:
        del ticks[-1], edges[0]
    axes.set_xlim(min(ticks) - 0.5, len(levels) + 0.5)
    axes.set_xticks([*ticks], [*map(str, ticks.values())], fontsize=5.5)
    for edge in edges:
        axes.axvline(edge, color=MUTED, linewidth=0.4)


def points(axes: Axes, mine: pd.DataFrame, levels: list[int], look: Look, side: float) -> None:
    """Draw one measure of every agent."""
    of_expert = mine["clone"] < 0
    places = [levels.index(level) if level >= 0 else len(levels) for level in mine["level"]]
    style: dict[str, Any] = {
        "ms": 3,
        "mec": "white",
        "mew": 0.3,
        "alpha": 0.75,
        "linestyle": "none",
    }
    axes.plot(
        (pd.Series(places, mine.index) + side)[~of_expert], mine.loc[~of_expert, "value"],
        look.marker, mfc=look.colour, label=look.label, **style,
    )  # fmt: skip
    own = mine.loc[of_expert & (mine["level"] < 0), "value"]
    axes.plot([-1 + side] * len(own), own, look.marker, mfc=EXPERT, **style)


def intervals(axes: Axes, means: pd.DataFrame, levels: list[int], look: Look, side: float) -> None:
    """Draw the mean of each level with its interval where there is one."""
    at = means[means["level"].isin(levels)].sort_values("level")
    axes.errorbar(
        [levels.index(int(level)) + side for level in at["level"]], at["estimate"],
        (at["estimate"] - at["low"], at["high"] - at["estimate"]),
        color=look.colour, linewidth=0.7, elinewidth=0.9,
    )  # fmt: skip
