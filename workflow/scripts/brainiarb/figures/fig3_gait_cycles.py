"""Figure 3: one full gait cycle, on one gait map of all agents and on maps of single agents."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, FigureBase

from brainiarb.figures.style import (
    MUTED,
    PAGE_WIDTH,
    agent_name,
    head,
    letters,
    say_no_value,
    two_rows,
)

TABLES = ["gait_map", "gait_cycles", "transitions"]
SETTINGS = ["figures.noisy_level", "figures.study_level"]

PHASE = "twilight_shifted"  # the colours form a circle, because a cycle ends where it begins
DENSITY = "Greys"
BORDER = "#0072B2"
PARTS = {False: "clone", True: "group"}
"""The agents of the table of transitions that a level, or the expert, consists of."""


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a column for each agent: the shared map above, the study's map of that agent below."""
    cells, cycles = tables["gait_map"], tables["gait_cycles"]
    paths = tables["transitions"].drop_duplicates(["agent", "level", "clone"])
    levels = list(dict.fromkeys([-1, 0, settings["noisy_level"], settings["study_level"]]))
    figure = Figure(figsize=(PAGE_WIDTH, 5.4))
    rows = two_rows(figure)
    rows[0].suptitle("one map for all agents: scaled alike, regions cut from all levels together")
    rows[1].suptitle(
        "the published analysis, on this body and recording: a map of its own for each agent"
    )
    names = letters()
    for row, kind in zip(rows, ("shared", "published"), strict=True):
        panels = row.subplots(1, len(levels))
        for axes, level in zip(panels, levels, strict=True):
            cell, cycle = (
                part[(part["map"] == kind) & (part["level"] == level)] for part in (cells, cycles)
            )
            map_panel(axes, cell, cycle)
            parts = paths[(paths["level"] == level) & (paths["agent"] == PARTS[level < 0])]
            if kind == "shared" and len(cell):
                axes.set_xlabel("\n".join(filter(None, (note(cycle), frequent(cycle, parts)))))
            else:
                frame(axes, cell)
            count = f" (1 of {len(parts)})" if level >= 0 else ""
            head(axes, next(names), agent_name(level) + count)
        phase_bar(row, panels)
    drawn = pd.concat([cells.assign(kind="cell"), cycles.assign(kind="cycle")], ignore_index=True)
    drawn = pd.concat([drawn, paths.assign(kind="path")], ignore_index=True)
    return figure, drawn[drawn["level"].isin(levels)]


def phase_bar(part: FigureBase, panels: Sequence[Axes]) -> None:
    """Draw a colour bar of the phases beside panels of `map_panel`."""
    part.colorbar(
        ScalarMappable(Normalize(0, 1), PHASE), ax=panels, shrink=0.7, pad=0.01,
        label="phase of the cycle",
    )  # fmt: skip


def map_panel(axes: Axes, cells: pd.DataFrame, cycle: pd.DataFrame) -> None:
    """Draw density, borders of regions, and one cycle in the colours of its phase.

    Without a map it says why there is none.
    """
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    if len(cells):
        grid = [cells.pivot(index="y", columns="x", values=v) for v in ("density", "region")]
        x, y = grid[0].columns.to_numpy(), grid[0].index.to_numpy()
        axes.pcolormesh(x, y, grid[0].to_numpy() ** 0.5, cmap=DENSITY, rasterized=True)
        regions = grid[1].to_numpy()
        for region in np.unique(regions):
            axes.contour(
                x, y, regions == region, levels=[0.5], colors=BORDER, linewidths=0.5, alpha=0.8
            )
    else:
        say_no_value(axes, [note(cycle)], "no map")
        return
    path = cycle[["x", "y"]].dropna().to_numpy()
    if len(path):
        segments = list(np.stack([path[:-1], path[1:]], axis=1))
        phases = cycle["phase"].to_numpy()[:-1]
        axes.add_collection(LineCollection(segments, linewidths=3.0, colors="white"))
        line = LineCollection(segments, linewidths=1.6, cmap=PHASE, norm=Normalize(0, 1))
        line.set_array(phases)
        axes.add_collection(line)
        axes.plot(*path[0], "o", ms=4, mfc="white", mec="black", mew=0.8)
    axes.set_xlabel(note(cycle))


def note(cycle: pd.DataFrame) -> str:
    """Return the length of a cycle, or why there is none, and when the agent falls."""
    if not len(cycle):
        return ""
    row = cycle.iloc[0]
    regions = cycle.loc[cycle["region"] > 0, "region"].nunique()
    crossed = f"{regions} region{'' if regions == 1 else 's'}"
    text = row["note"] or f"cycle {row['seconds']:.2f} s through {crossed}"
    return f"{text}; falls after {row['walked']:.1f} s" if row["fell"] else text


def frequent(cycle: pd.DataFrame, paths: pd.DataFrame) -> str:
    """Return the share of transitions on the most frequent cycle, of the drawn agent and of all."""
    shares = 100 * paths["modal_cycle_share"].dropna()
    if not len(shares) or not len(cycle):
        return ""
    low, high = shares.min(), shares.max()
    if cycle["level"].iloc[0] < 0:
        return f"modal cycle: {low:.0f} to {high:.0f} %\nof transitions ({len(shares)} groups)"
    own = shares[paths["clone"] == cycle["clone"].iloc[0]]
    if not len(own):
        return ""
    every = f"({len(shares)} clones: {low:.0f} to {high:.0f} %)"
    return f"modal cycle: {own.iloc[0]:.0f} % of transitions\n{every}"


def frame(axes: Axes, cells: pd.DataFrame) -> None:
    """Draw where the grid of a map ends, because the published grid may cut regions off."""
    if len(cells):
        ends = [cells[side].agg(end) for side in ("x", "y") for end in ("min", "max")]
        left, right, low, high = ends
        axes.plot(
            [left, right, right, left, left], [low, low, high, high, low], color=MUTED,
            linewidth=0.5, clip_on=False,
        )  # fmt: skip
