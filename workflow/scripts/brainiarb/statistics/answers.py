"""Answers: the verdicts of a table of claims as lines for the screen and as Markdown.

`python -m brainiarb.statistics.answers claims.csv` prints the lines. This module reads tables
without pandas, because the workflow prints them in a process whose environment may have none.
"""

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

Rows = Sequence[Mapping[str, str]]
"""Rows of a table of claims, as texts."""
POWER = "power_"
"""How the columns with the power of a design begin."""
ENOUGH = 0.8
"""Power from which a design is said to detect an effect."""
TITLES = {
    "claims.csv": "The claims of the study",
    "offline_claims.csv": "The claims about methods of offline learning",
}
"""What the screen calls the claims of each table."""


def read_deciding(path: str) -> list[dict[str, str]]:
    """Return the rows of a table of claims that decide a claim, in the order of the table."""
    with open(path, encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["decides"] == "True"]


def screen(rows: Rows, title: str) -> list[str]:
    """Return the title and a line for each part of a claim and level; nothing without rows."""
    if not rows:
        return []
    cells = [
        (
            f"  {row['id']}{'*' * _is_exploratory(row)}",
            f"{row['level']} %",
            row["verdict"],
            row["measure"],
            f"{estimate(row)}{sample(row)}",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    first = f"{title}, with intervals of {float(rows[0]['confidence']):.0%}:"
    footnote = ["  * exploratory: no claim of the study"] * any(map(_is_exploratory, rows))
    return [first, *lines, *footnote]


def summary(rows: Rows) -> list[str]:
    """Return a Markdown table with a row per claim and a column per level that decides."""
    levels = sorted({int(row["level"]) for row in rows})
    lines = [
        f"| claim | {' | '.join(f'{level} % noise' for level in levels)} |",
        f"|---{'|---' * len(levels)}|",
    ]
    for name, of_claim in _by(rows, "id"):
        by_level = {int(level): _cell(parts) for level, parts in _by(_sorted(of_claim), "level")}
        mark = " (exploratory)" * _is_exploratory(of_claim[0])
        cells = " | ".join(by_level.get(level, "not asked") for level in levels)
        lines.append(f"| **{name}**{mark} {of_claim[0]['claim']} | {cells} |")
    return lines


def details(rows: Rows) -> list[str]:
    """Return a Markdown section for each claim: published, asked, found, and what decides."""
    lines = []
    for name, of_claim in _by(rows, "id"):
        first = of_claim[0]
        lines += [
            f"### {name}",
            "",
            f"*The study says (section {first['section']}):* {first['claim']}",
            "",
            f"*Published:* {first['published']}",
            "",
            f"*Hypothesis:* {first['hypothesis']} The figure is `{first['figure']}`.",
            "",
            "| level | measure, comparison | published procedure | estimate | n | control | "
            "verdict | reason |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for row in of_claim:
            control = (
                f"`{row['control']}`: {number(row['control_value'])}" if row["control"] else ""
            )
            cells = [
                f"{row['level']} %",
                f"`{row['measure']}`, {row['comparison']}",
                number(row["published_procedure"]) if row["published_procedure"] else "none",
                estimate(row),
                sample(row).removeprefix("; "),
                control,
                row["answer"],
                row["reason"],
            ]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return lines[:-1]


def replication(rows: Rows) -> list[str]:
    """Return a Markdown table of what was published, is reproduced and is corrected."""
    lines = [
        "| claim | level | published | reproduced | its procedure says | corrected | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if not _is_exploratory(row):
            cells = [
                row["id"],
                f"{row['level']} %",
                number(row["published_value"]),
                reproduced(row) or "none",
                row["procedure_says"] or "nothing",
                f"`{row['measure']}`, {row['comparison']}: {estimate(row)}{sample(row)}",
                f"**{row['verdict']}**",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def powers(rows: Rows) -> list[str]:
    """Return a Markdown table of the power of each design, for each part of a claim and level."""
    designs = [name for name in rows[0] if name.startswith(POWER)]
    titles = [name.removeprefix(POWER) for name in designs]
    lines = [
        f"| claim | measure | level | {' | '.join(titles)} |",
        f"|---|---|---|{'---|' * len(designs)}",
    ]
    lines += [
        f"| {row['id']} | `{row['measure']}` | {row['level']} % | "
        f"{' | '.join(_share(row[name]) for name in designs)} |"
        for row in rows
    ]
    counts = [
        f"The design `{title}` detects the smallest effect with a power of {ENOUGH:.0%} in "
        f"{sum(float(row[name] or 0) >= ENOUGH for row in rows)} of {len(rows)} questions."
        for name, title in zip(designs, titles, strict=True)
    ]
    return [" ".join(counts), "", *lines]


def _by(rows: Iterable[Mapping[str, str]], key: str) -> list[tuple[str, list[Mapping[str, str]]]]:
    return [(name, [*group]) for name, group in groupby(rows, key=lambda row: row[key])]


def _sorted(rows: Rows) -> list[Mapping[str, str]]:
    return sorted(rows, key=lambda row: int(row["level"]))


def _is_exploratory(row: Mapping[str, str]) -> bool:
    return row["exploratory"] == "True"


def _cell(parts: Rows) -> str:
    estimates = " and ".join(estimate(row) + sample(row) for row in parts)
    return f"**{parts[0]['verdict']}**: {estimates}" if estimates else parts[0]["verdict"]


def estimate(row: Mapping[str, str]) -> str:
    """Return an estimate with its interval, or nothing if there is none."""
    if not row["estimate"]:
        return "no value"
    interval = f" [{number(row['low'])}, {number(row['high'])}]" if row["low"] else ""
    return f"{number(row['estimate'])}{interval}"


def sample(row: Mapping[str, str]) -> str:
    """Return n of an estimate with a semicolon before it, or nothing if there is no value."""
    experts, clones = int(row["n_experts"]), int(row["n_clones"])
    if not experts:
        return ""
    return f"; {experts} expert{'s' * (experts > 1)}, {clones} clone{'s' * (clones > 1)}"


def reproduced(row: Mapping[str, str]) -> str:
    """Return what the published procedure gives, with the range of single clones, or nothing."""
    if not row["published_procedure"]:
        return ""
    value, draws = number(row["published_procedure"]), int(row["procedure_draws"])
    if draws == 1:
        return f"{value} (1 clone)"
    ends = number(row["procedure_low"]), number(row["procedure_high"])
    return f"{value} ({ends[0]} to {ends[1]} in {draws} clones)"


def number(value: str) -> str:
    """Return a number of the table with three digits, or `none` for an empty cell."""
    return f"{float(value):.3g}" if value else "none"


def _share(value: str) -> str:
    return f"{float(value):.2f}" if value else "unknown"


if __name__ == "__main__":
    for path in sys.argv[1:]:
        lines = screen(read_deciding(path), TITLES[Path(path).name])
        if lines:
            print(*lines, f"  The table is {path}.", sep="\n")
