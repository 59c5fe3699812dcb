"""What a reader wants of a study without running it: `make publish FOLDER=results/walker2d`.

The pages, the table of claims and the figures at screen size are copied to docs/reference_study,
and a page of the documentation is written beside them. It says what made them: commit, versions,
machine, wall time, core hours and disk.
"""

import argparse
import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from benchmarks.study import job_times, stored_bytes, union_seconds
from brainiarb.errors import Refused
from brainiarb.jobs import commit, provenance
from brainiarb.statistics.answers import read_deciding, replication, summary

DOCS = Path(__file__).resolve().parent
PUBLISHED = DOCS / "reference_study"
CONTENTS = DOCS / "index.md"
AFTER = "\nanswers\n"
"""The page after which a published study stands in the contents of the documentation."""
PAGES = ("findings.html", "explorer.html")
CLAIMS = "claims.csv"
WIDTH = 1400
"""The most pixels of a figure from left to right."""
MOST_BYTES = 25e6
"""The most that a published study takes."""


LINK = re.compile(r'<a href="(?P<file>[^"#:]+)">(?P<shown>.*?)</a>', re.DOTALL)
"""A link of a page to a file beside it."""


def linked(html: str, published: set[str]) -> str:
    """Return a page whose links lead to `published` files; other links are their texts alone."""

    def link(found: re.Match[str]) -> str:
        file = found["file"].removeprefix("tables/")
        return f'<a href="{file}">{found["shown"]}</a>' if file in published else found["shown"]

    return LINK.sub(link, html)


def at_screen_size(figure: Path, to: Path) -> None:
    """Write a PNG with at most `WIDTH` pixels from left to right."""
    with Image.open(figure) as image:
        image.thumbnail((WIDTH, image.height))
        image.save(to, optimize=True)


def facts(root: Path, results: Path) -> dict[str, Any]:
    """Return what made a finished study; `root` is the folder in which Snakemake ran."""
    made = provenance()
    spans = [span for jobs in job_times(root, results).values() for span in jobs]
    packages = ", ".join(f"{name} {version}" for name, version in made["versions"].items())
    busy = sum(end - start for start, end in spans)
    return {
        "commit": commit(root) or "unknown",
        "versions": f"Python {made['python']}, {packages}",
        "machine": f"{made['machine']}, {processor()}, {os.cpu_count()} cores",
        "wall time": f"{union_seconds(spans) / 3600:.2f} h, in which at least one job ran",
        "core hours": f"{busy / 3600:.2f} of {len(spans)} jobs",
        "disk": f"{stored_bytes(results) / 1e9:.2f} GB",
    }


def processor() -> str:
    """Return the name of this machine's processor, as Linux tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "a processor without a name")


def page(title: str, compare: str, told: dict[str, Any], claims: Path, figures: list[str]) -> str:
    """Return the page of a published study as Markdown; `compare` is the command against it."""
    rows = [f"| {name} | {value} |" for name, value in told.items()]
    deciding = read_deciding(str(claims))
    lines = [
        f"# {title}",
        "",
        "These are the findings of a finished study.",
        '<a href="findings.html">The page of findings</a> shows which claims hold and why,',
        '<a href="explorer.html">the explorer</a> shows two agents of your choice side by side,',
        f'and <a href="{CLAIMS}">the table of claims</a> has every number behind a verdict.',
        f"`{compare}` says whether yours agrees with it.",
        "",
        "| what | value |",
        "|---|---|",
        *rows,
        "",
        "## Verdicts",
        "",
        *summary(deciding),
        "",
        "## Published, reproduced, corrected",
        "",
        "*Published* is the number that the published study gives. *Reproduced* is what its own",
        "procedure gives here: the mean over clones, and the range of single clones, because the",
        "study had one clone of each level. *Corrected* is the estimate that decides the claim,",
        "with its interval.",
        "",
        *replication(deciding),
        "",
        "## Figures",
        "",
        "The page of findings has their captions.",
        "",
        *(line for name in figures for line in (f"![{name}](figures/{name})", "")),
    ]
    return "\n".join(lines)


def listed(contents: str, entry: str) -> str:
    """Return the contents of the documentation with an entry for a published study."""
    return contents if entry in contents else contents.replace(AFTER, f"{AFTER}{entry}\n")


def publish(root: Path, results: Path, to: Path, title: str | None = None) -> None:
    """Write what is published of a finished study into a folder, in place of what it held.

    `root` is the folder in which Snakemake ran, a checkout of this project. The page has the
    `title`, or else one that names the results.

    Raises `Refused` if the study is not finished, if the folder holds something else, or if more
    than `MOST_BYTES` would be published.
    """
    claims = results / "tables" / CLAIMS
    missing = [path for path in (claims, *map(results.joinpath, PAGES)) if not path.exists()]
    if missing:
        raise Refused(f"{missing[0]} is missing; run the study to its end before you publish it")
    if to.exists() and not (to / CLAIMS).exists():
        raise Refused(f"{to} holds no published study that could be replaced; name a new folder")
    to.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to.parent) as name:
        new = Path(name, to.name)
        (new / "figures").mkdir(parents=True)
        shutil.copyfile(claims, new / CLAIMS)
        figures = sorted((results / "figures").glob("*.png"))
        published = {CLAIMS, *PAGES, *(f"figures/{figure.name}" for figure in figures)}
        for name in PAGES:
            html = (results / name).read_text("utf-8")
            (new / name).write_text(linked(html, published), "utf-8")
        for figure in figures:
            at_screen_size(figure, new / "figures" / figure.name)
        study = results.relative_to(root).as_posix()
        named = [figure.name for figure in figures]
        compare = f"make compare-published FOLDER={study} PUBLISHED=docs/{to.name}"
        heading = title or f"A study to read: {study}"
        written = page(heading, compare, facts(root, results), claims, named)
        (new / "index.md").write_text(written, "utf-8")
        taken = stored_bytes(new)
        if taken > MOST_BYTES:
            largest = max((path for path in new.rglob("*") if path.is_file()), key=stored_bytes)
            raise Refused(
                f"{study} would take {taken / 1e6:.1f} MB and may take {MOST_BYTES / 1e6:g} MB; "
                f"its largest file is {largest.name} with {stored_bytes(largest) / 1e6:.1f} MB"
            )
        shutil.rmtree(to, ignore_errors=True)
        new.rename(to)
    print(f"publish: {to} has {len(figures)} figures and takes {taken / 1e6:.1f} MB")


def main() -> None:
    """Publish a study of this checkout."""
    parser = argparse.ArgumentParser(description="Publish a finished study in the documentation.")
    parser.add_argument("results", type=Path, help="such as results/reference/walker2d")
    parser.add_argument("--to", type=Path, default=PUBLISHED, help="the folder that is written")
    parser.add_argument("--title", help="of its page in the documentation")
    parser.add_argument("--root", type=Path, default=Path(), help="where Snakemake ran")
    options = parser.parse_args()
    root = options.root.resolve()
    try:
        publish(root, root / options.results, options.to, options.title)
    except Refused as error:
        raise SystemExit(f"publish: {error}") from None
    to = options.to.resolve()
    if to.is_relative_to(DOCS):
        entry = (to / "index").relative_to(DOCS).as_posix()
        CONTENTS.write_text(listed(CONTENTS.read_text("utf-8"), entry), "utf-8")


if __name__ == "__main__":
    main()
