"""Measures: one number for each agent in one tidy form, whichever analysis it comes from."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

COLUMNS = ("expert", "level", "clone", "measure", "unit", "value", "note")


def measure_rows(
    expert: str,
    level: int,
    measure: str,
    unit: str,
    values: Mapping[int, float],
    notes: Mapping[int, str] | None = None,
) -> pd.DataFrame:
    """Tabulate one measure of the clones of a level: `values` by clone, -1 for who is no clone.

    An expert has level -1. `notes` say by clone why a value is nan.
    """
    notes = notes or {}
    rows = [
        (expert, level, clone, measure, unit, float(value), notes.get(clone, ""))
        for clone, value in values.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


class Measure(NamedTuple):
    """One number of an agent: nan where it does not exist, and then `note` says why."""

    unit: str
    value: float
    note: str = ""
