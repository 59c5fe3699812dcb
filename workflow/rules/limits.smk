"""Limits of a config: how much it holds, that no key stands twice, and where results may lie."""

import math
from itertools import accumulate
from pathlib import Path

import yaml
from brainiarb.config_files import LOADER, MOST_VALUES
from brainiarb.errors import LONGEST, one_line

PROJECT = (
    "benchmarks",
    "config",
    "docs",
    "envs",
    "examples",
    "profiles",
    "slurm",
    "tests",
    "workflow",
)
"""The folders of a checkout, beside those whose names start with a dot."""


def stop_if(complaints):
    """Stop with one line that holds the complaints, if there are any; it tells how many it leaves out."""
    told = list(map(one_line, complaints))
    room = LONGEST - 30
    ends = accumulate(len(f"; {text}") for text in told)
    shown = [text for text, end in zip(told, ends) if end - len("; ") < room]
    shown = shown or [one_line(text, room) for text in told[:1]]
    left = len(told) - len(shown)
    if told:
        raise SystemExit(
            f"config: {'; '.join(shown)}{f'; and {left} more' if left else ''}"
        )


def too_large(config):
    """Yield a sentence if a config holds more values than a study can need.

    In YAML an alias repeats what it names, so that a few lines can stand for billions of values.
    """
    todo, found = [config], 0
    while todo and found <= MOST_VALUES:
        value, found = todo.pop(), found + 1
        if isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    if todo:
        yield (
            f"it holds more than {MOST_VALUES:,} values; look for an alias (*name) that repeats a "
            f"long part, and write less"
        )


def repeated_keys(path):
    """Yield a sentence for each key that stands twice in one mapping of a file of config.

    YAML takes the last of them without a word.
    """
    try:
        todo = [yaml.compose(Path(path).read_text("utf-8"), LOADER)]
    except (OSError, ValueError, yaml.YAMLError):
        return  # Snakemake has read it by another way, such as JSON with tabs.
    seen = set()
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            lines = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode) and key.value in lines:
                    first = lines[key.value]
                    yield (
                        f"{key.value} stands twice in {Path(path).name}, in lines {first} and "
                        f"{line}; keep one"
                    )
                lines[getattr(key, "value", id(key))] = line
                todo.append(value)
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value


def numbers_without_a_value(value, where=""):
    """Yield a clause for each number that is nan or infinite, however deep it lies in the config."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from numbers_without_a_value(part, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from numbers_without_a_value(part, f"{where}.{number}")
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{where}: {value} is not a finite number"


def misplaced(results):
    """Yield a sentence if results would lie in a folder that nobody may have meant."""
    given = Path(results).expanduser()
    folder, base = given.resolve(), BASE.resolve()
    inside = folder.relative_to(base).parts if folder.is_relative_to(base) else ()
    if ".." in given.parts:
        yield (
            f"results: {results} may leave the working directory by its `..`; name a folder in it, "
            f"or the whole path from / on"
        )
    elif base.is_relative_to(folder):
        yield f"results: {results} holds the project itself; name another folder, such as results"
    elif inside and (inside[0] in PROJECT or inside[0].startswith(".")):
        yield (
            f"results: {results} lies in {inside[0]}, a folder of the project; name another "
            f"folder, such as results"
        )
    elif folder == OWN_CONFIG.parent.resolve() and OWN_CONFIG.is_file():
        yield f"results: {results} holds {OWN_CONFIG}; name another folder, such as results"
