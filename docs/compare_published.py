"""Does a study agree with a published one? `make compare-published FOLDER=results/walker2d`.

Walking is chaotic: another processor rounds in another way, so its clones are others and its
numbers differ. A question agrees if its estimate lies in the published interval, or within
`TOLERANCE` of the published estimate, and has the published verdict. If only the verdict is another
one, and one of both is `not resolved` or `not testable`, the estimate lies near a border: the line
names it, and it is no failure. Everything else differs, and the exit code is 1.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from brainiarb.errors import Refused
from brainiarb.statistics.answers import estimate, sample

Row = Mapping[str, str]
Key = tuple[str, str, str]

TOLERANCE = 0.05
"""The share of a published estimate by which another may differ, whatever the interval is."""
OPEN = ("not resolved", "not testable")
AGREES, NAMED, DIFFERS = "agrees", "another verdict", "DIFFERS"


def questions(path: Path) -> dict[Key, Row]:
    """Return the rows of a table of claims, by claim, part and level."""
    if not path.exists():
        raise Refused(f"{path} is missing; run the study to its end, or name another folder")
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["id"], row["part"], row["level"]): row for row in csv.DictReader(file)}


def in_band(fresh: Row, published: Row) -> bool:
    """Return whether an estimate lies in the published interval or within the tolerance.

    Two estimates without a value are alike.
    """
    if not (fresh["estimate"] and published["estimate"]):
        return fresh["estimate"] == published["estimate"]
    value, center = float(fresh["estimate"]), float(published["estimate"])
    interval = published["low"] and float(published["low"]) <= value <= float(published["high"])
    return bool(interval) or abs(value - center) <= TOLERANCE * abs(center)


def outcome(fresh: Row | None, published: Row | None) -> str:
    """Return `AGREES`, `NAMED` or `DIFFERS` for one question; a missing row differs."""
    if fresh is None or published is None or not in_band(fresh, published):
        return DIFFERS
    if fresh["answer"] == published["answer"]:
        return AGREES
    return NAMED if {fresh["answer"], published["answer"]} & {*OPEN} else DIFFERS


def line(key: Key, fresh: Row | None, published: Row | None) -> str:
    """Return the line of one question."""
    name, part, level = key
    sides = " | ".join(f"{side}: {_told(row)}" for side, row in
                       (("here", fresh), ("published", published)))  # fmt: skip
    return f"{outcome(fresh, published):15}  {name:4} part {part}, {level:>3} %  {sides}"


def _told(row: Row | None) -> str:
    return f"{row['answer']} {estimate(row)}{sample(row)}" if row else "not asked"


def compare(fresh: Mapping[Key, Row], published: Mapping[Key, Row]) -> tuple[list[str], int]:
    """Return a line for each question that decides a claim, a line for all others, and the code.

    The others are estimates at levels without a verdict. They are counted and decide nothing.
    """
    keys = list(dict.fromkeys([*published, *fresh]))
    pairs = {key: (fresh.get(key), published.get(key)) for key in keys}
    deciding = {key: rows for key, rows in pairs.items() if _decides(rows)}
    lines = [line(key, *rows) for key, rows in deciding.items()]
    inside = [
        in_band(here, there)
        for key, (here, there) in pairs.items()
        if key not in deciding and here and there
    ]
    lines.append(f"{sum(inside)} of {len(inside)} estimates without a verdict agree")
    return lines, int(any(outcome(*rows) == DIFFERS for rows in deciding.values()))


def _decides(rows: Iterable[Row | None]) -> bool:
    return any(row is not None and row["decides"] == "True" for row in rows)


def main() -> int:
    """Print the lines and return the exit code."""
    parser = argparse.ArgumentParser(description="Does a study agree with a published one?")
    parser.add_argument("results", type=Path, help="of a finished study: results/walker2d")
    parser.add_argument("published", type=Path, help="docs/default_study or docs/reference_study")
    options = parser.parse_args()
    try:
        tables = options.results / "tables/claims.csv", options.published / "claims.csv"
        lines, code = compare(*map(questions, tables))
    except Refused as error:
        print(f"compare-published: {error}", file=sys.stderr)
        return 2
    print(*lines, sep="\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
