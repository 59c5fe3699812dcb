"""Figures drawn from nothing but what their modules declare, and what can be read on them."""

from functools import cache
from importlib import import_module
from pathlib import Path

import pandas as pd
from matplotlib.legend import Legend
from matplotlib.text import Text

from brainiarb import figures
from brainiarb.figures.inputs import of_expert
from brainiarb.figures.style import journal
from figure_tables import BUILDERS, EXPERT

SETTINGS = {
    "noisy_level": 40, "study_level": 80, "lowest": 0.3, "highest": 20.0, "meaning": "executed",
    "alpha": 0.05,
}  # fmt: skip


def module(figure):
    """The module of a figure."""
    return import_module(f"brainiarb.figures.{figure}")


@cache
def figure_names():
    """The names of all modules that declare a figure."""
    (folder,) = map(Path, figures.__path__)
    names = sorted(path.stem for path in folder.glob("[!_]*.py"))
    return [name for name in names if hasattr(module(name), "TABLES")]


def default_figures(*tables):
    """The figures of the target `all`; with `tables`, those that declare one of these."""
    names = [name for name in figure_names() if getattr(module(name), "TARGET", "all") == "all"]
    return [name for name in names if not tables or {*tables} & {*module(name).TABLES}]


def draw(figure, tables=None, expert=EXPERT, **settings):
    """Draw a figure of an expert from its declared tables and settings, as the workflow does.

    `tables` replace those of `tables_of`.
    """
    drawn = module(figure)
    every = getattr(drawn, "EVERY_EXPERT", ())
    given = tables_of(figure) | (tables or {})
    assert given.keys() == {*drawn.TABLES, *getattr(drawn, "FILES", ())}
    given = {
        name: of_expert(table, expert)
        if isinstance(table, pd.DataFrame) and name not in every
        else table
        for name, table in given.items()
    }
    declared = [key.rpartition(".")[2] for key in getattr(drawn, "SETTINGS", ())]
    chosen = {name: (SETTINGS | settings)[name] for name in declared}
    with journal():
        return drawn.draw(given, {"expert": expert, **chosen})


def words(figure):
    """All texts on a figure."""
    return [text.get_text() for text in figure.findobj(Text)]


def labels(figure):
    """All labels in the legends of a figure and of its parts."""
    return {text.get_text() for legend in figure.findobj(Legend) for text in legend.get_texts()}


def points(axes, marker="o"):
    """The lines of axes that are drawn as points."""
    return [line for line in axes.lines if line.get_marker() == marker and len(line.get_xdata())]


def bars(axes):
    """The [low, high] of the upright lines of axes."""
    ends = [(*line.get_xdata(), *line.get_ydata()) for line in axes.lines]
    return [[end[2], end[3]] for end in ends if len(end) == 4 and end[0] == end[1]]


def assert_legends_fit(figure):
    """Assert that every legend lies on the page."""
    with journal():
        figure.draw_without_rendering()
    for legend in figure.findobj(Legend):
        box = legend.get_window_extent()
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, legend.get_texts()


@cache
def tables_of(figure):
    """The tables and arrays of a figure, by the names that its module declares."""
    return BUILDERS[figure]()


@cache
def drawn(figure):
    """A figure as `draw` draws it, with its numbers; it is drawn once for all tests."""
    return draw(figure)
