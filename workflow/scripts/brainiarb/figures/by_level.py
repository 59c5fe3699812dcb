"""A measure of every clone by noise level, with the expert's own: a panel of several figures."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from brainiarb.figures.style import CLEAN, EXPERT, MUTED, NOISY

SPREAD = 0.5  # of the clones of a level, in steps between levels
ASIDE = 0.38  # of the level's mean
UNSTABLE = "no stable cycle"
LARGE_RATIO = 50


def legend(averaged: bool) -> list[Artist]:
    """Return what the marks of `clones_by_level` mean; `averaged` where means are drawn."""
    point: dict[str, Any] = {"linestyle": "none", "markersize": 3.5, "markeredgewidth": 0.7}
    marks: list[Artist] = [
        Line2D([], [], color=EXPERT, linestyle="--", linewidth=0.8, label="expert"),
        Patch(color=MUTED, alpha=0.35, linewidth=0, label="range of the expert's episode groups"),
        Line2D([], [], marker="o", color=CLEAN, label="clone", **point),
        Line2D([], [], marker="o", color=CLEAN, mfc="white", label=UNSTABLE, **point),
    ]
    if averaged:
        label = "mean of the clones, 95 % interval"
        marks.append(Line2D([], [], marker="_", color=NOISY, linewidth=1.2, label=label))
    return marks


def levels_of(measures: pd.DataFrame) -> list[int]:
    """Return the noise levels of the clones."""
    return sorted(measures.loc[measures["level"] >= 0, "level"].unique())


def clones_by_level(
    axes: Axes,
    measure: str,
    measures: pd.DataFrame,
    margins: pd.DataFrame,
    statistics: pd.DataFrame,
) -> None:
    """Draw each clone as a point, the expert's value and range, and the mean where it is known.

    Hollow points have a note that no cycle is stable; a level in which clones have no value says
    how many have one.
    """
    levels = levels_of(measures)
    mine = measures[measures["measure"] == measure]
    own = margins[margins["measure"] == measure]
    if len(own):
        axes.axhspan(own["low"].iloc[0], own["high"].iloc[0], color=MUTED, alpha=0.35, linewidth=0)
        axes.axhline(own["reference"].iloc[0], color=EXPERT, linestyle="--", linewidth=0.8)
    for place, level in enumerate(levels):
        clones = mine[mine["level"] == level].sort_values("clone")
        side = SPREAD * ((np.arange(len(clones)) + 0.5) / max(len(clones), 1) - 0.5)
        weak = clones["note"].str.startswith(UNSTABLE).to_numpy()
        for which, face in ((~weak, CLEAN), (weak, "white")):
            axes.plot(
                place + side[which], clones["value"].to_numpy()[which], "o", ms=2.6, mfc=face,
                mec=CLEAN, mew=0.6, linestyle="none",
            )  # fmt: skip
        known = int(clones["value"].notna().sum())
        if known < len(clones):
            axes.text(
                place, 1.0, f"{known}/{len(clones)}", ha="center", va="bottom", fontsize=5.5,
                color=NOISY, transform=axes.get_xaxis_transform(),
            )  # fmt: skip
    means = statistics[(statistics["measure"] == measure) & (statistics["kind"] == "level")]
    # The interval of two clones lies far beyond both.
    means = means[means["n_clones"] > 2]
    for row in means[means["level"].isin(levels)].itertuples():
        at = levels.index(row.level) + ASIDE
        axes.plot([at, at], [row.low, row.high], color=NOISY, linewidth=1.2)
        axes.plot(at, row.estimate, "_", color=NOISY, ms=4, mew=1.2)
    positive = mine["value"].dropna()
    if len(positive) and positive.min() > 0 and positive.max() > LARGE_RATIO * positive.min():
        axes.set_yscale("log")
    axes.set_xlim(-0.6, len(levels) - 0.4)
    axes.set_xticks(range(len(levels)), [str(level) for level in levels])
