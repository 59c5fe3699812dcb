"""Learning curves: an expert's evaluations while it was trained."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

MEASURED = ("step", "update", "return_mean", "return_sd", "length_mean", "wall_time_s")
"""Environment steps, updates, return and length of the evaluation's episodes, seconds (s)."""


def read_curve(path: str | Path | None) -> pd.DataFrame:
    """Read the curve beside an archive; without one, or where it is another table, it is empty."""
    empty = pd.DataFrame(columns=list(MEASURED), dtype=float)
    if path is None:
        return empty
    try:
        curve = pd.read_csv(path)
    except ValueError as error:
        logging.warning("%s is no learning curve (%s) and is left aside", path, error)
        return empty
    if not set(MEASURED) <= set(curve):
        lacking = ", ".join(sorted(set(MEASURED) - set(curve)))
        logging.warning("%s is no learning curve (it lacks %s) and is left aside", path, lacking)
        return empty
    return curve


def named_curve(curve: pd.DataFrame, expert: str, record: Mapping[str, Any]) -> pd.DataFrame:
    """Return a curve with the columns that tell it from others: expert, algorithm, selected.

    `record` is the expert's provenance; `selected` marks the step whose weights the archive holds.
    `resumed` counts how often training had been killed before an evaluation.
    """
    names = {"expert": expert, "algorithm": record.get("algorithm", "unknown")}
    measured = curve[list(MEASURED)].assign(
        resumed=curve.get("resumed", 0), selected=curve["step"] == record.get("selected_step")
    )
    for place, (column, value) in enumerate(names.items()):
        measured.insert(place, column, value)
    return measured
