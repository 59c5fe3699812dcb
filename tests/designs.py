"""Studies of the design of this one: blocks shared by levels, experts that differ."""

import numpy as np
from scipy.special import ndtri

from brainiarb.statistics.measures import Measure, measures_table, of_agent
from brainiarb.statistics.tables import COLUMNS, statistics_table

RUNS = 1000
INTRACLASS = 0.75
"""Correlation of the values of a block at two levels, as found for the similarity to an expert."""


def covers(result, truth=0.0):
    return bool(result.low <= truth <= result.high)


def studies(
    rng, experts, blocks, levels, between=0.0, effect=0.0, intraclass=INTRACLASS, runs=RUNS
):
    """Values (runs, experts, blocks, levels) whose variance within an expert is 1.

    `between` is the standard deviation of the experts' means, `effect` that of the shift which each
    expert has at each level of its own.
    """
    shape = (runs, experts, blocks, levels)
    return (
        between * rng.normal(size=(runs, experts, 1, 1))
        + effect * rng.normal(size=(runs, experts, 1, levels))
        + np.sqrt(intraclass) * rng.normal(size=(*shape[:-1], 1))
        + np.sqrt(1 - intraclass) * rng.normal(size=shape)
    )


def modes(rng, shares, intraclass=INTRACLASS):
    """Whether clones walk (runs, experts, blocks, levels), with chances `shares` of that shape.

    A block has a propensity of its own that it keeps at all levels.
    """
    shared = np.sqrt(intraclass) * rng.normal(size=(*shares.shape[:-1], 1))
    own = np.sqrt(1 - intraclass) * rng.normal(size=shares.shape)
    return shared + own < ndtri(shares)


# ---- as a table of measures

LEVELS = (0, 20, 40, 80)
ASKED = {
    "seed": 0, "alpha": 0.05, "replicates": 999, "permutations": 999, "walking": 0.5,
    "primary_levels": [0, 80],
}  # fmt: skip
NO_MARGINS: dict = {"absolute": {}, "relative": {}}


def planted(
    experts=1, clones=8, slope=0.0, offset=0.0, seed=1, measure="likeness", own=10.0, noise=0.3
):
    """A measure whose clones rise by `slope` per percent of noise, `offset` off their expert.

    Clones of one number share most of what sets them apart.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(experts):
        name, value = f"expert_{number}", own * (1 + number / 5)
        rows += of_agent(name, -1, -1, {measure: Measure("1", value)})
        blocks = rng.normal(size=clones)
        for level in LEVELS:
            shared = 0.9 * blocks + np.sqrt(0.19) * rng.normal(size=clones)
            for clone, apart in enumerate(offset + slope * level + noise * shared):
                rows += of_agent(name, level, clone, {measure: Measure("1", value + apart)})
    return measures_table(rows)


def asked(measures, kind, measure=None, margins=None, of_class="primary"):
    """Return the rows of one kind and measure, of which all measures are of one class."""
    margins = NO_MARGINS | (margins or {})
    classes = dict.fromkeys(measures["measure"], of_class)
    table = statistics_table(measures, classes, **ASKED, margins=margins)
    assert tuple(table.columns) == COLUMNS
    wanted = table["kind"].eq(kind) & table["measure"].eq(measure or measures["measure"].iloc[0])
    return table[wanted].reset_index(drop=True)


def at(rows, level):
    return rows[rows["level"] == level].iloc[0]
