"""Verifying a finished study: which of its files are not what was written, and making them again.

    python -m brainiarb.verify results/walker2d
    python -m brainiarb.verify results/walker2d --remake snakemake --cores all

The first command lists what is wrong and ends with 1 if anything is. The second one lets the given
command of Snakemake make the files again that have changed, with all that depends on them.
"""

import argparse
import logging
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from brainiarb.errors import Refused
from brainiarb.records import FOLDER, Making, RecordError, check, making
from brainiarb.temporaries import PREFIX

OTHER = ("logs", "tensorboard", "minari", FOLDER)
"""Folders whose files have no records: they are read by people and other programs alone."""


def result_files(folder: Path) -> Iterator[Path]:
    """Yield the files in the results of a body that should have records, in order."""
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder).parts
        hidden = any(part.startswith(PREFIX) for part in within)
        if path.is_file() and not hidden and not set(OTHER) & set(within[:-1]):
            yield path


def damaged(folder: str | Path) -> dict[Path, str]:
    """Return each file in the results of a body that is not what was written, and what is wrong.

    `folder` is `<results>/<body>`. Raises Refused if it is none.

    Examples
    --------
    >>> damaged("no/such/study")
    Traceback (most recent call last):
    ...
    brainiarb.errors.Refused: no/such/study holds no results: name the folder of a body, such as ...
    """
    root = Path(folder)
    if not (root / "logs").is_dir():
        raise Refused(
            f"{folder} holds no results: name the folder of a body, such as results/walker2d"
        )
    found = {}
    with making(Making(root)):
        for path in result_files(root):
            try:
                check(path)
            except RecordError as error:
                found[path] = error.fault
    return found


def remake_command(command: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Return a command of Snakemake that makes files again, with all that depends on them."""
    return [*command, "--forcerun", *map(str, paths), "--"]


def report(folder: str | Path, command: Sequence[str]) -> list[Path]:
    """Log each damaged file of a study, and the command that makes them again; return them."""
    found = damaged(folder)
    for fault in found.values():
        logging.error("%s", fault)
    if found:
        words = shlex.join(remake_command(command, [*found]))
        logging.info("to make them again, with all that depends on them: %s", words)
    checked = sum(1 for _ in result_files(Path(folder)))
    logging.info("%d of %d files are what was written", checked - len(found), checked)
    return [*found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a study from a command line; return 0 if all of its files are what was written."""
    parser = argparse.ArgumentParser(prog="python -m brainiarb.verify", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", help="the results of a body, such as results/walker2d")
    parser.add_argument("--remake", nargs=argparse.REMAINDER, metavar="COMMAND")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        found = report(given.folder, given.remake or ["snakemake", "--cores", "all"])
        if found and given.remake:
            return subprocess.run(remake_command(given.remake, found), check=False).returncode
        return 1 if found else 0
    except Refused as error:
        logging.error("error: %s", error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
