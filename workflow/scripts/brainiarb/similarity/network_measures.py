"""The similarity of networks to their expert as measures of agents, from the table of similarities.

All values are of the states `common`. A measure that `measures.MEASURES` tabulates is
`<tabulated>_<layer>` of a clone, and `floor_<tabulated>_<layer>` of the untrained network that the
clone of the same number began as. Statistics ask by how much a clone exceeds its own floor.
`peer_<tabulated>_<layer>` is the same of another expert of the algorithm.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from brainiarb.similarity.measures import MEASURES, SimilarityMeasure, chosen_measures
from brainiarb.statistics.measures import FLOOR, PEER, Measure, Named, measures_table, qualified


def clone_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of the clones of a level from its table of similarities."""
    return measures_table(_measured(table, "expert_clone", ""))


def expert_measures(table: pd.DataFrame, measures: Collection[str]) -> pd.DataFrame:
    """Return the measures of an expert from its table: its ideal values and the floors of clones.

    `measures` are names of `measures.MEASURES`. The ideal values hold by definition.
    """
    layers = _equal_layers(table, "expert_untrained")["layer_first"].unique()
    rows: list[Named] = [
        (str(table["expert"].iloc[0]), -1, -1, f"{measure.tabulated}_{layer}",
         Measure(measure.unit, measure.ideal, note="by definition"))
        for layer in layers
        for measure in _tabulated(chosen_measures(measures), layer).values()
    ]  # fmt: skip
    return measures_table(rows + _measured(table, "expert_untrained", FLOOR))


def peer_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Return the similarity of an expert to other experts of its algorithm, numbered from 0.

    `table` holds the similarities of the expert and of other networks with one another. The note
    names the other expert.
    """
    peers = _equal_layers(table[table["first"] == "expert"], "expert_seed")
    numbers = {name: number for number, name in enumerate(sorted(peers["second"].unique()))}
    rows: list[Named] = [
        (str(row["expert"]), -1, numbers[row["second"]],
         f"{PEER}{measure.tabulated}_{row['layer_first']}",
         Measure(measure.unit, row[name], note=str(row["second"])))
        for _, row in peers.iterrows()
        for name, measure in _tabulated(set(table) & set(MEASURES), row["layer_first"]).items()
    ]  # fmt: skip
    return measures_table(rows)


def _measured(table: pd.DataFrame, comparison: str, prefix: str) -> list[Named]:
    """Return the measures of one comparison of the expert with numbered networks."""
    pairs = _equal_layers(table, comparison)
    expert, level = str(table["expert"].iloc[0]), int(table["level"].iloc[0])
    return [
        (expert, level, int(clone), f"{prefix}{measure.tabulated}_{layer}",
         qualified(measure.unit, value, absent=note if np.isnan(value) else ""))
        for layer in pairs["layer_first"].unique()
        for name, measure in _tabulated(set(table) & set(MEASURES), layer).items()
        for clone, value, note in pairs.loc[
            pairs["layer_first"] == layer, ["clone", name, "note"]
        ].itertuples(index=False)
    ]  # fmt: skip


def _equal_layers(table: pd.DataFrame, comparison: str) -> pd.DataFrame:
    """Return the pairs of equal layers of one comparison on `common`, ordered by clone."""
    return table[
        (table["comparison"] == comparison)
        & (table["stimuli"] == "common")
        & (table["layer_first"] == table["layer_second"])
    ].sort_values("clone", kind="stable")


def _tabulated(names: Collection[str], layer: str) -> dict[str, SimilarityMeasure]:
    """Return those of the named measures that a layer has in the table of measures."""
    return {
        name: measure
        for name, measure in MEASURES.items()
        if name in names and measure.tabulated and measure.compares("common", layer, layer)
    }
