"""How all figures look: journal widths, legible type, colours that everybody can tell apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

COLUMN_WIDTH, PAGE_WIDTH = 3.5, 7.2  # inches, of one and of two columns of a journal

# Of Okabe and Ito's palette, told apart with any colour vision and in grey.
EXPERT, CLEAN, NOISY = "#000000", "#0072B2", "#D55E00"
MUTED = "#999999"
LEGS = (CLEAN, NOISY, "#009E73", "#CC79A7")  # in the order of the body's feet
HEAT = "cividis"

LAYER_NAMES = {
    "linear1": "linear 1",
    "linear2": "linear 2",
    "mean_linear": "mean",
    "log_std_linear": "log s.d.",
}

JOURNAL: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "figure.titlesize": 8.5,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "svg.hashsalt": "brainiarb",
}


@contextmanager
def journal() -> Iterator[None]:
    """Draw in the project's style."""
    with matplotlib.rc_context(JOURNAL):
        yield


def save(figure: Figure, path: Path, dpi: int) -> None:
    """Write a figure as PNG or PDF, by the suffix, without the date: the same bytes each time."""
    unwanted = {"CreationDate": None} if path.suffix == ".pdf" else {"Software": None}
    figure.savefig(path, dpi=dpi, metadata=unwanted)


def two_rows(figure: Figure) -> tuple[SubFigure, SubFigure]:
    """Return an upper and a lower half, each with a title and a colour bar of its own."""
    grid = figure.add_gridspec(2, 1)
    return figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])


def head(axes: Axes, letter: str, title: str = "") -> None:
    """Write a panel's letter, bold, and its title above its upper left corner."""
    axes.set_title(rf"$\mathbf{{{letter}}}$  {title}", loc="left")


def agent_colour(level: int) -> str:
    """Return the colour of the expert (level -1), of the clean clone or of the noisy one."""
    return {-1: EXPERT, 0: CLEAN}.get(level, NOISY)


def agent_name(level: int) -> str:
    """Return what the expert (level -1) or the clone of a level is called."""
    if level < 0:
        return "expert"
    return "clone, clean" if level == 0 else f"clone, {level} % noise"
