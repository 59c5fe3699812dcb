"""Where clones lie between the floor and the ceiling: the similarity of a level as measures.

All on the states `half`. The floor is the mean over the untrained networks that the clones began
as, the ceiling the mean over the other experts that the same algorithm trained, over all others
where there are none; a position is 0 at the floor and 1 at the ceiling, and may lie beyond either.
Where the ceiling lies less than one standard deviation of the floor above it, there is no scale.
"""

import numpy as np
import pandas as pd

from brainiarb.actors.layers import LAYERS
from brainiarb.similarity.pairs import DERIVED, ROTATED
from brainiarb.statistics.measures import measure_rows

NO_CEILING = "no other expert is compared"
BELOW = "undefined: the ceiling {:.3f} is less than a s.d. above the floor {:.3f}"
OVERLAP = "pairs of floor and ceiling overlap"


def level_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of the clones of one level from its table of similarities.

    `cka_<layer>` is debiased, `procrustes_<layer>` the angular distance to the expert, and
    `position_<layer>` follows from the debiased CKA.
    """
    half = table[(table["stimuli"] == "half") & (table["layer_first"] == table["layer_second"])]
    expert, level = str(table["expert"].iloc[0]), int(table["level"].iloc[0])
    frames = []
    for layer in (*LAYERS, *DERIVED):
        mine = half[half["layer_first"] == layer]
        clones = mine[mine["comparison"] == "expert_clone"].set_index("clone").sort_index()
        notes = clones["note"]
        measured = [("cka", "1", clones["cka_debiased"], notes)]
        if layer in ROTATED:
            measured.append(("procrustes", "rad", clones["procrustes"], notes))
        positions, note = place(clones["cka_debiased"], *bounds(mine))
        measured.append(("position", "1", positions, notes.where(notes != "", note)))
        for name, unit, values, said in measured:
            frames.append(
                measure_rows(
                    expert, level, f"{name}_{layer}", unit, values.to_dict(), said.to_dict()
                )
            )
    return pd.concat(frames, ignore_index=True)


def expert_measures(expert: str) -> pd.DataFrame:
    """Return the same of the expert: what it is to itself, and no position."""
    to_itself = ("cka", "1", 1.0, "by definition"), ("procrustes", "rad", 0.0, "by definition")
    frames = [
        measure_rows(expert, -1, f"{name}_{layer}", unit, {-1: value}, {-1: note})
        for layer in (*LAYERS, *DERIVED)
        for name, unit, value, note in (*to_itself, ("position", "1", np.nan, "only of clones"))
        if name != "procrustes" or layer in ROTATED
    ]
    return pd.concat(frames, ignore_index=True)


def bounds(pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the debiased CKA of all pairs of the floor and of the ceiling, of one layer."""
    by = {
        name: pairs.loc[pairs["comparison"] == name, "cka_debiased"].dropna().to_numpy()
        for name in ("expert_untrained", "expert_seed", "expert_algorithm")
    }
    ceiling = by["expert_seed"] if len(by["expert_seed"]) else by["expert_algorithm"]
    return by["expert_untrained"], ceiling


def place(values: pd.Series, floor: np.ndarray, ceiling: np.ndarray) -> tuple[pd.Series, str]:
    """Return where values lie between floor (0) and ceiling (1), and what to know about it."""
    nowhere = values * np.nan
    if not len(ceiling):
        return nowhere, NO_CEILING
    if not len(floor):
        return nowhere, "undefined: the floor has no value"
    low, high = float(floor.mean()), float(ceiling.mean())
    if high - low <= floor.std():
        return nowhere, BELOW.format(high, low)
    note = OVERLAP if ceiling.min() <= floor.max() else ""
    return (values - low) / (high - low), note
