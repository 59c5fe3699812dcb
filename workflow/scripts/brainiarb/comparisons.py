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

import h5py
import numpy as np
import pandas as pd

from brainiarb.activations import digest_of, every_second, own_length, read_layers
from brainiarb.layers import LAYERS
from brainiarb.similarity import table

Layers = dict[str, np.ndarray]


def compare_level(expert: h5py.File, untrained: h5py.File, clones: h5py.File) -> pd.DataFrame:
    """Compare an expert with the clones of one level and with the floor of their initialisation.

    Columns: comparison, clone (-1 where none takes part), stimuli, paired, layer_first,
    layer_second, cka, cka_debiased, rows, note.
    """
    frames = []

    def add(
        name: str, clone: int, stimuli: str, paired: bool, first: Layers, second: Layers
    ) -> None:
        rows = min(len(first["linear1"]), len(second["linear1"]))
        found = table(
            {layer: first[layer][:rows] for layer in LAYERS},
            {layer: second[layer][:rows] for layer in LAYERS},
        )
        found.insert(0, "comparison", name)
        found.insert(1, "clone", clone)
        found.insert(2, "stimuli", stimuli)
        found.insert(3, "paired", paired)
        frames.append(found)

    one, other = (read_layers(expert, "own", k) for k in range(2))
    add("expert_itself", -1, "own", True, one, one)
    add("expert_two_rollouts", -1, "own", False, one, other)

    shared = {
        "expert": read_layers(expert, "expert", 0),
        "level": read_layers(clones, "reference/expert/level", 0),
    }
    check_paired(digest_of(expert, "expert", 0), digest_of(clones, "expert", 0), "expert")
    check_paired(digest_of(expert, "expert", 0), digest_of(untrained, "expert", 0), "expert")
    shared["half"] = every_second(shared["expert"], shared["level"])
    for clone in range(len(clones["own"]["linear1"])):
        if own_length(clones, "own", clone):
            mine = read_layers(clones, "own", clone)
            add("clone_itself", clone, "own", True, mine, mine)
            add("expert_clone", clone, "own", False, one, mine)
        for stimuli, reference in shared.items():
            add(
                "expert_clone",
                clone,
                stimuli,
                True,
                reference,
                read_layers(clones, stimuli, clone),
            )
        floor = every_second(
            read_layers(untrained, "expert", clone),
            read_layers(clones, "reference/untrained/level", clone),
        )
        add("expert_untrained", clone, "half", True, shared["half"], floor)
    return pd.concat(frames, ignore_index=True)


def check_paired(first: str, second: str, stimuli: str) -> None:
    """Raise ValueError where two recordings are not of the same states."""
    if first != second:
        raise ValueError(
            f"expected two recordings of the same {stimuli} states, found digests {first} and "
            f"{second}; record the activations of both again"
        )
