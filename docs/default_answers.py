"""The answers of the default study in README.md and docs/answers.md, from its table of claims.

`make answers` copies the table of a finished study to docs/default_study and writes the answers
anew between the markers of both pages.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent / "workflow" / "scripts")]

from brainiarb.statistics.answers import Rows, details, powers, read_rows, summary  # noqa: E402

TABLE = DOCS / "default_study" / "claims.csv"
PAGES: dict[Path, dict[str, Callable[[Rows], list[str]]]] = {
    DOCS.parent / "README.md": {"answers": summary},
    DOCS / "answers.md": {"answers": details, "power": powers},
}
"""What is written on each page, by the name of its markers."""


def filled(text: str, parts: Mapping[str, Callable[[Rows], list[str]]], rows: Rows) -> str:
    """Return the text of a page with new lines between `<!-- name -->` and `<!-- /name -->`."""
    for name, written in parts.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        lines = "\n".join((start, "", *written(rows), "", end))
        before, found, rest = text.partition(start)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise SystemExit(f"expected {start} and then {end} on a page, found no such pair")
        text = f"{before}{lines}{after}"
    return text


if __name__ == "__main__":
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_bytes(Path(sys.argv[1]).read_bytes())
    for page, parts in PAGES.items():
        page.write_text(filled(page.read_text("utf-8"), parts, read_rows(str(TABLE))), "utf-8")
