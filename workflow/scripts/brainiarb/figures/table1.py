"""Table 1: the observations with their units."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from brainiarb.figures.style import PAGE_WIDTH

TABLES = ["observations"]
ARCHIVES = True

COLUMNS = {"number": "#", "description": "Observation", "quantity": "Measurement", "unit": "Unit"}
STARTS = (0.0, 0.1, 0.62, 0.84)  # of the columns, as shares of the width
ROW_HEIGHT = 0.17  # inches


def draw(tables: dict[str, pd.DataFrame], settings: dict[str, Any]) -> tuple[Figure, pd.DataFrame]:
    """Typeset the table, with rules above it, below it and under its head."""
    table = tables["observations"]
    first, last = table["index"].astype(str), (table["index"] + table["count"] - 1).astype(str)
    table = table.assign(number=first.where(first == last, first + "\N{EN DASH}" + last))
    table = table[list(COLUMNS)]
    lines = len(table) + 1
    figure = Figure(figsize=(PAGE_WIDTH * 0.75, ROW_HEIGHT * (lines + 1.5)))
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(lines + 0.4, -0.4))
    axes.set_axis_off()
    rows = [tuple(COLUMNS.values()), *table.itertuples(index=False, name=None)]
    for number, row in enumerate(rows):
        for start, value in zip(STARTS, row, strict=True):
            weight = "bold" if number == 0 else "normal"
            axes.text(start, number + 0.5, str(value), va="center", fontweight=weight)
    for y, width in ((0, 1.0), (1, 0.5), (lines, 1.0)):
        axes.axhline(y, color="black", linewidth=width)
    return figure, table
