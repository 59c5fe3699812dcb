"""Rows of tables as texts, each with its line in the file, so that a page can point to it."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from brainiarb.files import reading

Row = Mapping[str, str]
LINE = "line"
"""The name under which a row has its line in the file."""


def read_rows(path: str | Path) -> list[dict[str, str]]:
    """Return the rows of a table as texts by the names of columns, and each row's `LINE`.

    Raises Refused if the file ends within a row.
    """
    with reading(path, "CSV", foreign=True), open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = []
        for row in reader:
            if None in row.values():
                raise ValueError("it ends within a row")
            rows.append({**row, LINE: str(reader.line_num)})
    return rows


def lines_of(rows: Iterable[Row]) -> str:
    """Return where rows stand in their file, with a dash for neighbours: `4 to 7, 12`."""
    spans: list[list[int]] = []
    for line in sorted(int(row[LINE]) for row in rows):
        if spans and line == spans[-1][1] + 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in spans)
