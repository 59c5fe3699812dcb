"""Confidence intervals and p values of the similarity of an expert and one clone.

Episodes are the unit, and each layer is compared with itself on `common`. The interval of debiased
CKA comes from episodes that are drawn anew, within those of each source of states. The p values
test against two nulls: episodes that meet other episodes, and states that meet later states. All
statements hold for these two networks only.
"""

from collections.abc import Mapping

import h5py
import numpy as np
import pandas as pd

from brainiarb.activity.activations import Activations
from brainiarb.similarity.nulls import (
    bootstrap_cka,
    components,
    episode_weights,
    shift_null,
    swap_null,
)
from brainiarb.similarity.products import paired_layers
from brainiarb.statistics.intervals import central_interval

COLUMNS = ("low", "high", "p_swap", "p_shift")
SHARE = 0.99
"""Share of the variance of each side that its components hold; p values are of the components."""


def clone_intervals(
    common: h5py.File,
    clones: h5py.File,
    clone: int,
    settings: Mapping[str, float],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the interval and the p values of every layer that both networks have, one row each.

    `common` and `clones` are files of activations; both must be of the same states, or Refused is
    raised. `settings` hold `replicates`, `alpha` (the interval holds 1 - alpha) and `shift`, the
    smallest shift (s). Columns: `COLUMNS`; nan without an interval or a null, as without states.
    Without replicates no layer has a row.
    """
    if not settings["replicates"]:
        return pd.DataFrame(columns=list(COLUMNS), dtype=float)
    recorded = [Activations(common, "expert"), Activations(clones, "common", clone)]
    first, second = (
        network.architecture.derive(layers)
        for network, layers in zip(recorded, paired_layers(recorded), strict=True)
    )
    common_names = [name for name in first if name in second]
    states, replicates = recorded[0], int(settings["replicates"])
    episode_ids, sources = states.episode_ids, states.sources
    if not len(episode_ids):
        return pd.DataFrame(np.nan, index=common_names, columns=list(COLUMNS))
    # Episodes are numbered source by source, as `common_states` does.
    counts = [len(np.unique(episode_ids[sources == source])) for source in np.unique(sources)]
    weights = np.hstack([episode_weights(count, replicates, rng) for count in counts])
    spacing = float(common["expert"].attrs["spacing"])
    least = int(np.ceil(settings["shift"] / spacing)) if spacing > 0 else 0
    intervals = {}
    for name in common_names:
        x, y = (components(side[name]) for side in (first, second))
        drawn = bootstrap_cka(x, y, episode_ids, weights)[1]
        swapped = swap_null(x, y, episode_ids, replicates, rng, SHARE)
        shifted = shift_null(x, y, episode_ids, least, share=SHARE)
        intervals[name] = (
            *(central_interval(drawn, settings["alpha"]) if sum(counts) > 1 else (np.nan, np.nan)),
            swapped.p_value(debiased=True),
            shifted.p_value(debiased=True),
        )
    return pd.DataFrame.from_dict(intervals, orient="index", columns=list(COLUMNS))


def with_intervals(table: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the table of similarities with the intervals of the clone of median return."""
    of_median_clone = (
        (table["comparison"] == "expert_clone")
        & (table["stimuli"] == "common")
        & (table["layer_first"] == table["layer_second"])
        & table["median"]
    )
    values = intervals.reindex(table["layer_first"].where(of_median_clone))
    return table.assign(**{name: values[name].to_numpy() for name in COLUMNS})
