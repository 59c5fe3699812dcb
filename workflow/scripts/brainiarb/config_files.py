"""Files of config, before Snakemake reads them: python -m brainiarb.config_files FILE...

A file must be short, in UTF-8 and shallow, and its aliases must not repeat it without end, because
Snakemake follows each of them. `make` looks at the file that `CONFIG` names, and the workflow at
the config of the working directory.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from brainiarb.bounded import read_text
from brainiarb.errors import REASON, one_line

MOST_VALUES = 100_000
"""The most values of a config, each counted as often as an alias repeats it."""
DEEPEST = 40
"""The most mappings and lists that may lie one within the other."""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""What reads YAML: it is ten times as fast where PyYAML has its parser in C."""


def fault_of(path: str | Path) -> str | None:
    """Return one clause that says what is wrong with a file of config, or None."""
    if not Path(path).is_file():
        return f"there is no file {path} in {Path.cwd()}"
    try:
        text = read_text(path)
    except UnicodeDecodeError:
        return f"{path} is no text in UTF-8; save it as UTF-8"
    except (OSError, ValueError) as error:
        return one_line(f"{path} cannot be read: {error}")
    try:
        said = _fault_of_events(yaml.parse(text, LOADER))
    except yaml.YAMLError as error:
        if _is_json(text):
            return None
        said = f"is no YAML: {one_line(error, REASON)}"
    return said and one_line(f"{path} {said}")


def _is_json(text: str) -> bool:
    """Return whether a text is JSON, which may have tabs where YAML has none."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _fault_of_events(events: Iterable[yaml.Event]) -> str | None:
    """Return what is wrong with the sizes of a YAML, whose events come in the order of the file."""
    repeated: dict[str, int] = {}
    open_parts: list[tuple[str | None, int]] = []
    total = 0
    for event in events:
        size = 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_parts.append((event.anchor, total))
            size = 1
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            if event.anchor:
                repeated[event.anchor] = size
        elif isinstance(event, yaml.AliasEvent):
            size = repeated.get(event.anchor or "", MOST_VALUES)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_parts.pop()
            if anchor:
                repeated[anchor] = total - before
        total += size
        if total > MOST_VALUES:
            return (
                f"holds more than {MOST_VALUES:,} values; look for an alias (*name) that repeats a "
                "long part, and write less"
            )
        if len(open_parts) > DEEPEST:
            return f"nests deeper than {DEEPEST} mappings and lists; write it flatter"
    return None


def main() -> int:
    """Print one line for the first wrong file of the command line; return 1 if there is one."""
    for path in sys.argv[1:]:
        if said := fault_of(path):
            print(f"config: {said}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
