"""Rotations in the activity of expert and clones, beside the rotations in their observations."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    MUTED,
    PAGE_WIDTH,
    agent_colour,
    agent_name,
    head,
    letters,
)

TABLES = ["jpca", "jpca_trajectories"]
SETTINGS = ["figures.noisy_level"]

LAYERS = {"linear2": "linear 2", "observations": "observation"}
NULLS = {"phase_randomised": "-", "covariance_matched": ":"}
STEP = 0.18  # between layer and observation of one agent


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw the first jPCA planes of three agents, their R², and the R² of every clone by level."""
    fits = tables["jpca"][tables["jpca"]["plane"].fillna(1) == 1]
    tracks, levels = tables["jpca_trajectories"], [-1, 0, settings["noisy_level"]]
    figure = Figure(figsize=(PAGE_WIDTH, 3.7))
    grid = figure.add_gridspec(2, 5)
    names = letters()
    drawn = fits[fits["median"]]
    for row, (layer, name) in enumerate(LAYERS.items()):
        for column, level in enumerate(levels):
            axes = figure.add_subplot(grid[row, column])
            track = tracks[(tracks["layer"] == layer) & (tracks["level"] == level)]
            fit = drawn[(drawn["layer"] == layer) & (drawn["level"] == level)]
            trajectory(axes, track, fit, agent_colour(level))
            head(axes, next(names), agent_name(level) if row == 0 else "")
            if column == 0:
                axes.set_ylabel(name)
    compared = figure.add_subplot(grid[0, 3:])
    fitted = goodness(compared, drawn, levels)
    head(compared, next(names), "change that one rotation explains")
    gained = figure.add_subplot(grid[1, 3:])
    gains = by_level(gained, fits)
    head(gained, next(names), "more than in the observation")
    shown = tracks[tracks["level"].isin(levels)]
    numbers = {"trajectory": shown, "fit": fitted, "gain": gains}
    return figure, pd.concat(
        [table.assign(kind=kind) for kind, table in numbers.items()], ignore_index=True
    )


def trajectory(axes: Axes, track: pd.DataFrame, fit: pd.DataFrame, colour: str) -> None:
    """Draw some seconds in the plane, with the plane's frequency and share of the variance."""
    axes.set_xticks([])
    axes.set_yticks([])
    if track.empty or fit.empty:
        note = fit["note"].iloc[0].replace(" steady", "\nsteady") if len(fit) else "not recorded"
        axes.text(0.5, 0.5, note, ha="center", va="center", transform=axes.transAxes)
        return
    axes.plot(track["x"], track["y"], color=colour, linewidth=0.6)
    axes.plot(track["x"].iloc[:1], track["y"].iloc[:1], "o", color=colour, ms=3)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.08)
    plane = fit.iloc[0]
    axes.set_xlabel(f"{plane['frequency']:.1f} Hz, {100 * plane['plane_variance']:.0f} % var.")


def goodness(axes: Axes, drawn: pd.DataFrame, levels: list[int]) -> pd.DataFrame:
    """Draw the R² of the drawn agents' layer and observation beside the range of surrogates."""
    shown = drawn[drawn["level"].isin(levels) & drawn["layer"].isin(LAYERS)]
    for side, (layer, name) in zip((1, -1), LAYERS.items(), strict=True):
        rows = shown[shown["layer"] == layer].set_index("level").reindex(levels)
        at = np.arange(len(levels)) + side * STEP
        filled = agent_colour(-1) if layer == "linear2" else "white"
        axes.plot(at, rows["r2"], "o", ms=4, mfc=filled, mec=EXPERT, label=name)
        for shift, (null, style) in zip((-0.05, 0.05), NULLS.items(), strict=True):
            axes.vlines(
                at + shift, rows[f"{null}_low"], rows[f"{null}_high"], color=MUTED, linestyle=style,
                linewidth=2, label=null.replace("_", " ") if side == 1 else "",
            )  # fmt: skip
    axes.set_xticks(range(len(levels)), [agent_name(level) for level in levels])
    axes.set_ylabel("R²")
    axes.set_ylim(0, 1)
    axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.legend(ncols=2, loc="upper center", columnspacing=1, handletextpad=0.4)
    return shown


def by_level(axes: Axes, fits: pd.DataFrame) -> pd.DataFrame:
    """Draw by how much a rotation fits the layer of each agent better than its observation."""
    agent = ["expert", "level", "clone"]
    wide = fits.pivot(index=agent, columns="layer", values="r2").reindex(columns=list(LAYERS))
    gains = (wide["linear2"] - wide["observations"]).rename("gain").reset_index()
    clones = gains[gains["level"] >= 0]
    levels = sorted(clones["level"].unique())
    axes.axhline(0, color=MUTED, linewidth=0.6)
    for value in gains.loc[gains["level"] < 0, "gain"].dropna():
        axes.axhline(value, color=EXPERT, linestyle="--", linewidth=0.8, label="expert")
    at = [levels.index(level) for level in clones["level"]]
    axes.plot(at, clones["gain"], "o", ms=3, mfc=CLEAN, mec="white", mew=0.3, label="clone")
    axes.plot(
        range(len(levels)), clones.groupby("level")["gain"].median(), color=CLEAN, linewidth=0.9
    )
    axes.set_xticks(range(len(levels)), levels)
    axes.set_xlabel("noise in the demonstrations (%)")
    axes.set_ylabel("R², linear 2\nless observation")
    axes.legend(ncols=2, loc="best")
    return gains
