"""The claims of the study: estimates in units of their smallest effects, and verdicts."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from brainiarb.figures.style import CLEAN, EXPERT, MUTED, NOISY, PAGE_WIDTH, legend
from brainiarb.statistics.ledger import CLAIMED, HIGHEST, LOWEST

TABLES = ["claims"]

LOOKS = {
    "supported": (CLEAN, "o"),
    "contradicted": (NOISY, "s"),
    "not resolved": (EXPERT, "d"),
    "not testable": (MUTED, "x"),
}
"""Colour and mark of each verdict."""
SHADE = "#E3EDF4"


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Draw a row per part of a claim and level that decides it: estimate, interval and verdict."""
    rows = tables["claims"]
    rows = rows[rows["decides"]].reset_index(drop=True)
    figure = Figure(figsize=(PAGE_WIDTH, 0.9 + 0.17 * len(rows)))
    axes = figure.subplots()
    for place, row in rows.iterrows():
        start, end = CLAIMED[row["claimed"]]
        axes.barh(place, end - start, left=start, height=0.9, color=SHADE, linewidth=0, zorder=0)
        colour, mark = LOOKS[row["answer"]]
        ends = np.clip([row["effect_low"], row["effect_high"]], LOWEST, HIGHEST)
        axes.plot(ends, [place, place], color=colour, linewidth=1.1)
        if np.isnan(row["effect"]):
            mark = "x"
        elif row["effect"] < LOWEST:
            mark = "<"
        elif row["effect"] > HIGHEST:
            mark = ">"
        at = np.nan_to_num(np.clip(row["effect"], LOWEST, HIGHEST))
        axes.plot(at, place, mark, color=colour, ms=4, mec=colour, clip_on=False, zorder=3)
    for value in (0, 1):
        axes.axvline(value, color="black", linestyle=":" if value else "-", linewidth=0.6)
    axes.set(xlim=(LOWEST, HIGHEST), ylim=(len(rows) - 0.4, -0.6))
    axes.set_xlabel("estimate in units of the smallest effect: 0 is no effect, 1 the smallest")
    axes.set_yticks(range(len(rows)), [_name(row) for _, row in rows.iterrows()])
    answers = axes.secondary_yaxis("right")
    answers.set_yticks(range(len(rows)), [_answer(row) for _, row in rows.iterrows()])
    for side in (axes, answers):
        side.tick_params(axis="y", length=0)
    verdicts = [_entry(verdict, *look) for verdict, look in LOOKS.items()]
    legend(figure, [*verdicts, Patch(color=SHADE, label="what the claim expects")], "upper")
    return figure, rows


def _entry(verdict: str, colour: str, mark: str) -> Line2D:
    return Line2D([], [], color=colour, marker=mark, ms=4, linewidth=1.1, label=verdict)


def _name(row: pd.Series) -> str:
    return f"{row['id']}{'*' * row['exploratory']}  {row['measure']}  {row['level']} %"


def _answer(row: pd.Series) -> str:
    if not row["n_experts"]:
        return f"{row['answer']}, no value"
    ends = f" [{row['low']:.3g}, {row['high']:.3g}]" if np.isfinite(row["low"]) else ""
    return (
        f"{row['answer']}, {row['estimate']:.3g}{ends}, n = {row['n_experts']}, {row['n_clones']}"
    )
