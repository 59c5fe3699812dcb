"""Learning curves: the evaluations of an expert during its training."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

MEASURED = ("step", "update", "return_mean", "return_sd", "length_mean", "wall_time_s")
"""The columns that a curve must have: environment steps, updates, mean and standard deviation of
the return and mean length (steps) of the evaluation's episodes, and time since the start (s)."""


def read_curve(path: str | Path | None) -> pd.DataFrame:
    """Read the curve that lies beside an archive.

    Returns an empty curve if `path` is None or, with a warning, if the file holds another table.
    """
    empty = pd.DataFrame(columns=list(MEASURED), dtype=float)
    if path is None:
        return empty
    try:
        curve = pd.read_csv(path)
    except ValueError as error:
        logging.warning("%s is not a learning curve (%s) and is not used", path, error)
        return empty
    if not set(MEASURED) <= set(curve):
        lacking = ", ".join(sorted(set(MEASURED) - set(curve)))
        logging.warning("%s is not a learning curve (it lacks %s) and is not used", path, lacking)
        return empty
    return curve


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
