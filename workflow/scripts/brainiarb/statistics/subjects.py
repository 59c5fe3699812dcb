"""Subjects: all values of one measure, by expert, clone and level."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from brainiarb.statistics.declarations import Declaration, declaration
from brainiarb.statistics.measures import DEMONSTRATOR, EPISODE_SD, FLOOR, PEER, SPREAD, UNSTABLE

MARK = 0.5
"""The values 1 (marked) and 0 lie on either side of it."""


@dataclass(frozen=True)
class Subject:
    """The values of one measure."""

    measure: str
    unit: str
    declared: Declaration
    own: Mapping[str, float]
    """Finite values of the experts themselves, by name."""
    standard: Mapping[str, float]
    """The value of each expert that says whether its clones, or their floors, walk; if above 0."""
    clones: Mapping[str, pd.DataFrame]
    """Values of the clones of each expert: a row per clone, a column per level, nan if missing."""
    floors: Mapping[str, pd.DataFrame]
    """The same of the untrained network that each clone began as; level -1 serves all levels."""
    unstable: Collection[tuple[str, int]]
    """The experts and levels at which a value is unstable; the expert itself has level -1."""
    beside: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """The values of the clones by the reference method, in the form of `clones`."""
    peers: Mapping[str, float] = field(default_factory=dict)
    """The mean of the values of other experts, by the name of each expert."""
    reasons: Mapping[int, str] = field(default_factory=dict)
    """The first reason for a missing value of each level; experts have level -1."""

    @property
    def levels(self) -> list[int]:
        """Return the levels at which any expert has clones, in rising order."""
        return sorted({level for table in self.clones.values() for level in table.columns})

    def values(self, level: int) -> dict[str, np.ndarray]:
        """Return the values (k) of the clones of a level by expert; nan is a missing value."""
        return {
            expert: table[level].to_numpy(float)
            for expert, table in self.clones.items()
            if level in table.columns
        }

    def floor(self, expert: str, level: int) -> np.ndarray | None:
        """Return the floor (k) of each clone of a level, or None where there is no such value."""
        table = self.floors.get(expert)
        if table is None:
            return None
        for column in (level, -1):
            if column in table.columns:
                return table[column].reindex(self.clones[expert].index).to_numpy(float)
        return None

    def walkers(self, level: int, walking: float) -> dict[str, np.ndarray]:
        """Return by expert which clones of a level walk (k), among those that have a value.

        A clone walks where its value is at least the share `walking` of the expert's own. Of a
        measure that marks clones, those that are marked are returned.
        """
        hits = {}
        for expert, values in self.values(level).items():
            known, least = values[np.isfinite(values)], self.threshold(expert, walking)
            if least is not None and len(known):
                hits[expert] = known >= least
        return hits

    def threshold(self, expert: str, walking: float) -> float | None:
        """Return the least value of a clone that walks, or is marked; None where nothing says."""
        if self.declared.marked:
            return MARK
        return walking * self.standard[expert] if expert in self.standard else None


def subjects(measures: pd.DataFrame, beside: pd.DataFrame | None = None) -> Iterator[Subject]:
    """Yield a subject per measure and unit of a table of measures, in the order of their names.

    An expert has clone -1 and level -1; an untrained network has the number of its clone and level
    -1, or the level whose states it is measured on; other experts (`PEER`) have level -1 and their
    numbers. `beside` holds the measures of the clones by the reference method.
    """
    by_name, of_reference = _by_name(measures), {} if beside is None else _by_name(beside)
    for (measure, unit), rows in sorted(by_name.items()):
        if measure.startswith(PEER):
            continue
        floors = by_name.get((f"{FLOOR}{measure}", unit))
        standard = _of_experts(by_name.get((measure.removeprefix(FLOOR), unit), rows))
        yield Subject(
            measure,
            unit,
            declaration(measure),
            own=_of_experts(rows),
            standard={expert: value for expert, value in standard.items() if value > 0},
            clones=_by_clone(rows),
            floors={} if floors is None else _by_clone(floors),
            unstable=_unstable(rows),
            beside=_by_clone(of_reference.get((measure, unit), rows[:0])),
            peers=_means(by_name.get((f"{PEER}{measure}", unit), rows[:0])),
            reasons=_reasons(rows),
        )


def _by_name(measures: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the rows of each measure and unit that questions are asked of."""
    names = measures["measure"].str
    asked = measures[~(names.startswith(DEMONSTRATOR) | names.endswith((SPREAD, EPISODE_SD)))]
    return {(str(m), str(u)): rows for (m, u), rows in asked.groupby(["measure", "unit"])}


def _unstable(rows: pd.DataFrame) -> set[tuple[str, int]]:
    """Return the experts and levels at which a value is unstable."""
    doubted = rows[rows["status"] == UNSTABLE]
    return set(zip(doubted["expert"].map(str), doubted["level"].map(int), strict=True))


def _reasons(rows: pd.DataFrame) -> dict[int, str]:
    """Return the first reason for a missing value of each level."""
    if "note" not in rows:
        return {}
    missing = rows[rows["value"].isna() & rows["note"].fillna("").ne("")]
    first = missing.drop_duplicates("level")
    return dict(zip(first["level"].map(int), first["note"].map(str), strict=True))


def _of_experts(rows: pd.DataFrame) -> dict[str, float]:
    """Return the finite values of the experts themselves by name."""
    experts = rows[(rows["clone"] < 0) & np.isfinite(rows["value"])]
    return dict(zip(experts["expert"].map(str), experts["value"].map(float), strict=True))


def _means(rows: pd.DataFrame) -> dict[str, float]:
    """Return the mean of the finite values of each expert."""
    known = rows[np.isfinite(rows["value"])]
    return {str(name): float(x) for name, x in known.groupby("expert")["value"].mean().items()}


def _by_clone(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return one table per expert with a row per clone and a column per level."""
    clones = rows[rows["clone"] >= 0]
    return {
        str(expert): table.pivot(index="clone", columns="level", values="value").sort_index()
        for expert, table in clones.groupby("expert", sort=True)
    }
