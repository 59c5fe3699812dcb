"""The means of clones at each noise level with their intervals, as several figures show them.

The sample depends on the level. Where one expert is cloned, the sample is its clones. Where
several are cloned, each expert gives one number, and the interval is over experts. The marks of
both differ, and the legend says how many experts and clones each is of. All intervals and counts
are those of the table of statistics, where no interval leaves the possible range of its measure.
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
"""Numbers that a drawn interval of a mean is from, at least: that of two lies far beyond both."""
NO_EXPERTS = pd.DataFrame(columns=["expert", "measure", "level", "value"])
WIDTHS = {False: 0.8, True: 1.6}
"""Line widths of an interval of clones of one expert, and of one over experts."""


@dataclass(frozen=True, eq=False)
class Means:
    """The means of some measures, ready to be drawn."""

    table: pd.DataFrame
    """Rows of the table of statistics, all of one kind; see `level_means`."""
    experts: pd.DataFrame
    """expert, measure, level, value: the mean of the clones of each expert where several are
    cloned."""
    label: str
    """The name of the interval, for a legend, such as "95 % interval"."""
    estimate: str = "mean"
    clones: str = "clones"
    """What is estimated, and of which clones, for a legend."""
    least: int = LEAST
    """The fewest numbers that a drawn interval is from."""

    def drawn(self, measure: str | None = None) -> pd.DataFrame:
        """Return the rows, of one measure or of all, whose intervals are drawn."""
        rows = self.table[(self.table["level"] >= 0) & (sample_size(self.table) >= self.least)]
        rows = rows.dropna(subset=["low", "high"])
        return rows if measure is None else rows[rows["measure"] == measure]

    def numbers(self, of: str = "mean") -> pd.DataFrame:
        """Return what there is to draw, for the CSV of a figure; `of` names what experts give."""
        experts = self.experts.assign(kind=f"expert's {of}")
        return pd.concat([self.table, experts], ignore_index=True)

    def draw(self, axes: Axes, measure: str, places: Mapping[int, float], colour: str) -> None:
        """Draw interval and mean at the place of each level, and the mean of each expert there."""
        for row in self.drawn(measure).itertuples():
            if row.level in places:
                place, width = places[row.level], WIDTHS[bool(row.n_experts > 1)]
                axes.plot([place, place], [row.low, row.high], color=colour, linewidth=width)
                axes.plot(place, row.estimate, "_", color=colour, ms=4, mew=1.2)
        experts = self.experts[self.experts["measure"] == measure]
        experts = experts[experts["level"].isin([*places])]
        axes.plot(
            [places[level] for level in experts["level"]], experts["value"], "D", ms=2.2,
            mfc="white", mec=EXPERT, mew=0.5, linestyle="none",
        )  # fmt: skip

    def handles(self, colour: str) -> list[Artist]:
        """Return the entries of a legend: each kind of interval that is drawn, experts' means."""
        marks: list[Artist] = []
        rows = self.drawn()
        for several, width in WIDTHS.items():
            of_kind = rows[(rows["n_experts"] > 1) == several]
            if len(of_kind):
                label = f"{self.estimate} {sample_name(of_kind, self.clones)}, {self.label}"
                marks.append(Line2D([], [], marker="_", color=colour, linewidth=width, label=label))
        if len(self.experts):
            marks.append(
                Line2D(
                    [], [], marker="D", ms=2.2, mfc="white", mec=EXPERT, mew=0.5,
                    linestyle="none", label="mean of the clones of one expert",
                )
            )  # fmt: skip
        return marks


def sample_size(rows: pd.DataFrame) -> pd.Series:
    """Return how many numbers each row of statistics is from: clones of one expert, or experts."""
    return rows["n_clones"].where(rows["n_experts"] == 1, rows["n_experts"])


def sample_name(rows: pd.DataFrame, clones: str = "clones") -> str:
    """Return the sample of rows of statistics, all of clones of one expert or all over experts.

    An example is "over 5 experts (18 to 20 clones)".
    """
    counted = f"{span(rows['n_clones'])} {clones}"
    several = rows["n_experts"].max() > 1
    return f"over {span(rows['n_experts'])} experts ({counted})" if several else f"of {counted}"


def span(counts: pd.Series) -> str:
    """Return the smallest and the largest count, or the count if all are equal."""
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"


def of_one_sample(statistics: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, int]:
    """Return the rows of a kind whose sample is that of their level, and the number of experts.

    At a level where several experts are cloned, a row of one expert only is left out: it is not
    over experts, and the table does not say whose it is.
    """
    clones = statistics[statistics["level"] >= 0]
    cloned = clones.groupby("level")["n_experts"].max().astype(float)
    rows = statistics[statistics["kind"] == kind]
    several = rows["level"].map(cloned).fillna(1.0) > 1
    return rows[(rows["n_experts"] > 1) | ~several], int(cloned.max()) if len(cloned) else 1


def level_means(
    statistics: pd.DataFrame, measures: pd.DataFrame, names: Collection[str], alpha: float
) -> Means:
    """Return the means of the measures `names`, whose intervals hold 1 - `alpha`.

    `statistics` and `measures` are the tables of that name, with the rows of every expert. A level
    whose clones have more than one mode, or of which some walk and others fall, has no mean.
    """
    table, _ = of_one_sample(statistics, "level")
    keys = ["measure", "level"]
    two_modes = statistics.loc[statistics["answer"] == "more than one mode", keys]
    split = pd.MultiIndex.from_frame(two_modes)
    table = table[~pd.MultiIndex.from_frame(table[keys]).isin(split)]
    clones = measures[measures["measure"].isin(names) & (measures["level"] >= 0)]
    clones = clones[(clones["clone"] >= 0) & np.isfinite(clones["value"])]
    experts = clones.groupby(["expert", *keys], as_index=False)["value"].mean()
    several = table.loc[table["n_experts"] > 1, keys].astype({"level": int})
    return Means(
        table[table["measure"].isin(names)],
        experts.merge(several, on=keys),
        f"{percent(alpha)} interval",
    )


def walking_means(statistics: pd.DataFrame, names: Collection[str], alpha: float) -> Means:
    """Return the means of the clones that walk, at levels where some walk and others fall."""
    table, _ = of_one_sample(statistics, "walking")
    return Means(
        table[table["measure"].isin(names)], NO_EXPERTS, f"{percent(alpha)} interval",
        clones="clones that walk",
    )  # fmt: skip


def walking_shares(statistics: pd.DataFrame, measure: str, alpha: float) -> Means:
    """Return the share of clones that walk at each level, by the value that they keep of a measure.

    The intervals are Wilson's, so they are drawn of any number of clones.
    """
    table, _ = of_one_sample(statistics, "share")
    return Means(
        table[table["measure"] == measure], NO_EXPERTS, f"{percent(alpha)} interval",
        estimate="share", least=1,
    )  # fmt: skip
