"""The page of the example: the cells in order, and below each cell what it printed or drew.

    python docs/example.py results/quick/walker2d/crossq_0 40

runs examples/compare_and_draw.py on the files of the quick study and keeps what the cells print and
draw in docs/. `make docs` takes both from there, so that it needs no files of a study.
"""

import contextlib
import io
import os
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
SCRIPT = DOCS.parent / "examples" / "compare_and_draw.py"
PRINTED, DRAWN = DOCS / "compare_and_draw.txt", DOCS / "one_cycle.png"
PAGE = DOCS / "compare_and_draw.md"
MARK = "# %% "
SOURCE = "What stands below each cell is from the quick study (`make quick`)."


def cells(text: str) -> list[tuple[str, str]]:
    """Return the title and the body of each cell; what stands before the first cell is left out."""
    parts = (part.partition("\n") for part in f"\n{text}".split(f"\n{MARK}")[1:])
    return [(title, body.strip("\n")) for title, _, body in parts]


def run(arguments: list[str]) -> str:
    """Run the cells in the working directory and return what they print, as cells."""
    names: dict[str, object] = {"__name__": "__main__"}
    sys.argv = [str(SCRIPT), *arguments]
    printed = []
    for title, body in cells(SCRIPT.read_text(encoding="utf-8")):
        with contextlib.redirect_stdout(io.StringIO()) as screen:
            exec(compile(body, str(SCRIPT), "exec"), names)
        printed.append(f"{MARK}{title}\n{screen.getvalue()}")
    return "\n".join(printed)


def page() -> str:
    """Return the example as a page of Markdown."""
    code = SCRIPT.read_text(encoding="utf-8")
    printed = dict(cells(PRINTED.read_text(encoding="utf-8")))
    introduction = code.split('"""')[1].strip()
    parts = [f"# The files from Python\n\n{introduction}\n\n{SOURCE}\n"]
    for title, body in cells(code):
        parts.append(f"## {title}\n\n```python\n{body}\n```\n")
        if printed[title]:
            parts.append(f"```text\n{printed[title]}\n```\n")
        if DRAWN.name in body:
            parts.append(f"![{title}]({DRAWN.name})\n")
    return "\n".join(parts)


if __name__ == "__main__":
    results = [str(Path(sys.argv[1]).resolve()), *sys.argv[2:]]
    os.chdir(DOCS)
    PRINTED.write_text(run(results), encoding="utf-8")
