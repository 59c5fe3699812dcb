"""A panel of several figures: a measure of every clone by noise level, beside the expert."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from brainiarb.figures.means import Means
from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    MUTED,
    NOISY,
    say_how_many_known,
    say_no_value,
)
from brainiarb.statistics.measures import UNSTABLE

SPREAD = 0.5  # width over which the clones of a level stand, in steps between levels
ASIDE = 0.38  # distance of the mean from its level, in steps between levels
LARGE_RATIO = 50  # of the greatest value to the least, from which on an axis is logarithmic


def legend_handles(means: Means) -> list[Artist]:
    """Return the entries of a legend for the panels of `clones_by_level`."""
    point: dict[str, Any] = {"linestyle": "none", "markersize": 3.5, "markeredgewidth": 0.7}
    return [
        Line2D([], [], color=EXPERT, linestyle="--", linewidth=0.8, label="expert"),
        Patch(color=MUTED, alpha=0.35, linewidth=0, label="range of the expert's episode groups"),
        Line2D([], [], marker="o", color=CLEAN, label="clone", **point),
        Line2D([], [], marker="o", color=CLEAN, mfc="white", label="unstable value", **point),
        Line2D([], [], color=CLEAN, linewidth=0.9, label="median of the clones"),
        *means.handles(NOISY),
    ]


def levels_of(measures: pd.DataFrame) -> list[int]:
    """Return the noise levels of the clones."""
    return sorted(measures.loc[measures["level"] >= 0, "level"].unique())


def sides(count: int) -> np.ndarray:
    """Return where so many clones stand beside their level, in steps between levels."""
    return SPREAD * ((np.arange(count) + 0.5) / max(count, 1) - 0.5)


def lower_medians(rows: pd.DataFrame, column: str, levels: list[int]) -> pd.Series:
    """Return the lower median of a column at each of the levels, nan where a level has no value.

    It is the value of an agent, so that it does not lie between two modes.
    """
    middle = rows.groupby("level")[column].quantile(0.5, interpolation="lower")
    return middle.reindex(levels)


def say_if_no_clone_has_a_value(axes: Axes, rows: pd.DataFrame) -> bool:
    """Write in a panel of one measure why no clone has a value, if none has; return whether."""
    clones = rows[rows["level"] >= 0]
    if clones["value"].notna().any():
        return False
    notes = clones["note"].dropna() if len(clones) else ["not measured of this body"]
    say_no_value(axes, notes, "no clone\nhas a value")
    return True


def clones_by_level(
    axes: Axes, measure: str, measures: pd.DataFrame, margins: pd.DataFrame, means: Means
) -> None:
    """Draw each clone of the drawn expert as a point, their median, the expert's value and range.

    Means with their intervals stand beside them where the table of statistics has a mean. A point
    is hollow where the measure is unstable, which for a gait means that no cycle is stable.
    Above a level in which clones have no value stands how many clones have one. A panel in which no
    clone has a value says so, and why.
    """
    levels = levels_of(measures)
    rows = measures[measures["measure"] == measure]
    own = margins[margins["measure"] == measure]
    if len(own):
        axes.axhspan(own["low"].iloc[0], own["high"].iloc[0], color=MUTED, alpha=0.35, linewidth=0)
        axes.axhline(own["reference"].iloc[0], color=EXPERT, linestyle="--", linewidth=0.8)
    for place, level in enumerate(levels):
        clones = rows[rows["level"] == level].sort_values("clone")
        side = sides(len(clones))
        unstable = (clones["status"] == UNSTABLE).to_numpy()
        for which, face in ((~unstable, CLEAN), (unstable, "white")):
            axes.plot(
                place + side[which], clones["value"].to_numpy()[which], "o", ms=2.6, mfc=face,
                mec=CLEAN, mew=0.6, linestyle="none",
            )  # fmt: skip
        side_by_side = place - SPREAD / 2, place + SPREAD / 2
        axes.hlines(clones["value"].median(), *side_by_side, color=CLEAN, linewidth=0.9)
        say_how_many_known(axes, place, clones["value"].to_numpy(float))
    means.draw(axes, measure, {level: n + ASIDE for n, level in enumerate(levels)}, NOISY)
    values = rows["value"].dropna()
    if say_if_no_clone_has_a_value(axes, rows) and not own["reference"].notna().any():
        axes.set_yticks([])
    if len(values) and values.min() > 0 and values.max() > LARGE_RATIO * values.min():
        axes.set_yscale("log")
    axes.set_xlim(-0.6, len(levels) - 0.4)
    axes.set_xticks(range(len(levels)), [str(level) for level in levels])
