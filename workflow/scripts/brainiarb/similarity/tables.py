"""The table of similarities: a row for each pair of layers of two networks."""

import logging
from collections.abc import Collection

import numpy as np
import pandas as pd

from brainiarb.similarity.cka import NO_ROWS, NO_VARIANCE, NOT_FINITE, CrossProducts
from brainiarb.similarity.measures import ArrayMeasure, ProductMeasure, chosen_measures
from brainiarb.similarity.products import Products, SharedStates

WITHOUT_VALUES = (NO_ROWS, NOT_FINITE, NO_VARIANCE)
"""Notes of pairs of layers for which no measure has a value."""
NOT_SHARED = "computed only on states that both networks were shown"


class SimilarityTable:
    """The rows of the table, added pair by pair of networks."""

    def __init__(self, measures: Collection[str]) -> None:
        """`measures` are names of `measures.MEASURES`; unknown names are refused."""
        self.measures = chosen_measures(measures)
        self.frames: list[pd.DataFrame] = []

    def add(
        self,
        comparison: str,
        first: str,
        second: str,
        clone: int,
        stimuli: str,
        products: Products,
        episodes: int,
        paired: bool = True,
    ) -> None:
        """Add the pairs of layers of two of the networks whose products are given.

        `clone` is -1 if no clone takes part; `episodes` is the number of episodes of the states.
        """
        networks = {
            "comparison": comparison,
            "first": first,
            "second": second,
            "clone": clone,
            "stimuli": stimuli,
            "pairing": "paired" if paired else "unpaired",
        }
        positions = products.names.index(first), products.names.index(second)
        parts = [
            self._compare(part, *positions, stimuli)
            for part in (products.recorded, *products.matching)
            if all(part.networks[position] for position in positions)
        ]
        pairs = pd.concat(parts, ignore_index=True).assign(**networks, episodes=episodes)
        self._compare_arrays(pairs, products.shared)
        layers = ["layer_first", "layer_second"]
        columns = [*networks, *layers, *self.measures, "rows", "episodes", "note"]
        self.frames.append(pairs[columns])

    def table(self) -> pd.DataFrame:
        """Return all rows; the log says how many have no value and why.

        Columns: comparison, first, second, clone, stimuli, pairing, layer_first, layer_second, each
        measure, rows, episodes, and note, which says why a measure has no value.
        """
        table = pd.concat(self.frames).sort_values(
            ["comparison", "stimuli", "clone"], kind="stable", ignore_index=True
        )
        for note, pairs in table.groupby("note").size().drop("", errors="ignore").items():
            logging.warning("%d pairs of layers: %s", pairs, note)
        return table

    def _compare(
        self, products: CrossProducts, first: int, second: int, stimuli: str
    ) -> pd.DataFrame:
        """Return the measures that follow from products, all layers with all."""
        rows, columns = ([layer.name for layer in products.networks[k]] for k in (first, second))
        pairs = [(i, j, x, y) for i, x in enumerate(rows) for j, y in enumerate(columns)]
        values = {
            name: [
                measure.function(products, first, second, i, j)
                if isinstance(measure, ProductMeasure) and measure.compares(stimuli, x, y)
                else float("nan")
                for i, j, x, y in pairs
            ]
            for name, measure in self.measures.items()
        }
        table = pd.DataFrame(
            {
                "layer_first": [x for *_, x, _ in pairs],
                "layer_second": [y for *_, y in pairs],
                **values,
                "rows": products.rows,
                "note": np.ravel(products.notes(first, second)),
            }
        )
        for name, measure in self.measures.items():
            if isinstance(measure, ProductMeasure):
                compared = np.array([measure.compares(stimuli, x, y) for *_, x, y in pairs], bool)
                missing = table[name].isna() & (table["note"] == "") & compared
                table.loc[missing, "note"] = f"{name} undefined: needs {measure.needs}"
        return table

    def _compare_arrays(self, pairs: pd.DataFrame, shared: SharedStates | None) -> None:
        """Fill in the measures that need the layers themselves, for two networks."""
        measures = {k: m for k, m in self.measures.items() if isinstance(m, ArrayMeasure)}
        if not measures:
            return
        if shared:
            first, second = (shared.layers(pairs[side].iloc[0]) for side in ("first", "second"))
            episode_ids = shared.states.episode_ids
        for row, pair in pairs.iterrows():
            reasons: dict[str, list[str]] = {}
            for name, measure in measures.items():
                layers = pair["layer_first"], pair["layer_second"]
                if not measure.compares(pair["stimuli"], *layers) or pair["note"] in WITHOUT_VALUES:
                    continue
                if not shared:
                    reasons.setdefault(NOT_SHARED, []).append(name)
                    continue
                value = measure.value(first[layers[0]], second[layers[1]], episode_ids)
                pairs.loc[row, name] = value
                if np.isnan(value):
                    reasons.setdefault(f"needs {measure.needs}", []).append(name)
            notes = [f"{', '.join(names)} undefined: {why}" for why, names in reasons.items()]
            pairs.loc[row, "note"] = "; ".join(filter(None, [pair["note"], *notes]))
