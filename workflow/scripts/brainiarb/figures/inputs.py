"""The inputs of a figure: its files are read, and its tables reduced to the drawn expert."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from brainiarb.files import read_csv, read_npz

TEXTS = {"note", "method"}
"""Columns that are empty in some rows, or in all."""


def read_inputs(
    paths: Mapping[str, str], expert: str, every_expert: Collection[str]
) -> dict[str, Any]:
    """Read what a figure draws, by name: a CSV as a table, an NPZ as its arrays.

    Tables are reduced to the rows of `expert`, except those that `every_expert` names.
    """
    inputs: dict[str, Any] = {}
    for name, path in paths.items():
        if Path(path).suffix == ".npz":
            inputs[name] = read_npz(path)
        else:
            table = read_table(path)
            inputs[name] = table if name in every_expert else of_expert(table, expert)
    return inputs


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table; an empty note or method becomes an empty text and not a missing number."""
    table = read_csv(path, dtype=dict.fromkeys(TEXTS, "str"))
    return table.fillna(dict.fromkeys(TEXTS & {*table.columns}, ""))


def of_expert(table: pd.DataFrame, expert: str) -> pd.DataFrame:
    """Return the rows of one expert and its clones; a table without the column `expert` stays."""
    return table[table["expert"] == expert] if "expert" in table else table
