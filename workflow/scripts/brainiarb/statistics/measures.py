"""Measures: one number of one agent in one tidy form, whichever analysis it comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

OK = "ok"
"""The value can be read as it is."""
UNSTABLE = "unstable"
"""There is a value, but its precondition fails (for example, the gait has no stable cycle)."""
ABSENT = "absent"
"""There is no value: it is nan."""

DEMONSTRATOR = "demonstrator_"
"""Prefix of the measures of a demonstrator, over all that it demonstrated to a level's clones."""
FLOOR = "floor_"
"""Prefix of the measures of the clones' networks before training."""
PEER = "peer_"
"""Prefix of the measures of other experts, which a table of an expert and its clones numbers."""
SPREAD = "_spread"
"""Suffix of the largest difference between a group of an expert's episodes and all of them: the
smallest margin of equivalence that makes sense for the measure of that name."""
EPISODE_SD = "_episode_sd"
"""Suffix of the standard deviation of single episodes of an expert. It is no margin of equivalence:
the mean over several episodes varies less."""

COLUMNS = ("expert", "level", "clone", "measure", "unit", "value", "status", "note")
"""Columns of every table of measures. An expert has level -1 and clone -1."""


@dataclass(frozen=True)
class Measure:
    """One number of one agent.

    A value of nan has the status `absent`, whatever is given. Programs test `status`; people read
    `note`, which says why a value is absent or unstable, or how it was made.
    """

    unit: str
    value: float
    status: str = OK
    note: str = ""

    def __post_init__(self) -> None:
        """Turn the value into a float and mark a missing one."""
        object.__setattr__(self, "value", float(self.value))
        if np.isnan(self.value):
            object.__setattr__(self, "status", ABSENT)


def qualified(unit: str, value: float, absent: str = "", unstable: str = "") -> Measure:
    """Return a measure with the reason why there is no value, or why its precondition fails.

    With a reason `absent` the value is nan; with a reason `unstable` alone the value stands. The
    reason becomes the note. Without a reason the value can be read as it is.
    """
    if absent:
        return Measure(unit, float("nan"), ABSENT, absent)
    return Measure(unit, value, UNSTABLE if unstable else OK, unstable)


Named = tuple[str, int, int, str, Measure]
"""Expert, level, clone, name of the measure, measure."""


def of_agent(expert: str, level: int, clone: int, measures: Mapping[str, Measure]) -> list[Named]:
    """Return the measures of one agent under its names, ready for `measures_table`."""
    return [(expert, level, clone, name, measure) for name, measure in measures.items()]


def measures_table(measures: Iterable[Named]) -> pd.DataFrame:
    """Tabulate measures of any agents: one row each, in the given order, with `COLUMNS`.

    Examples
    --------
    >>> from brainiarb.statistics.measures import Measure, measures_table, of_agent, qualified
    >>> measures = {"speed": Measure("m/s", 4.2), "fundamental": qualified("Hz", 0, "never walked")}
    >>> table = measures_table(of_agent("crossq_0", 40, 3, measures))
    >>> print(table[["measure", "value", "unit", "status"]].to_string(index=False))
        measure  value unit status
          speed    4.2  m/s     ok
    fundamental    NaN   Hz absent
    """
    rows = [
        (expert, level, clone, name, measure.unit, measure.value, measure.status, measure.note)
        for expert, level, clone, name, measure in measures
    ]
    # A table without rows has columns of numbers, too: others are put below it.
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"level": int, "clone": int, "value": float})
