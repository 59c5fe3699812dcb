"""How sure the similarity of an expert and one clone is, with episodes as the unit.

On `half`, for each layer with itself: the interval of debiased CKA with episodes drawn anew, within
the expert's and within the clones', and p values against two nulls, episodes that meet other
episodes and states that meet later ones. All hold for these two networks, whatever others would do.
"""

from collections.abc import Mapping

import h5py
import numpy as np
import pandas as pd

from brainiarb.activity.activations import every_second, read_layers, with_derived
from brainiarb.similarity.nulls import (
    bootstrap_cka,
    components,
    episode_weights,
    shift_null,
    swap_null,
)

COLUMNS = ("low", "high", "p_swap", "p_shift")
SHARE = 0.99
"""Of each side's variance that its components hold for the nulls; of these p values are made."""


def half_of(expert: h5py.File, clones: h5py.File, clone: int) -> tuple[list[dict], np.ndarray, int]:
    """Return the layers of expert and clone on `half`, the episode of each state, and of how many
    of these the expert's are.
    """
    one = every_second(
        read_layers(expert, "expert", 0), read_layers(clones, "reference/expert/level", 0)
    )
    parts = [clones[part]["episode_ids"][::2] for part in ("expert", "level")]
    labels = [np.unique(part, return_inverse=True)[1] for part in parts]
    count = int(labels[0].max(initial=-1)) + 1
    return (
        [with_derived(one), with_derived(read_layers(clones, "half", clone))],
        np.concatenate([labels[0], labels[1] + count]),
        count,
    )


def clone_intervals(
    expert: h5py.File,
    clones: h5py.File,
    clone: int,
    settings: Mapping[str, float],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return interval (95 %) and p values of every layer, by layer; nan where there is none.

    Columns: those of `COLUMNS`. `settings` hold `replicates`, and `shift` (s), the least shift.
    """
    (first, second), episode_ids, of_expert = half_of(expert, clones, clone)
    episodes = len(np.unique(episode_ids))
    replicates = int(settings["replicates"])
    weights = np.hstack(
        [
            episode_weights(count, replicates, rng)
            for count in (of_expert, episodes - of_expert)
            if count
        ]
    )
    spacing = float(clones["half"].attrs["spacing"])
    least = int(np.ceil(settings["shift"] / spacing)) if spacing > 0 else 0
    found = {}
    for name in first:
        x, y = (components(side[name]) for side in (first, second))
        drawn = bootstrap_cka(x, y, episode_ids, weights)[1]
        drawn = drawn[np.isfinite(drawn)]
        swapped = swap_null(x, y, episode_ids, replicates, rng, SHARE)
        shifted = shift_null(x, y, episode_ids, least, share=SHARE)
        found[name] = (
            *(np.quantile(drawn, [0.025, 0.975]) if episodes > 1 and len(drawn) else (np.nan,) * 2),
            swapped.p_value(debiased=True),
            shifted.p_value(debiased=True),
        )
    return pd.DataFrame.from_dict(found, orient="index", columns=list(COLUMNS))


def with_intervals(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the table of similarities with the intervals of the clone of median return."""
    its = (
        (table["comparison"] == "expert_clone")
        & (table["stimuli"] == "half")
        & (table["layer_first"] == table["layer_second"])
        & table["median"]
    )
    values = found.reindex(table["layer_first"].where(its))
    return table.assign(**{name: values[name].to_numpy() for name in COLUMNS})
