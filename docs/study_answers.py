"""What the pages say of finished studies, written from their tables.

`make answers` copies what is published of a finished study into its folder of docs and writes the
numbers anew between the markers of the pages. By default this is the default study, with STUDY it
is another one of `SOURCES`. The verdicts in README.md are those of the reference study, which
`make publish` has written into docs/reference_study.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent / "workflow" / "scripts")]

from brainiarb.statistics.answers import details, powers, read_deciding, summary  # noqa: E402

SOURCES = {
    "default_study": ("tables/claims.csv", "figures/fig_cka_controls.csv"),
    "offline_study": ("tables/offline_claims.csv", "figures/fig_offline.png"),
}
"""The files that are published of each study, by their places in a folder of results."""
TABLES = DOCS / "default_study"
CLAIMS, REFERENCE = TABLES / "claims.csv", DOCS / "reference_study" / "claims.csv"
OFFLINE = DOCS / "offline_study" / "offline_claims.csv"
LAYERS = {"linear1": "linear 1", "linear2": "linear 2", "mean_linear": "mean head"}


def controls() -> list[str]:
    """Return a Markdown table of the CKA of each layer with itself, a row for each comparison.

    A cell has the mean over pairs of networks and, if there are several, the range.
    """
    pairs = pd.read_csv(TABLES / "fig_cka_controls.csv").groupby(["row", "layer"])["cka"]
    cells = pairs.agg(["mean", "min", "max", "count"])
    lines = [f"| compared | pairs | {' | '.join(LAYERS.values())} |", "|---|---" + "|---" * 3 + "|"]
    for row in cells.xs("mean_linear", level="layer").sort_values("mean").index:
        of_row = cells.loc[row].reindex(LAYERS)
        values = " | ".join(_cell(*cell) for cell in of_row.itertuples(index=False))
        lines.append(f"| {row} | {of_row['count'].max():.0f} | {values} |")
    return lines


def _cell(mean: float, least: float, largest: float, count: float) -> str:
    several = f" ({least:.2f} to {largest:.2f})" if count > 1 else ""
    return f"{mean:.2f}{several}" if count > 0 else "none"


def _of_claims(written: Callable[..., list[str]], claims: Path) -> Callable[[], list[str]]:
    return lambda: written(read_deciding(str(claims)))


PAGES: dict[Path, dict[str, Callable[[], list[str]]]] = {
    DOCS.parent / "README.md": {"answers": _of_claims(summary, REFERENCE), "controls": controls},
    DOCS / "answers.md": {
        "answers": _of_claims(details, CLAIMS),
        "power": _of_claims(powers, CLAIMS),
    },
    DOCS / "offline.md": {"answers": _of_claims(summary, OFFLINE)},
}
"""What writes the lines of each page, by the name of their markers."""


def filled(text: str, parts: dict[str, Callable[[], list[str]]]) -> str:
    """Return the text of a page with new lines between `<!-- name -->` and `<!-- /name -->`."""
    for name, written in parts.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        lines = "\n".join((start, "", *written(), "", end))
        before, found, rest = text.partition(start)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise SystemExit(f"expected {start} and then {end} on a page, found no such pair")
        text = f"{before}{lines}{after}"
    return text


if __name__ == "__main__":
    results, study = Path(sys.argv[1]), sys.argv[2]
    (DOCS / study).mkdir(exist_ok=True)
    for source in SOURCES[study]:
        shutil.copyfile(results / source, DOCS / study / Path(source).name)
    for page, parts in PAGES.items():
        page.write_text(filled(page.read_text("utf-8"), parts), "utf-8")
