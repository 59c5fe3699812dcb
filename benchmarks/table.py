"""The table that every benchmark prints: figure, peer, ratio, bar, and whether the bar is met."""

from dataclasses import dataclass

HEAD = ("what", "figure", "against", "ratio", "bar", "")


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    figure: str
    against: str
    ratio: str
    bar: str
    met: bool | None
    """None if the figure has no bar and is only reported."""


def number_of(count: int, what: str) -> str:
    """Return a count with its noun: `1 job`, `2 jobs`."""
    return f"{count} {what}{'s' * (count != 1)}"


def show(rows: list[Row]) -> int:
    """Print the table and return the exit code: 1 if a bar is missed, else 0."""
    verdicts = {True: "met", False: "missed", None: "reported"}
    lines = [HEAD, *((r.what, r.figure, r.against, r.ratio, r.bar, verdicts[r.met]) for r in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())
    return int(any(row.met is False for row in rows))
