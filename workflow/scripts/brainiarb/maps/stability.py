"""How alike the regions of the shared map are when the map is made otherwise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from brainiarb.gait.walk import SteadyWalk
from brainiarb.maps.regions import region_of
from brainiarb.maps.shared import BANDWIDTHS, MapSettings, SharedMap, fit_map, regions_at

SEEDS = 5
"""The maps that are compared over seeds, the map as it is among them."""
PERPLEXITIES = (0.3, 3.0)
"""Other perplexities, as multiples of that of the map."""


def stability_table(walks: Sequence[SteadyWalk], settings: MapSettings, seed: int) -> pd.DataFrame:
    """Tabulate how alike the regions of the same frames are when the map is made otherwise.

    Columns: expert, changed (`seed`, `perplexity` or `bandwidth`), value, regions, adjusted_rand
    against the map as it is (Hubert and Arabie 1985: 1 the same division, 0 by chance).
    """
    from sklearn.metrics import adjusted_rand_score

    usual = fit_map(walks, settings, seed)

    def labels(shared: SharedMap, regions: NDArray[np.int32]) -> NDArray[np.int32]:
        return region_of(shared.embedding.points, regions, shared.limit)

    divisions: list[tuple[str, float, NDArray[np.int32]]] = []
    for step in range(1, SEEDS):
        again = fit_map(walks, settings, (seed + step) % 2**32)
        divisions.append(("seed", step, labels(again, again.regions)))
    for ratio in PERPLEXITIES:
        perplexity = min(ratio * usual.embedding.perplexity, (len(usual.levels) - 1) // 3)
        again = fit_map(walks, replace(settings, perplexity=max(perplexity, 1)), seed)
        divisions.append(("perplexity", again.embedding.perplexity, labels(again, again.regions)))
    for bandwidth in BANDWIDTHS:
        regions = regions_at(usual, settings, bandwidth)
        divisions.append(("bandwidth", bandwidth, labels(usual, regions)))
    before = labels(usual, usual.regions)
    return pd.DataFrame(
        [
            (walks[0].expert, changed, value, int(after.max()), adjusted_rand_score(before, after))
            for changed, value, after in divisions
        ],
        columns=["expert", "changed", "value", "regions", "adjusted_rand"],
    )
