"""A figure whose numbers are all missing is drawn, and nothing warns."""

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from figure_drawing import draw, figure_names, tables_of

MEASURED = ["float64", "float32"]
COORDINATES = {"x", "y", "frequency", "noise", "time", "phase", "step", "dose", "plane"}


def emptied(table):
    """A table whose measured numbers are all nan."""
    if not isinstance(table, pd.DataFrame):
        return table
    numbers = [name for name in table.select_dtypes(MEASURED) if name not in COORDINATES]
    return table.assign(**dict.fromkeys(numbers, np.nan))


# `fig1_walker` shows recorded poses, which always exist.
@pytest.mark.parametrize("name", sorted({*figure_names()} - {"fig1_walker"}))
def test_a_figure_of_no_values_is_drawn(name, tmp_path):
    tables = {key: emptied(table) for key, table in tables_of(name).items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure, _ = draw(name, tables)
        figure.savefig(tmp_path / "drawn.png", dpi=50)


@pytest.mark.parametrize(
    "name", ["fig_similarity", "fig_functional", "fig_strides", "fig_transitions"]
)
def test_a_panel_without_a_value_says_so(name):
    tables = {key: emptied(table) for key, table in tables_of(name).items()}
    said = [text.get_text().replace("\n", " ") for text in draw(name, tables)[0].findobj(Text)]
    assert any(text.startswith(("no value", "no clone has a value")) for text in said)
