"""Which networks are compared, on which stimuli: the rows of the table of similarities.

| comparison          | first     | second    | stimuli                | paired                  |
|---------------------|-----------|-----------|------------------------|-------------------------|
| `expert_itself`     | expert    | expert    | `own`, one rollout     | yes (study, panel A)    |
| `clone_itself`      | clone     | clone     | `own`                  | yes (study, panel B)    |
| `expert_clone`      | expert    | clone     | `own`                  | no (study, C and D)     |
| `expert_two_rollouts` | expert  | expert    | `own`, two rollouts    | no (one network in C) |
| `expert_clone`      | expert    | clone     | `expert`, `level`, `half` | yes                  |
| `expert_untrained`  | expert    | untrained | `half`                 | yes: the floor          |
"""

import logging
from collections.abc import Sequence

import h5py
import numpy as np
import pandas as pd

from brainiarb.activations import digest_of, own_length, read_layers
from brainiarb.crossproducts import CrossProducts, cross_products, in_chunks, merge

Layers = dict[str, np.ndarray]

BLOCK = 8  # clones whose layers are in memory together


def compare_level(expert: h5py.File, untrained: h5py.File, clones: h5py.File) -> pd.DataFrame:
    """Compare an expert with the clones of one level and with the floor of their initialisation.

    Columns: comparison, clone (-1 where none takes part), stimuli, paired, layer_first,
    layer_second, cka, cka_debiased, rows, note (why there is no value).
    """
    check_paired(digest_of(expert, "expert", 0), digest_of(clones, "expert", 0), "expert")
    check_paired(digest_of(expert, "expert", 0), digest_of(untrained, "expert", 0), "expert")
    frames = []

    def add(
        name: str, clone: int, stimuli: str, paired: bool, products: CrossProducts, second: int
    ) -> None:
        found = tabulate_pair(products, second)
        found.insert(0, "comparison", name)
        found.insert(1, "clone", clone)
        found.insert(2, "stimuli", stimuli)
        found.insert(3, "paired", paired)
        frames.append(found)

    one, other = (read_layers(expert, "own", k) for k in range(2))
    add("expert_itself", -1, "own", True, cross_products(in_chunks([one])), 0)
    add("expert_two_rollouts", -1, "own", False, unpaired(one, other), 1)

    count = len(clones["own"]["linear1"])
    for start in range(0, count, BLOCK):
        block = range(start, min(start + BLOCK, count))
        shared, floors = on_shared_states(expert, untrained, clones, block)
        for place, clone in enumerate(block, 1):
            if own_length(clones, "own", clone):
                mine = read_layers(clones, "own", clone)
                add("clone_itself", clone, "own", True, cross_products(in_chunks([mine])), 0)
                add("expert_clone", clone, "own", False, unpaired(one, mine), 1)
            for stimuli, products in shared.items():
                add("expert_clone", clone, stimuli, True, products, place)
            add("expert_untrained", clone, "half", True, floors, place)
    table = pd.concat(frames, ignore_index=True)
    for note, pairs in table.groupby("note").size().drop("", errors="ignore").items():
        logging.warning("%d pairs of layers are %s", pairs, note)
    return table


def on_shared_states(
    expert: h5py.File, untrained: h5py.File, clones: h5py.File, block: range
) -> tuple[dict[str, CrossProducts], CrossProducts]:
    """Return products of the expert with some clones by stimuli, and with untrained on `half`.

    Network 0 is the expert. `half` is the even rows of `expert` and of `level`, so that sums over
    even and over odd rows make up all three.
    """
    even, odd, floors = [], [], []
    for of_expert, of_clones, of_floor in (
        ((expert, "expert"), (clones, "expert"), (untrained, "expert")),
        (
            (clones, "reference/expert/level"),
            (clones, "level"),
            (clones, "reference/untrained/level"),
        ),
    ):
        reference = read_layers(*of_expert, 0)
        networks = [reference, *(read_layers(*of_clones, k) for k in block)]
        even.append(first_with_others(networks, slice(0, None, 2)))
        odd.append(first_with_others(networks, slice(1, None, 2)))
        networks = [reference, *(read_layers(*of_floor, k) for k in block)]
        floors.append(first_with_others(networks, slice(0, None, 2)))
    shared = {
        "expert": merge([even[0], odd[0]]),
        "level": merge([even[1], odd[1]]),
        "half": merge(even),
    }
    return shared, merge(floors)


def unpaired(first: Layers, second: Layers) -> CrossProducts:
    """Return the products of rows of equal index, as many as both networks have."""
    rows = min(len(layers["linear1"]) for layers in (first, second))
    return first_with_others([first, second], slice(rows))


def first_with_others(networks: Sequence[Layers], rows: slice) -> CrossProducts:
    """Return the products of the first network with each of the others over some rows."""
    chosen = [{name: values[rows] for name, values in layers.items()} for layers in networks]
    return cross_products(in_chunks(chosen), [(0, k) for k in range(1, len(chosen))])


def tabulate_pair(products: CrossProducts, second: int) -> pd.DataFrame:
    """Return the CKA of all layers of network 0 with all of another.

    Columns: layer_first, layer_second, cka, cka_debiased, rows, note.
    """
    biased, unbiased = products.cka(0, second)
    rows, columns = ([layer.name for layer in products.networks[k]] for k in (0, second))
    return pd.DataFrame(
        {
            "layer_first": np.repeat(rows, len(columns)),
            "layer_second": np.tile(columns, len(rows)),
            "cka": biased.ravel(),
            "cka_debiased": unbiased.ravel(),
            "rows": products.rows,
            "note": np.ravel(products.notes(0, second)),
        }
    )


def check_paired(first: str, second: str, stimuli: str) -> None:
    """Raise ValueError where two recordings are not of the same states."""
    if first != second:
        raise ValueError(
            f"expected two recordings of the same {stimuli} states, found digests {first} and "
            f"{second}; record the activations of both again"
        )
