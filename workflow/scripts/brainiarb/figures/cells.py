"""A table of numbers from 0 to 1 as coloured cells that carry their digits."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from brainiarb.figures.style import HEAT, slanted_names

SCALE = Normalize(0, 1)
DARK = 0.55
"""Cells below this value carry white digits."""


def cell_colours() -> ScalarMappable:
    """Return what a colour bar beside cells shows."""
    return ScalarMappable(SCALE, HEAT)


def draw_cells(
    axes: Axes,
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    aspect: Literal["equal", "auto"] = "equal",
) -> None:
    """Draw a cell for each of the values (r, c) with its digits; where one is nan, it is blank."""
    axes.imshow(values, norm=SCALE, cmap=HEAT, aspect=aspect)
    for row, column in zip(*np.nonzero(np.isfinite(values)), strict=True):
        value = values[row, column]
        colour = "white" if value < DARK else "black"
        # A large value, such as an R² far below 0, has fewer digits, so that it stays in its cell.
        digits = 2 if abs(value) <= 1 else 1 if abs(value) < 10 else 0
        text = f"{value:.{digits}f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    slanted_names(axes, columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
