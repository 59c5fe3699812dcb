"""A panel of several figures: one number of every network that was shown the same states."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from brainiarb.figures.style import (
    CLEAN,
    EXPERT,
    MUTED,
    SERIES,
    layer_names,
    say_how_many_known,
    say_no_value,
)

OBSERVATIONS = "observations"
KINDS = {
    "expert": (EXPERT, "D", "expert"),
    "clone": (CLEAN, "o", "clone"),
    "untrained": (MUTED, "^", "untrained network"),
    "other": (SERIES[2], "s", "other expert"),
}
"""Colour, marker and name of each kind of network, in the order of the panels."""
SPREAD = 0.4
"""Width over which the networks of one place stand, in steps between places."""


def kind_of(network: str) -> str:
    """Return the kind of a network by its name in a table; `other` for a name of another expert."""
    return network if network in KINDS else "other"


def analysed(table: pd.DataFrame) -> str:
    """Return the name of the layer that was analysed, or of each where networks differ in depth."""
    return " or ".join(layer_names(table["layer"]).values())


def legend_handles(observed: bool) -> list[Artist]:
    """Return the entries of a legend for the panels of `by_network`."""
    marks: list[Artist] = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", ms=3.5, label=label)
        for colour, marker, label in KINDS.values()
    ]
    marks.append(Line2D([], [], color=CLEAN, linewidth=0.9, label="median of the clones"))
    if observed:
        look: dict[str, Any] = {"color": EXPERT, "linestyle": ":", "linewidth": 0.8}
        marks.append(Line2D([], [], label="observation", **look))
    return marks


def by_network(axes: Axes, table: pd.DataFrame, column: str) -> None:
    """Draw a column for each network: the expert, clones by level, untrained and other experts.

    `table` has the columns network, level, clone and note. A line joins the medians of the clones,
    and a dotted line is the value of the observations, if they have a row. Above networks of which
    some have no value stands how many have one. Where there is no value at all, the panel says so,
    with the reason in the column note.
    """
    networks = table[table["network"] != OBSERVATIONS]
    kinds = networks["network"].map(kind_of)
    levels = sorted(int(level) for level in networks["level"].unique() if level >= 0)
    ends = {"expert": -1, "untrained": len(levels), "other": len(levels) + 1}
    for kind, (colour, marker, _) in KINDS.items():
        rows = networks[kinds == kind]
        places = [levels.index(v) if kind == "clone" else ends[kind] for v in rows["level"]]
        for place in sorted(set(places)):
            values = rows[column][[p == place for p in places]].to_numpy(float)
            side = SPREAD * ((np.arange(len(values)) + 0.5) / len(values) - 0.5)
            axes.plot(
                place + side, values, marker, ms=3, mfc=colour, mec="white", mew=0.3,
                linestyle="none", label=kind,
            )  # fmt: skip
            if networks[column].notna().any():
                say_how_many_known(axes, place, values, va="top")
    medians = networks[kinds == "clone"].groupby("level")[column].median().reindex(levels)
    axes.plot(range(len(levels)), medians, color=CLEAN, linewidth=0.9)
    for value in table.loc[table["network"] == OBSERVATIONS, column].dropna():
        axes.axhline(value, color=EXPERT, linestyle=":", linewidth=0.8)
    for edge in (-0.5, len(levels) - 0.5):
        axes.axvline(edge, color=MUTED, linewidth=0.4)
    names = ["exp.", *map(str, levels), "untr.", "others"]
    axes.set_xticks(range(-1, len(levels) + 2), names, fontsize=5.5)
    axes.set_xlim(-1.5, len(levels) + 1.5)
    axes.set_xlabel("noise in the demonstrations (%)")
    if networks[column].isna().all():
        say_no_value(axes, networks["note"])
