"""Where clones lie between the floor and the ceiling: the similarity of a level as measures.

All values are of the states `half`. The floor is the mean over the untrained networks that the
clones began as. The ceiling is the mean over the other experts that the same algorithm trained, or
over all other experts if there are none of the same algorithm. A position is 0 at the floor and 1
at the ceiling, and may lie beyond either. If the ceiling is less than one standard deviation of the
floor away from the floor, positions are undefined (nan).
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.actors.layers import DERIVED, LAYERS
from brainiarb.similarity.measures import MEASURES, SimilarityMeasure, chosen_measures
from brainiarb.statistics.measures import Measure, Named, measures_table, qualified

NO_CEILING = "no other expert is compared"
NO_FLOOR = "undefined: the floor has no value"
TOO_CLOSE = "undefined: the ceiling {:.3f} is less than a s.d. {} the floor {:.3f}"
OVERLAP = "pairs of floor and ceiling overlap"


@dataclass(frozen=True)
class Scale:
    """The scale of positions of one layer: 0 at the floor, 1 at the ceiling."""

    floor: float
    ceiling: float
    absent: str = ""
    """Why there is no scale; empty if there is one."""
    unstable: str = ""
    """Why positions must be read with care; empty if they need not be."""

    def position(self, value: float, note: str = "") -> Measure:
        """Return the position of a value; `note` says why there is no value."""
        if np.isnan(value):
            return qualified("1", value, absent=note or self.absent)
        position = (value - self.floor) / (self.ceiling - self.floor)
        return qualified("1", position, self.absent, self.unstable)


def scale_of(floor: np.ndarray, ceiling: np.ndarray, ideal: float = 1.0) -> Scale:
    """Return the scale between the values (m) of the floor and the values (n) of the ceiling.

    `ideal` is the value for two equal layers; the ceiling must lie on its side of the floor.
    """
    if not len(ceiling):
        return Scale(np.nan, np.nan, NO_CEILING)
    if not len(floor):
        return Scale(np.nan, np.nan, NO_FLOOR)
    low, high = float(floor.mean()), float(ceiling.mean())
    sign = 1.0 if ideal > low else -1.0
    if (high - low) * sign <= floor.std():
        side = "above" if sign > 0 else "below"
        return Scale(np.nan, np.nan, TOO_CLOSE.format(high, side, low))
    overlap = (sign * ceiling).min() <= (sign * floor).max()
    return Scale(low, high, unstable=OVERLAP if overlap else "")


def level_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of the clones of one level from its table of similarities.

    Each measure of the table that `measures.MEASURES` tabulates is `<tabulated>_<layer>`, the
    similarity to the expert; each measure with a reference has a `<position>_<layer>` too.
    """
    half = table[(table["stimuli"] == "half") & (table["layer_first"] == table["layer_second"])]
    expert, level = str(table["expert"].iloc[0]), int(table["level"].iloc[0])
    rows: list[Named] = []
    for layer in (*LAYERS, *DERIVED):
        pairs = half[half["layer_first"] == layer]
        clones = pairs[pairs["comparison"] == "expert_clone"].sort_values("clone")
        tabulated = _tabulated(set(table) & set(MEASURES), layer)
        for name, measure in tabulated.items():
            rows += [
                (expert, level, int(clone), f"{measure.tabulated}_{layer}",
                 qualified(measure.unit, value, absent=note if np.isnan(value) else ""))
                for clone, value, note in zip(
                    clones["clone"], clones[name], clones["note"], strict=True
                )
            ]  # fmt: skip
        for name, measure in tabulated.items():
            if measure.position:
                scale = scale_of(*floor_and_ceiling(pairs, name), measure.ideal)
                rows += [
                    (expert, level, int(clone), f"{measure.position}_{layer}",
                     scale.position(value, note))
                    for clone, value, note in zip(
                        clones["clone"], clones[name], clones["note"], strict=True
                    )
                ]  # fmt: skip
    return measures_table(rows)


def expert_measures(expert: str, measures: Collection[str]) -> pd.DataFrame:
    """Return the same measures of the expert itself: the ideal values, and no positions.

    `measures` are names of `measures.MEASURES`.
    """
    rows: list[Named] = []
    for layer in (*LAYERS, *DERIVED):
        tabulated = _tabulated(chosen_measures(measures), layer).values()
        rows += [
            (expert, -1, -1, f"{measure.tabulated}_{layer}",
             Measure(measure.unit, measure.ideal, note="by definition"))
            for measure in tabulated
        ]  # fmt: skip
        rows += [
            (expert, -1, -1, f"{measure.position}_{layer}",
             qualified("1", np.nan, absent="only of clones"))
            for measure in tabulated
            if measure.position
        ]  # fmt: skip
    return measures_table(rows)


def floor_and_ceiling(pairs: pd.DataFrame, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a measure's values of all pairs of the floor and of the ceiling, for one layer."""
    values = {
        comparison: pairs.loc[pairs["comparison"] == comparison, measure].dropna().to_numpy()
        for comparison in ("expert_untrained", "expert_seed", "expert_algorithm")
    }
    ceiling = values["expert_seed"] if len(values["expert_seed"]) else values["expert_algorithm"]
    return values["expert_untrained"], ceiling


def _tabulated(names: Collection[str], layer: str) -> dict[str, SimilarityMeasure]:
    """Return those of the named measures that a layer has in the table of measures."""
    return {
        name: measure
        for name, measure in MEASURES.items()
        if name in names and measure.tabulated and measure.compares("half", layer, layer)
    }
