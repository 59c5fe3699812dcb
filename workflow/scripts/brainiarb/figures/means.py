"""The means of clones at each noise level with their intervals, as several figures show them.

The sample depends on the study. If one expert is cloned, the sample is its clones. If several are
cloned, each expert gives one number, and the interval is over experts. Figures show the clones of
one expert, so they must not present an interval over experts as the mean of its clones.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from brainiarb.figures.style import EXPERT
from brainiarb.statistics.intervals import percent

LEAST = 3
"""Numbers that a drawn interval is from, at least: that of two lies far beyond both of them."""


@dataclass(frozen=True, eq=False)
class Means:
    """The means of some measures, ready to be drawn."""

    table: pd.DataFrame
    """Rows of the table of statistics, all of one kind and one sample; see `level_means`."""
    experts: pd.DataFrame
    """expert, measure, level, value: the mean of the clones of each expert; without rows in a study
    of one cloned expert."""
    label: str
    """What the interval is of, for a legend."""

    def drawn(self, measure: str | None = None) -> pd.DataFrame:
        """Return the rows, of one measure or of all, whose intervals are drawn."""
        sample = self.table["n_clones"].where(self.table["n_experts"] == 1, self.table["n_experts"])
        rows = self.table[(self.table["level"] >= 0) & (sample >= LEAST)]
        rows = rows.dropna(subset=["low", "high"])
        return rows if measure is None else rows[rows["measure"] == measure]

    def numbers(self) -> pd.DataFrame:
        """Return what there is to draw, for the CSV of a figure."""
        experts = self.experts.assign(kind="expert's mean")
        return pd.concat([self.table, experts], ignore_index=True)

    def draw(self, axes: Axes, measure: str, places: Mapping[int, float], colour: str) -> None:
        """Draw interval and mean at the place of each level, and the mean of each expert there."""
        for row in self.drawn(measure).itertuples():
            if row.level in places:
                place = places[row.level]
                axes.plot([place, place], [row.low, row.high], color=colour, linewidth=1.2)
                axes.plot(place, row.estimate, "_", color=colour, ms=4, mew=1.2)
        experts = self.experts[self.experts["measure"] == measure]
        experts = experts[experts["level"].isin([*places])]
        axes.plot(
            [places[level] for level in experts["level"]], experts["value"], "D", ms=2.2,
            mfc="white", mec=EXPERT, mew=0.5, linestyle="none",
        )  # fmt: skip

    def join(self, axes: Axes, measure: str, places: Mapping[int, float], colour: str) -> None:
        """Draw a line through the means of one measure, also where no interval is drawn."""
        rows = self.table[(self.table["measure"] == measure) & self.table["level"].isin([*places])]
        rows = rows.sort_values("level")
        axes.plot(rows["level"].map(places), rows["estimate"], color=colour, linewidth=0.7)

    def handles(self, colour: str) -> list[Artist]:
        """Return the entries of a legend: none without an interval, and one for experts' means."""
        marks: list[Artist] = []
        if len(self.drawn()):
            marks.append(Line2D([], [], marker="_", color=colour, linewidth=1.2, label=self.label))
        if len(self.experts):
            marks.append(
                Line2D(
                    [], [], marker="D", ms=2.2, mfc="white", mec=EXPERT, mew=0.5,
                    linestyle="none", label="mean of the clones of one expert",
                )
            )  # fmt: skip
        return marks


def of_one_sample(statistics: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, int]:
    """Return the rows of a kind whose sample is that of the study, and its number of experts.

    In a study of several cloned experts, a row of one expert only is left out: it is not over
    experts, and the table does not say whose it is.
    """
    clones = statistics[statistics["level"] >= 0]
    experts = int(clones["n_experts"].max()) if len(clones) else 1
    rows = statistics[statistics["kind"] == kind]
    return (rows[rows["n_experts"] > 1] if experts > 1 else rows), experts


def level_means(
    statistics: pd.DataFrame, measures: pd.DataFrame, names: Collection[str], alpha: float
) -> Means:
    """Return the means of the measures `names`, whose intervals hold 1 - `alpha`.

    `statistics` and `measures` are the tables of that name, with the rows of every expert.
    """
    table, count = of_one_sample(statistics, "level")
    clones = measures[measures["measure"].isin(names) & (measures["level"] >= 0)]
    clones = clones[(clones["clone"] >= 0) & np.isfinite(clones["value"])]
    keys = ["expert", "measure", "level"]
    experts = clones.groupby(keys, as_index=False)["value"].mean()
    # A level without a row has clones of two modes, which have no mean.
    experts = experts.merge(table[["measure", "level"]].astype({"level": int}))
    sample = "mean of the clones" if count == 1 else f"mean over {count} experts"
    return Means(
        table[table["measure"].isin(names)],
        experts if count > 1 else experts.iloc[:0],
        f"{sample}, {percent(alpha)} interval",
    )
