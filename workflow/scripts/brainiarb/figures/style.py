"""The look of all figures: journal widths, legible type, colours that everybody can tell apart."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, product
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

PAGE_WIDTH = 7.2
"""Inches: the width of two columns of a journal."""
ENTRY = 5.0
"""Width of the mark of an entry in a legend with the space around it, in sizes of its type."""
REASON_WIDTH = 28
"""Letters in a line of a panel that says why it has no value."""
HINTED = 1.1
"""How much wider than its outlines a text is at most, because pixels round its letters."""

# These colours are from the palette of Okabe and Ito. People with any colour vision can tell them
# apart, also in grey.
EXPERT, CLEAN, NOISY = "#000000", "#0072B2", "#D55E00"
MUTED = "#999999"
SERIES = (CLEAN, NOISY, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours of things that have no order, such as the feet of a body; see `series_colour`."""
HEAT = "cividis"

HEAD_NAMES = {"mean_linear": "mean", "log_std_linear": "log s.d."}
"""The names of the layers that say how a network acts."""

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


def layer_names(layers: Iterable[str]) -> dict[str, str]:
    """Return the names of the recorded layers that are among some, hidden layers first.

    Examples
    --------
    >>> layer_names(["mean_linear", "linear2_relu", "linear2", "linear1"])
    {'linear1': 'linear 1', 'linear2': 'linear 2', 'mean_linear': 'mean'}
    """
    given = set(layers)
    hidden = sorted(
        int(match[1]) for layer in given if (match := re.fullmatch(r"linear(\d+)", layer))
    )
    heads = {layer: name for layer, name in HEAD_NAMES.items() if layer in given}
    return {f"linear{number}": f"linear {number}" for number in hidden} | heads


@contextmanager
def journal() -> Iterator[None]:
    """Draw in the style of the project."""
    import matplotlib

    with matplotlib.rc_context(JOURNAL):
        yield


def save(figure: "Figure", path: Path, dpi: int) -> None:
    """Write a figure as PNG or PDF, by the suffix of `path`.

    The file holds no date, so that the same figure gives the same bytes each time.
    """
    unwanted = {"CreationDate": None} if path.suffix == ".pdf" else {"Software": None}
    figure.savefig(path, dpi=dpi, metadata=unwanted)


def two_rows(figure: "Figure") -> "tuple[SubFigure, SubFigure]":
    """Return an upper and a lower half; each half can have a title and a legend of its own."""
    grid = figure.add_gridspec(2, 1)
    return figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])


def rows_of(panels: int, columns: int) -> int:
    """Return how many rows of `columns` hold the panels."""
    return -(-panels // columns)


def panel_grid(figure: "Figure | SubFigure", panels: int, columns: int) -> "list[Axes]":
    """Return the axes of panels that fill rows of `columns` and share the x axis.

    The places that are left in the last row stay empty. A panel above an empty place has the labels
    of the x axis that the place would have.
    """
    grid = figure.subplots(rows_of(panels, columns), columns, sharex=True, squeeze=False).flat
    for axes in grid[panels:]:
        axes.set_axis_off()
    for axes in grid[max(panels - columns, 0) : panels]:
        axes.tick_params(labelbottom=True)
    return list(grid[:panels])


def legend(
    part: "Figure | SubFigure", handles: "Sequence[Artist]", where: Literal["upper", "lower"]
) -> None:
    """Write the legend of a figure, or of a part of it, above or below its panels.

    The entries stand in as few rows as the width of the page allows.
    """
    from matplotlib.textpath import TextPath

    size = JOURNAL["legend.fontsize"]
    labels = [str(handle.get_label()) for handle in handles]
    widths = [TextPath((0, 0), label, size=size).get_extents().width for label in labels]
    for columns in range(len(handles), 0, -1):
        # Entries fill one column after the other, and the widest label sets the width of a column.
        widest = [column.max() for column in np.array_split(widths, columns)]
        if HINTED * sum(widest) + ENTRY * size * columns <= 72 * PAGE_WIDTH:
            break
    part.legend(
        handles=list(handles),
        loc="outside upper center" if where == "upper" else "outside lower center",
        ncols=columns,
    )


def letters() -> Iterator[str]:
    """Yield the letters of panels without an end: A to Z, then AA to AZ, BA and so on."""
    for length in count(1):
        yield from map("".join, product(ascii_uppercase, repeat=length))


def head(axes: "Axes", letter: str, title: str = "") -> None:
    """Write the bold letter of a panel and its title above the upper left corner."""
    axes.set_title(rf"$\mathbf{{{letter}}}$  {title}", loc="left")


def slanted_names(axes: "Axes", names: Sequence[str]) -> None:
    """Name the places 0, 1, 2, ... of the x axis, in slanted type."""
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")


def say_no_value(axes: "Axes", notes: Iterable[str], said: str = "no value") -> None:
    """Write in the middle of a panel that it has no value, and the first reason that is given."""
    words = [said, *textwrap.wrap(next(filter(None, notes), ""), REASON_WIDTH)]
    axes.text(
        0.5, 0.5, "\n".join(words), ha="center", va="center", fontsize=6,
        transform=axes.transAxes,
    )  # fmt: skip


def say_how_many_known(
    axes: "Axes", place: float, values: np.ndarray, va: Literal["bottom", "top"] = "bottom"
) -> None:
    """Write at a place of the x axis how many of its values are known, if some are missing.

    The numbers stand above the panel, or below its upper edge with va="top".
    """
    known = int(np.isfinite(values).sum())
    if known < len(values):
        axes.text(
            place, 1.0, f"{known}/{len(values)}", ha="center", va=va, fontsize=5.5,
            color=NOISY, transform=axes.get_xaxis_transform(),
        )  # fmt: skip


def series_colour(number: int) -> str:
    """Return the colour of a thing by its number from 0; after the last colour they repeat."""
    return SERIES[number % len(SERIES)]


def agent_colour(level: int) -> str:
    """Return the colour of the expert (level -1), of clones without noise or of noisy clones."""
    return {-1: EXPERT, 0: CLEAN}.get(level, NOISY)


def agent_name(level: int) -> str:
    """Return the name of the expert (level -1) or of a clone by its noise level."""
    if level < 0:
        return "expert"
    return "clone, clean" if level == 0 else f"clone, {level} % noise"
