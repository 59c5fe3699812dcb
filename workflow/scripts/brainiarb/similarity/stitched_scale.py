"""The scale of stitched returns: 0 with a clone's layer before training, 1 with the expert's own.

A stitched return by itself does not say what a clone has learnt: an untrained layer can carry the
walk too, because a random layer of many units holds most of the observation. So each clone is
placed between the return with the layer of the untrained network that it began as, and the return
with the expert's own layer put into it by the same procedure.
"""

import numpy as np
import pandas as pd

from brainiarb.statistics.measures import FLOOR, Measure, Named, measures_table, qualified

FLOOR_WALKS = 0.5
"""There is no scale where the floor keeps at least this share of the upper end: the expert then
walks with the untrained layer too, and falls of single episodes would decide the place."""


def scaled(value: float, floor: float, own: float) -> Measure:
    """Return (value - floor) / (own - floor) of three stitched returns.

    0 where the clone's layer serves the expert as its untrained start does, 1 where it serves as
    the expert's own layer; the value may lie beyond both. Absent if a return is nan, and where the
    floor reaches `FLOOR_WALKS` of `own`, so that the scale is degenerate.
    """
    if not np.isfinite([value, floor, own]).all():
        return qualified("1", np.nan, absent="undefined: a stitched return is missing")
    if not (own > 0 and floor < FLOOR_WALKS * own):
        reason = f"no scale: the expert keeps {floor:.0f} of {own:.0f} with the untrained layer"
        return qualified("1", np.nan, absent=reason)
    return Measure("1", (value - floor) / (own - floor))


def tabulate_scale(stitched: pd.DataFrame, references: pd.DataFrame) -> pd.DataFrame:
    """Return the places of all stitched returns in a table of measures of one expert.

    `references` is the table of measures that holds the returns of the expert's own layers and of
    the untrained networks; it has places too: 1 and 0, by definition. Clone k is placed with the
    untrained network k. Columns: see `statistics.measures`.
    """
    rows: list[Named] = []
    names = references["measure"].unique()
    for name in (name for name in names if name.startswith("stitched_return_")):
        own = references.loc[
            (references["measure"] == name) & (references["clone"] < 0), "value"
        ].max()
        floors = references[references["measure"] == f"{FLOOR}{name}"].set_index("clone")["value"]
        for row in stitched[stitched["measure"].isin([name, f"{FLOOR}{name}"])].itertuples():
            place = (
                Measure("1", 1.0, note="by definition")
                if row.clone < 0
                else scaled(float(row.value), float(floors.get(row.clone, np.nan)), own)
            )
            scale = row.measure.replace("stitched_return", "stitched_scale")
            rows.append((row.expert, row.level, row.clone, scale, place))
    return measures_table(rows)
