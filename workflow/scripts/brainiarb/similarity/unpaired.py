"""The published procedure: each network on its own rollout, rows matched by index.

Row t of the i-th episode of one recording stands beside row t of the i-th episode of the other,
which is another state. Both recordings give equally many rows of equally many episodes, because
such a value falls with their number. It is therefore read against `split_similarity`: what one
network scores with itself on other episodes.
"""

from collections.abc import Mapping
from itertools import product

import h5py
import numpy as np
import pandas as pd

from brainiarb.activity.activations import Activations, networks_in
from brainiarb.similarity.nulls import components
from brainiarb.similarity.products import products_of
from brainiarb.similarity.streaming import cross_products, in_chunks
from brainiarb.similarity.tables import SimilarityTable

SPLIT_COLUMNS = (
    "split", "layer_first", "layer_second", "cka", "cka_debiased", "rows", "episodes",
)  # fmt: skip


def matched_rows(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of two recordings that stand beside each other, episode by episode.

    `first` (n) and `second` (m) are the episodes of the rows, in order of time. Of the i-th episode
    of both, the first rows are taken, as many as the shorter of them has. Episodes that the other
    recording lacks are left out. Both results have the same length, which can be 0.

    Examples
    --------
    >>> matched_rows(np.array([0, 0, 0, 1, 1, 1]), np.array([7, 7, 9]))
    (array([0, 1, 3]), array([0, 1, 2]))
    """
    episodes = [[np.flatnonzero(ids == k) for k in np.unique(ids)] for ids in (first, second)]
    pairs = [(x[: len(y)], y[: len(x)]) for x, y in zip(*episodes, strict=False)]
    none = np.zeros(0, np.int64)
    rows_first, rows_second = (np.concatenate([none, *(pair[k] for pair in pairs)]) for k in (0, 1))
    return rows_first, rows_second


def compare_unpaired(table: SimilarityTable, common: h5py.File, clones: h5py.File) -> None:
    """Add each clone with itself, and with the expert by the published procedure, on `own`.

    The files are of activations: of the expert, and of the clones. A clone that falls early has
    fewer rows than the expert, of which then only as many are taken (see `matched_rows`). A clone
    without a row is left out.
    """
    of_expert = Activations(common, "own")
    layers, episode_ids = of_expert.layers(), of_expert.episode_ids
    for k in range(networks_in(clones, "own")):
        of_clone, name = Activations(clones, "own", k), f"clone_{k}"
        rows = matched_rows(episode_ids, of_clone.episode_ids)
        if not len(rows[0]):
            continue
        networks = {
            network: {layer: values[chosen] for layer, values in recorded.items()}
            for network, recorded, chosen in zip(
                ("expert", name), (layers, of_clone.layers()), rows, strict=True
            )
        }
        products = products_of(networks, [("expert", name)])
        episodes = len(np.unique(episode_ids[rows[0]]))
        table.add("clone_itself", name, name, k, "own", products, episodes)
        table.add("expert_clone", "expert", name, k, "own", products, episodes, paired=False)


def split_similarity(
    layers: Mapping[str, np.ndarray],
    episode_ids: np.ndarray,
    episodes: int,
    rows: int,
    splits: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the CKA of a network with itself on other episodes, over random splits of them.

    `layers` (n, p) by name are of all its episodes, whose ids are `episode_ids` (n). A split draws
    two times `episodes` episodes without replacement, or as many as there are, and compares the
    first half with the second by `matched_rows`, cut to `rows` rows. Columns: `SPLIT_COLUMNS`.
    Without two episodes there is no row.
    """
    labels = np.unique(episode_ids)
    count = min(episodes, len(labels) // 2)
    members = [np.flatnonzero(episode_ids == label) for label in labels]
    scores = {name: components(values) for name, values in layers.items()}
    pairs = [*product(scores, repeat=2)]
    frames = [pd.DataFrame(columns=[*SPLIT_COLUMNS])]
    for split in range(splits if count else 0):
        halves = np.split(rng.permutation(len(labels))[: 2 * count], 2)
        sides = [np.concatenate([members[e] for e in half]) for half in halves]
        numbers = [np.repeat(np.arange(count), [len(members[e]) for e in half]) for half in halves]
        matched = [side[at[:rows]] for side, at in zip(sides, matched_rows(*numbers), strict=True)]
        networks = [{name: values[at] for name, values in scores.items()} for at in matched]
        biased, debiased = cross_products(in_chunks(networks)).cka(0, 1)
        compared = len(matched[0]), len(np.unique(episode_ids[matched[0]]))
        values = zip(pairs, biased.flat, debiased.flat, strict=True)
        frames.append(
            pd.DataFrame(
                [(split, *pair, cka, unbiased, *compared) for pair, cka, unbiased in values],
                columns=[*SPLIT_COLUMNS],
            )
        )
    return pd.concat(frames[1:] or frames, ignore_index=True)
