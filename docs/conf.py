"""How Sphinx builds these pages: `make docs` writes them to docs/_build/html.

README.md, CONTRIBUTING.md, CHANGELOG.md and config/config.yaml are included. The pages of the
library come from its docstrings, the page of the example from its cells and from what they print.
"""

import re
import shutil
import sys
import tomllib
from itertools import groupby
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike
from sphinx.util.typing import stringify_annotation

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(DOCS)]

from example import PAGE, page  # noqa: E402

project = "BRAINIARB"
author = "The BRAINIARB developers"
release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates"]
html_theme = "furo"
html_title = project

# A docstring writes code in single backticks.
default_role = "code"
autosummary_generate = True
autodoc_default_options = {"members": True, "member-order": "bysource", "show-inheritance": True}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
# Links such as [the recipes](CONTRIBUTING.md#recipes) work here as they do in the repository.
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]

ARRAY = re.compile(r"~numpy\.ndarray\[tuple\[~typing\.Any, \.\.\.\], ~numpy\.dtype\[([~\w.]+)\]\]")

PAGE.write_text(page(), encoding="utf-8")


def table(rows: list[str]) -> list[str]:
    """Return the rows of a Markdown table as a table of reStructuredText."""
    lines = ["", ".. list-table::", "   :header-rows: 1", ""]
    for row in (rows[0], *rows[2:]):
        first, *others = (cell.strip() for cell in row.strip().strip("|").split("|"))
        lines += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    return [*lines, ""]


def escaped(line: str) -> str:
    """Return a line whose bars stand for themselves; code in backticks stays as it is.

    A shape such as (p) at the beginning of a line would be read as the number of a list.
    """
    parts = re.sub(r"^(\s*)(\(\w\) )", r"\1\\\2", line).split("`")
    return "`".join(part if i % 2 else part.replace("|", r"\|") for i, part in enumerate(parts))


def translate(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Translate the headings and the Markdown tables of a docstring, in place."""
    translated: list[str] = []
    for tabular, block in groupby(lines, key=lambda line: line.strip().startswith("|")):
        rows = list(block)
        tabular = tabular and len(rows) > 2 and set(rows[1]) <= set("|-: ")
        translated += table(rows) if tabular else map(escaped, rows)
    for number, line in enumerate(translated):
        if line and set(line) == {"-"}:
            translated[number - 1 : number + 1] = [f".. rubric:: {translated[number - 1]}", ""]
    # Python says this of the fields of a named tuple, and it tells a reader nothing.
    lines[:] = [line for line in translated if not line.startswith("Alias for field number")]


def shorten(*event: Any) -> tuple[str | None, str | None]:
    """Write ArrayLike and NDArray in a signature, where Sphinx writes what they stand for."""
    signature: list[str | None] = []
    for part in event[-2:]:
        short = (part or "").replace(stringify_annotation(ArrayLike, "smart"), "ArrayLike")
        signature.append(ARRAY.sub(r"~numpy.typing.NDArray[\1]", short) if part else part)
    return signature[0], signature[1]


def copy_published(app: Any, error: Exception | None) -> None:
    """Copy the pages of published studies, which link to one another, beside the built pages."""
    for study in () if error else sorted(path.parent for path in DOCS.glob("*/findings.html")):
        to = Path(app.outdir, study.name)
        shutil.copytree(study, to, ignore=shutil.ignore_patterns("index.md"), dirs_exist_ok=True)


def setup(app: Any) -> None:
    """Connect this file with Sphinx."""
    app.connect("build-finished", copy_published)
    app.connect("autodoc-process-signature", shorten)
    app.connect("autodoc-process-docstring", translate)
