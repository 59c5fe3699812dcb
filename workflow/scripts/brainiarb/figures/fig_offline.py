"""Clones by every method of offline learning: return, similarity and gait, and what is of it."""

from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from brainiarb.figures.style import (
    EXPERT,
    MUTED,
    PAGE_WIDTH,
    head,
    legend,
    letters,
    say_no_value,
    series_colour,
)
from brainiarb.statistics.intervals import percent

TARGET = "offline_methods"
TABLES = ["offline_measures", "offline_effects"]
EVERY_EXPERT = ["offline_measures"]
SETTINGS = ["statistics.alpha"]

PANELS = {
    "return": "return (first 1,000 steps)",
    "cka_linear2_relu": "CKA with the expert\n(linear 2, common states)",
    "spectral_distance": "spectral distance\nfrom the expert",
}
NAMES = {"bc": "cloning", "iql": "IQL", "td3bc": "TD3+BC", "tuned": "online after cloning"}
MARKERS = "oDs^vP"
REFERENCES: dict[str, tuple[str, Literal["-", ":", "--"]]] = {
    "floor_": (MUTED, "-"),
    "peer_": (EXPERT, ":"),
    "": (EXPERT, "--"),
}
"""Colour and style of the lines of untrained networks, of other experts and of the experts."""
SPREAD = 0.6  # width over which the methods of a level stand, in steps between levels
LEAST = 3  # numbers that a drawn interval is from, at least

Looks = dict[str, tuple[float, str, str]]
"""How far beside its level a method stands, its colour and its mark."""


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw the clones of every method by level above, and below their differences from cloning.

    Above, each clone of each expert is a point, and a bar is the mean with its interval. Below, a
    bar is the mean difference from the clones of the same numbers by cloning.
    """
    measures, effects = tables["offline_measures"], tables["offline_effects"]
    measures = measures[
        measures["measure"].str.replace("^(floor|peer)_", "", regex=True).isin(PANELS)
    ]
    effects = effects[effects["measure"].isin(PANELS) & effects["kind"].isin(["value", "method"])]
    methods = [name for name in NAMES if (measures["method"] == name).any()]
    looks = {
        method: (SPREAD * ((place + 0.5) / len(methods) - 0.5), series_colour(place), mark)
        for place, (method, mark) in enumerate(zip(methods, MARKERS, strict=False))
    }
    levels = sorted(measures.loc[measures["level"] >= 0, "level"].unique())
    figure = Figure(figsize=(PAGE_WIDTH, 4.4))
    upper, lower = figure.subplots(2, len(PANELS), sharex=True)
    names = letters()
    for axes, (measure, label) in zip(upper, PANELS.items(), strict=True):
        _references(axes, measures, measure)
        clones = measures[(measures["measure"] == measure) & (measures["clone"] >= 0)]
        _points(axes, clones, looks, levels)
        _bars(axes, effects[effects["measure"] == measure], "value", looks, levels)
        axes.set(ylabel=label)
        if not clones["value"].notna().any():
            say_no_value(axes, clones["note"])
        head(axes, next(names))
    for axes, measure in zip(lower, PANELS, strict=True):
        axes.axhline(0, color=EXPERT, linewidth=0.6)
        compared = effects[(effects["measure"] == measure) & (effects["kind"] == "method")]
        _bars(axes, compared, "method", looks, levels)
        if compared.empty:
            say_no_value(axes, [])
        axes.set(xlabel="noise (%)", ylabel=f"difference from {NAMES['bc']}")
        axes.set_xticks(range(len(levels)), levels)
        axes.set_xlim(-0.5, len(levels) - 0.5)
        head(axes, next(names))
    confidence = f"mean, {percent(settings['alpha'])} interval"
    legend(figure, _handles(looks, measures, confidence), "upper")
    return figure, pd.concat([measures, effects], ignore_index=True)


def _references(axes: Axes, measures: pd.DataFrame, measure: str) -> None:
    """Draw a line for each untrained network, each other expert and each expert itself.

    The similarity of an expert to itself is no reference.
    """
    for prefix, (colour, style) in REFERENCES.items():
        of_prefix = measures[
            (measures["measure"] == f"{prefix}{measure}") & (measures["level"] < 0)
        ]
        if prefix or not measure.startswith("cka"):
            for value in of_prefix.drop_duplicates(["expert", "clone"])["value"].dropna():
                axes.axhline(value, color=colour, linestyle=style, linewidth=0.6, zorder=0)


def _points(axes: Axes, clones: pd.DataFrame, looks: Looks, levels: list[int]) -> None:
    """Draw each clone as a point at its level."""
    for method, (aside, colour, mark) in looks.items():
        rows = clones[clones["method"] == method]
        places = [levels.index(level) + aside - 0.05 for level in rows["level"]]
        axes.plot(
            places, rows["value"], mark, ms=2.4, mfc=colour, mec="none", alpha=0.5,
        )  # fmt: skip


def _bars(axes: Axes, effects: pd.DataFrame, kind: str, looks: Looks, levels: list[int]) -> None:
    """Draw the mean of each method at each level with its interval."""
    for method, (aside, colour, mark) in looks.items():
        rows = effects[(effects["method"] == method) & (effects["kind"] == kind)]
        for row in rows.itertuples():
            place = levels.index(row.level) + aside + 0.05
            numbers = row.n_experts if row.n_experts > 1 else row.n_clones
            if numbers >= LEAST:
                axes.plot([place] * 2, [row.low, row.high], color=colour, linewidth=1.2)
            axes.plot(place, row.estimate, mark, ms=4, color=colour, mec="white", mew=0.4)


def _handles(looks: Looks, measures: pd.DataFrame, confidence: str) -> list[Line2D]:
    """Return the entries of the legend."""
    entries = [
        Line2D([], [], color=colour, marker=mark, ms=4, label=f"{NAMES[method]}: {confidence}")
        for method, (_, colour, mark) in looks.items()
    ]
    of_lines = {"floor_": "untrained network", "peer_": "other expert", "": "expert"}
    prefixes = set(measures["measure"].str.extract("^(floor_|peer_)", expand=False).fillna(""))
    for prefix, (colour, style) in REFERENCES.items():
        if prefix in prefixes:
            line = Line2D([], [], color=colour, linestyle=style, linewidth=0.8)
            line.set_label(of_lines[prefix])
            entries.append(line)
    return entries
