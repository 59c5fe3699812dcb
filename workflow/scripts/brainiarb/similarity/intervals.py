"""Confidence intervals and p values of the similarity of an expert and one clone.

Episodes are the unit, and each layer is compared with itself on `half`. The interval of debiased
CKA comes from episodes that are drawn anew, within the expert's and within the clones'. The p
values test against two nulls: episodes that meet other episodes, and states that meet later states.
All statements hold for these two networks only.
"""

from collections.abc import Mapping

import h5py
import numpy as np
import pandas as pd

from brainiarb.activity.activations import Activations, every_second, with_derived
from brainiarb.similarity.nulls import (
    bootstrap_cka,
    components,
    episode_weights,
    shift_null,
    swap_null,
)
from brainiarb.statistics.intervals import central_interval

COLUMNS = ("low", "high", "p_swap", "p_shift")
SHARE = 0.99
"""Share of the variance of each side that its components hold; p values are of the components."""


def half_of(expert: h5py.File, clones: h5py.File, clone: int) -> tuple[list[dict], np.ndarray, int]:
    """Return the layers of expert and clone on `half`, the episodes (n), and the expert's episodes.

    Episodes are numbered from 0; the last value says how many of them are the expert's.
    """
    of_expert = every_second(
        Activations(expert, "expert").layers(),
        Activations(clones, "reference/expert/level").layers(),
    )
    of_clone = Activations(clones, "half", clone)
    experts_ids = Activations(clones, "expert").episode_ids[::2]
    return (
        [with_derived(of_expert), with_derived(of_clone.layers())],
        of_clone.episode_ids,
        len(np.unique(experts_ids)),
    )


def clone_intervals(
    expert: h5py.File,
    clones: h5py.File,
    clone: int,
    settings: Mapping[str, float],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the interval and the p values of every layer, one row for each layer.

    `settings` hold `replicates`, `alpha` (the interval holds 1 - alpha) and `shift`, the smallest
    shift (s). Columns: `COLUMNS`; nan without an interval or a null.
    """
    (first, second), episode_ids, experts = half_of(expert, clones, clone)
    episodes = len(np.unique(episode_ids))
    replicates = int(settings["replicates"])
    weights = np.hstack(
        [
            episode_weights(count, replicates, rng)
            for count in (experts, episodes - experts)
            if count
        ]
    )
    spacing = float(clones["half"].attrs["spacing"])
    least = int(np.ceil(settings["shift"] / spacing)) if spacing > 0 else 0
    intervals = {}
    for name in first:
        x, y = (components(side[name]) for side in (first, second))
        drawn = bootstrap_cka(x, y, episode_ids, weights)[1]
        swapped = swap_null(x, y, episode_ids, replicates, rng, SHARE)
        shifted = shift_null(x, y, episode_ids, least, share=SHARE)
        intervals[name] = (
            *(central_interval(drawn, settings["alpha"]) if episodes > 1 else (np.nan, np.nan)),
            swapped.p_value(debiased=True),
            shifted.p_value(debiased=True),
        )
    return pd.DataFrame.from_dict(intervals, orient="index", columns=list(COLUMNS))


def with_intervals(table: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the table of similarities with the intervals of the clone of median return."""
    of_median_clone = (
        (table["comparison"] == "expert_clone")
        & (table["stimuli"] == "half")
        & (table["layer_first"] == table["layer_second"])
        & table["median"]
    )
    values = intervals.reindex(table["layer_first"].where(of_median_clone))
    return table.assign(**{name: values[name].to_numpy() for name in COLUMNS})
