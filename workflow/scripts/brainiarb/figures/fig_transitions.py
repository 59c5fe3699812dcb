"""Transitions between the regions of the shared gait map, and whether they prefer a direction."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from brainiarb.figures.style import (
    EXPERT,
    MUTED,
    PAGE_WIDTH,
    agent_colour,
    agent_name,
    head,
    legend,
    letters,
    say_no_value,
    two_rows,
)

TABLES = ["gait_map", "occupancy", "transitions", "map_distances"]
SETTINGS = ["figures.noisy_level", "figures.study_level", "statistics.alpha"]

LIKELY = 0.05  # least share of an agent's transitions that is drawn
BORDER = "#BBBBBB"
LARGEST = 0.55  # area of the circle of a share of 1, in square inches


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a graph on the map for each level, and below net flux and distance to the expert."""
    levels = list(dict.fromkeys([-1, 0, settings["noisy_level"], settings["study_level"]]))
    paths, occupancy, distances = (
        tables[name][tables[name]["level"].isin(levels)]
        for name in ("transitions", "occupancy", "map_distances")
    )
    cells = tables["gait_map"]
    cells = cells[(cells["map"] == "shared") & (cells["level"] == -1)]
    figure = Figure(figsize=(PAGE_WIDTH, 4.7))
    above, below = two_rows(figure)
    above.suptitle("regions of the shared map: circles show time spent, arrows transitions")
    names = letters()
    for axes, level in zip(above.subplots(1, len(levels), squeeze=False)[0], levels, strict=True):
        together = _together(occupancy, level), _together(paths, level)
        graph_panel(axes, cells, *together, agent_colour(level))
        clones = distances[(distances["level"] == level) & (distances["agent"] == "clone")]
        count = f" (n = {len(clones)})" if level >= 0 else ""
        head(axes, next(names), agent_name(level) + count)
    agents = paths.drop_duplicates(["agent", "level", "clone"])
    left, right = below.subplots(1, 2)
    flux_panel(left, agents, levels, settings["alpha"])
    distance_panel(right, distances, levels, settings["alpha"])
    for axes, title in (
        (left, "does the gait turn one way?"),
        (right, "is it where the expert is?"),
    ):
        axes.set_xlim(-0.6, len(levels) - 0.4)
        axes.set_ylim(0, 1.06)
        head(axes, next(names), title)
    legend(below, marks(settings["alpha"]), "lower")
    drawn = {"transition": paths, "occupancy": occupancy, "distance": distances}
    return figure, pd.concat(
        [table.assign(kind=kind) for kind, table in drawn.items()], ignore_index=True
    )


def graph_panel(
    axes: Axes, cells: pd.DataFrame, occupancy: pd.DataFrame, paths: pd.DataFrame, colour: str
) -> None:
    """Draw borders of regions, the time spent in each as a circle, and transitions as arrows."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    grid = cells.pivot(index="y", columns="x", values="region")
    x, y, regions = grid.columns.to_numpy(), grid.index.to_numpy(), grid.to_numpy()
    for region in np.unique(regions):
        axes.contour(x, y, regions == region, levels=[0.5], colors=BORDER, linewidths=0.5)
    if not len(cells):
        say_no_value(axes, paths["note"].dropna())
        return
    inside = occupancy[occupancy["region"] > 0].set_index("region")
    area = 72**2 * LARGEST * inside["share"]
    axes.scatter(inside["x"], inside["y"], s=area, color=colour, alpha=0.35, lw=0, zorder=2)
    for region, place in inside.iterrows():
        axes.annotate(
            str(region), (place["x"], place["y"]), ha="center", va="center", fontsize=6, zorder=4
        )
    total = max(int(paths["count"].sum()), 1)
    for _, path in paths[paths["count"] >= LIKELY * total].iterrows():
        ends = inside.loc[[path["source"], path["target"]], ["x", "y"]].to_numpy()
        axes.annotate(
            "", ends[1], ends[0], zorder=3,
            arrowprops={
                "arrowstyle": "-|>,head_width=0.18,head_length=0.32", "color": colour,
                "linewidth": 0.4 + 8 * path["count"] / total, "alpha": 0.8,
                "connectionstyle": "arc3,rad=0.18", "shrinkA": 5, "shrinkB": 6,
            },
        )  # fmt: skip
    if len(paths):
        row = paths.iloc[0]
        axes.set_xlabel(row["note"] or f"modal cycle {row['modal_cycle']}")


def flux_panel(axes: Axes, agents: pd.DataFrame, levels: list[int], alpha: float) -> None:
    """Draw the net flux of each agent, and the 95th percentile of its visits in random order."""
    ticks = []
    for place, level in enumerate(levels):
        rows = _parts(agents, level)
        _points(axes, place, rows, "net_flux", "shuffled_95", rows["p_shuffled"] > alpha)
        fewest, most = rows["transitions"].min(), rows["transitions"].max()
        ticks.append(f"{_tick(level)}\n{fewest} to {most}" if len(rows) else _tick(level))
    say_if_none(axes, agents, "net_flux")
    axes.set_xticks(range(len(levels)), ticks)
    axes.set_xlabel("(below: number of transitions)")
    axes.set_ylabel("net flux")


def distance_panel(axes: Axes, distances: pd.DataFrame, levels: list[int], alpha: float) -> None:
    """Draw the distance of each agent to the expert, and the 95th percentile of its null."""
    for place, level in enumerate(levels):
        rows = _parts(distances, level)
        _points(axes, place, rows, "distance", "null_95", rows["p"] > alpha)
    say_if_none(axes, distances, "distance")
    axes.set_xticks(range(len(levels)), map(_tick, levels))
    axes.set_ylabel("distance to the expert (bits$^{0.5}$)")


def say_if_none(axes: Axes, rows: pd.DataFrame, column: str) -> None:
    """Write in a panel why no agent has a value, if none has."""
    if not rows[column].notna().any():
        say_no_value(axes, rows["note"].dropna())


def marks(alpha: float) -> list[Artist]:
    """Return the entries of the legend of both panels."""
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "ms": 3, "color": EXPERT}
    return [
        Line2D([], [], label="a clone, or as many episodes of the expert", **dot),
        Line2D([], [], label=f"the same, p above {alpha:g}", mfc="white", **dot),
        Line2D([], [], color=EXPERT, linewidth=1.2, label="median"),
        Line2D([], [], color=MUTED, label="95th percentile of its null"),
    ]


def _together(table: pd.DataFrame, level: int) -> pd.DataFrame:
    """Return the rows of the expert, or of all clones of a level together."""
    agent = "expert" if level < 0 else "level"
    return table[(table["level"] == level) & (table["agent"] == agent)]


def _parts(table: pd.DataFrame, level: int) -> pd.DataFrame:
    """Return the rows of the clones of a level, or of the groups of the expert's episodes."""
    agent = "group" if level < 0 else "clone"
    return table[(table["level"] == level) & (table["agent"] == agent)]


def _tick(level: int) -> str:
    return agent_name(level).removeprefix("clone, ")


def _points(
    axes: Axes, place: int, rows: pd.DataFrame, column: str, null: str, hollow: pd.Series
) -> None:
    """Draw agents side by side with the marks of their own nulls, and their median."""
    colour = agent_colour(int(rows["level"].iloc[0])) if len(rows) else EXPERT
    across = place + np.linspace(-0.24, 0.24, max(len(rows), 1))[: len(rows)]
    axes.hlines(rows[null], across - 0.03, across + 0.03, color=MUTED, linewidth=1.0)
    axes.hlines(rows[column].median(), place - 0.32, place + 0.32, color=colour, linewidth=1.2)
    for which, face in ((~hollow, colour), (hollow, "white")):
        axes.plot(
            across[which.to_numpy()], rows.loc[which, column], "o", ms=3, mec=colour, mfc=face,
            mew=0.6, linestyle="none",
        )  # fmt: skip
