"""Learning curves: the evaluations of an expert during its training."""

import csv
import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from brainiarb.bounded import read_text
from brainiarb.errors import Refused, one_line
from brainiarb.files import refusing_damage

MEASURED = ("step", "update", "return_mean", "return_sd", "length_mean", "wall_time_s")
"""The columns that a curve must have: environment steps, updates, mean and standard deviation of
the return and mean length (steps) of the evaluation's episodes, and time since the start (s)."""
LARGEST = 1e15
"""No number of a curve is as large."""


def read_curve(path: str | Path | None) -> pd.DataFrame:
    """Read the curve that lies beside an archive.

    Returns an empty curve if `path` is None or, with a warning, if the file is a table of other
    columns. Raises Refused if it is damaged: no text in UTF-8, rows of several lengths, a last row
    that is cut, or numbers that no training has.
    """
    empty = pd.DataFrame(columns=list(MEASURED), dtype=float)
    if path is None:
        return empty
    with refusing_damage(path, "CSV file", "mend it, or move it away"):
        text = read_text(path)
        if not text.strip():
            raise Refused("it is empty")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        if len(set(header)) < len(header) or any(len(row) != len(header) for row in rows):
            raise Refused("its rows or the names of its columns do not fit each other")
        if not set(MEASURED) <= set(header):
            lacking = ", ".join(sorted(set(MEASURED) - set(header)))
            said = one_line(f"{path} is not a learning curve (it lacks {lacking}) and is not used")
            logging.warning(said)
            return empty
        if not text.endswith("\n"):
            raise Refused("it ends within a row")
        curve = pd.read_csv(io.StringIO(text))
        _check_numbers(curve)
    return curve


def _check_numbers(curve: pd.DataFrame) -> None:
    """Refuse a curve whose numbers no training has."""
    if curve.empty:
        raise Refused("it has no row")
    values = curve[[*MEASURED, *({"resumed"} & set(curve))]]
    if any(kind.kind not in "iuf" for kind in values.dtypes):
        raise Refused("it holds texts where numbers are expected")
    if not (np.abs(values.to_numpy(float)) < LARGEST).all():
        raise Refused("it holds a number that is missing or infinite")
    if not (values.drop(columns="return_mean") >= 0).all(axis=None):
        raise Refused("it holds a negative number of steps, of seconds or of a deviation")
    if not (values["step"].diff()[1:] > 0).all():
        raise Refused("its steps do not rise")


def named_curve(curve: pd.DataFrame, expert: str, record: Mapping[str, Any]) -> pd.DataFrame:
    """Return a curve with the columns `expert`, `algorithm` and `selected`.

    `record` is the provenance of the expert. `selected` marks the step whose weights the archive
    holds. `resumed` counts how often the training had been killed before an evaluation.
    """
    names = {"expert": expert, "algorithm": record.get("algorithm", "unknown")}
    measured = curve[list(MEASURED)].assign(
        resumed=curve.get("resumed", 0), selected=curve["step"] == record.get("selected_step")
    )
    for place, (column, value) in enumerate(names.items()):
        measured.insert(place, column, value)
    return measured
