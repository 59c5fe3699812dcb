"""Turns: both sides of a row work in alternation, so other work on the machine slows both."""

import statistics
import time
from collections.abc import Callable

from benchmarks.table import Row

Block = Callable[[], float]
"""A function that does a piece of work and returns the amount of work done in a second."""


def speed(work: Callable[[], int], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the amount of work done in a second; `work` does it and returns its amount."""
    start = clock()
    return work() / (clock() - start)


def alternate(blocks: dict[str, Block], repeats: int) -> dict[str, list[float]]:
    """Return the speeds of blocks that take turns; the first turn only warms up."""
    for block in blocks.values():
        block()
    turns = [{name: block() for name, block in blocks.items()} for _ in range(repeats)]
    return {name: [turn[name] for turn in turns] for name in blocks}


def median_ratio(ours: list[float], theirs: list[float]) -> float:
    """Return the median of the ratios of neighbouring blocks."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def versus(what: str, speeds: dict[str, list[float]], peer: str, name: str, bar: float) -> Row:
    """Return the row of two speeds per second; a bar of 0 means that there is no bar."""
    ours, theirs = (statistics.median(speeds[side]) for side in ("ours", peer))
    ratio = median_ratio(speeds["ours"], speeds[peer])
    met = ratio >= bar if bar else None
    wanted = f">= {bar:g} x" if bar else ""
    return Row(what, f"{ours:.0f}/s", f"{name} {theirs:.0f}/s", f"{ratio:.2f}", wanted, met)
