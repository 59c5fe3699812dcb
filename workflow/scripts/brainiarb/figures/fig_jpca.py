"""Rotations in the activity of networks that are shown one walk, beside the observations."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.networks import (
    KINDS,
    OBSERVATIONS,
    analysed,
    by_network,
    kind_of,
    legend_handles,
)
from brainiarb.figures.style import (
    EXPERT,
    MUTED,
    PAGE_WIDTH,
    agent_colour,
    agent_name,
    head,
    legend,
    letters,
)

TABLES = ["jpca", "jpca_trajectories"]
SETTINGS = ["figures.noisy_level"]

NULLS = {"phase_randomised": "-", "covariance_matched": ":"}
COLUMNS = 3  # of panels with trajectories


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw the first jPCA planes of six signals, their R², and the gain of every network."""
    fits = tables["jpca"][tables["jpca"]["plane"].fillna(1) == 1]
    drawn = with_looks(fits[fits["drawn"]], settings["noisy_level"])
    tracks = with_looks(tables["jpca_trajectories"], settings["noisy_level"])
    figure = Figure(figsize=(PAGE_WIDTH, 4.1))
    grid = figure.add_gridspec(2, 5)
    names = letters()
    for place, (label, fit) in enumerate(drawn.groupby("label", sort=False)):
        axes = figure.add_subplot(grid[divmod(place, COLUMNS)])
        trajectory(axes, tracks[tracks["label"] == label], fit.iloc[0])
        head(axes, next(names), str(label))
    compared = figure.add_subplot(grid[0, COLUMNS:])
    goodness(compared, drawn)
    head(compared, next(names), "change that one rotation explains")
    gained = figure.add_subplot(grid[1, COLUMNS:])
    gained.axhline(0, color=MUTED, linewidth=0.6)
    by_network(gained, fits, "r2_gain")
    gained.set_ylabel(f"R², {analysed(fits)}\nless observation")
    head(gained, next(names), "more than in the observation")
    legend(figure, legend_handles(observed=False), "lower")
    numbers = {"trajectory": tracks, "fit": drawn, "gain": fits}
    return figure, pd.concat(
        [table.assign(kind=kind) for kind, table in numbers.items()], ignore_index=True
    )


def with_looks(table: pd.DataFrame, noisy_level: int) -> pd.DataFrame:
    """Return the rows that are drawn, in the order of the panels, with their labels and colours.

    They are the observations, the expert, the clones at 0 and at `noisy_level`, an untrained
    network and another expert.
    """
    looked = table[table["level"].isin([-1, 0, noisy_level])]
    looks = [look(*agent) for agent in zip(looked["network"], looked["level"], strict=True)]
    named = pd.DataFrame(looks, looked.index, ["rank", "label", "colour"])
    return looked.join(named).sort_values(["rank", "level"], kind="stable").drop(columns="rank")


def look(network: str, level: int) -> tuple[int, str, str]:
    """Return the place of a network among the panels, its label and its colour."""
    if network == OBSERVATIONS:
        return 0, "observation", EXPERT
    kind = kind_of(network)
    colour, _, name = KINDS[kind]
    if kind == "clone":
        name, colour = agent_name(level), agent_colour(level)
    elif kind == "other":
        name = network
    return 1 + [*KINDS].index(kind), name, colour


def trajectory(axes: Axes, track: pd.DataFrame, fit: pd.Series) -> None:
    """Draw some seconds in the plane, with the plane's frequency and share of the variance."""
    axes.set_xticks([])
    axes.set_yticks([])
    if track.empty:
        note = fit["note"].replace(" steady", "\nsteady")
        axes.text(0.5, 0.5, note, ha="center", va="center", transform=axes.transAxes)
        return
    axes.plot(track["x"], track["y"], color=fit["colour"], linewidth=0.6)
    axes.plot(track["x"].iloc[:1], track["y"].iloc[:1], "o", color=fit["colour"], ms=3)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.08)
    axes.set_xlabel(f"{fit['frequency']:.1f} Hz, {100 * fit['plane_variance']:.0f} % var.")


def goodness(axes: Axes, drawn: pd.DataFrame) -> None:
    """Draw the R² of the drawn signals beside the range of surrogates."""
    at = np.arange(len(drawn))
    for place, (fit, colour) in enumerate(zip(drawn["r2"], drawn["colour"], strict=True)):
        axes.plot(place, fit, "o", ms=4, color=colour)
    for shift, (null, style) in zip((-0.08, 0.08), NULLS.items(), strict=True):
        axes.vlines(
            at + shift, drawn[f"{null}_low"], drawn[f"{null}_high"], color=MUTED, linestyle=style,
            linewidth=2, label=null.replace("_", " "),
        )  # fmt: skip
    axes.set_xticks(at, [*"ABCDEFGH"[: len(drawn)]])
    axes.set_xlabel("panel")
    axes.set_ylabel("R²")
    axes.set_ylim(0, 1)
    axes.set_xlim(-0.5, len(drawn) - 0.5)
    axes.legend(ncols=2, loc="upper center", columnspacing=1, handletextpad=0.4)
