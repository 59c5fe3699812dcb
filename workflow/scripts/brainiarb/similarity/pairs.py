"""Which networks are compared, and on which stimuli: the rows of the table of similarities.

| comparison            | first and second            | stimuli                   | remark        |
|-----------------------|-----------------------------|---------------------------|---------------|
| `expert_itself`       | the expert, twice           | `own`                     | study A       |
| `clone_itself`        | a clone, twice              | `own`                     | study B       |
| `expert_clone`        | the expert and a clone      | `own`, unpaired           | study C and D |
| `expert_two_rollouts` | the expert on two rollouts  | `own`, unpaired           |               |
| `expert_clone`        | the expert and a clone      | `expert`, `level`, `half` |               |
| `expert_untrained`    | the expert and an untrained | `half`                    | the floor     |
| `expert_seed`         | experts of one algorithm    | `half`, `expert`          | the ceiling   |
| `expert_algorithm`    | experts of two algorithms   | `half`, `expert`          | the ceiling   |
| `clone_clone`         | a clone and the next clone  | `half`                    |               |
| `expert_observation`  | the expert and observations | `expert`                  |               |
| `clone_observation`   | a clone and observations    | `half`                    |               |
| `random_heads`        | the expert and random heads | `expert`                  | on linear2    |

"Study" names the panels of the published figure. The untrained network k is clone k before
training. The derived layers (see `activations.with_derived`) are compared only with themselves and
with the observations: on `half`, on `expert` among experts, and on the two rollouts.
"""

from collections.abc import Collection, Sequence
from itertools import combinations, pairwise

import h5py
import numpy as np
import pandas as pd

from brainiarb.activity.activations import Activations, with_derived
from brainiarb.actors.layers import DERIVED, LAYERS, OBSERVATIONS
from brainiarb.similarity.products import (
    Products,
    SharedStates,
    merged,
    paired_layers,
    products_of,
)
from brainiarb.similarity.tables import SimilarityTable

BLOCK = 8  # clones (and one more) whose layers are in memory together
HEADS = 32  # random heads


def compare_level(
    expert: h5py.File,
    untrained: h5py.File,
    peers: h5py.File,
    clones: h5py.File,
    measures: Collection[str],
) -> pd.DataFrame:
    """Compare an expert with the clones of one level, with the floor and with the ceiling.

    `measures` are names of `measures.MEASURES`. Columns: see `SimilarityTable.table`. Raises
    Refused if recordings of different states would be paired.
    """
    table = SimilarityTable(measures)
    count = len(clones["own"]["linear1"])
    episodes = {group: Activations(clones, group).episodes for group in ("expert", "level", "half")}
    for start in range(0, count, BLOCK):
        block = range(start, min(start + BLOCK, count))
        _compare_on_own_states(table, expert, clones, block)
        others = sorted(peers) if start == 0 else []
        # The next block's first clone comes along, to be compared with this block's last clone.
        extended = range(start, min(start + BLOCK + 1, count))
        shared = on_shared_states(expert, untrained, peers, clones, extended, others)
        on_half = "half", shared["half"], episodes["half"]
        for k in block:
            name = f"clone_{k}"
            for stimuli, products in shared.items():
                of_pair = stimuli, products, episodes[stimuli]
                table.add("expert_clone", "expert", name, k, *of_pair)
            table.add("expert_untrained", "expert", f"untrained_{k}", k, *on_half)
            table.add("clone_observation", name, OBSERVATIONS, k, *on_half)
        for k, following in pairwise(extended):
            table.add("clone_clone", f"clone_{k}", f"clone_{following}", k, *on_half)
        for name in others:
            table.add(relation(peers, "expert", name), "expert", name, -1, *on_half)
    return table.table()


def compare_experts(
    expert: h5py.File, peers: h5py.File, measures: Collection[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Compare an expert with itself, with other experts, its observations and random heads.

    `measures` and columns as in `compare_level`. Raises Refused if recordings of different states
    would be paired.
    """
    table = SimilarityTable(measures)
    twice = [Activations(expert, "own", k) for k in range(2)]
    episodes = min(activations.episodes for activations in twice)
    networks = {
        name: {
            **with_derived(layers),
            OBSERVATIONS: activations.observations()[: len(layers["linear1"])],
        }
        for name, activations, layers in zip(
            ("expert", "again"), twice, paired_layers(twice, unpaired=True), strict=True
        )
    }
    products = products_of(networks, [("expert", "again")], (*DERIVED, OBSERVATIONS))
    on_own = "own", products, episodes
    table.add("expert_itself", "expert", "expert", -1, *on_own)
    table.add("expert_two_rollouts", "expert", "again", -1, *on_own, paired=False)
    del networks

    activations = {"expert": Activations(expert, "expert")}
    activations |= {name: Activations(peers, f"{name}/expert") for name in sorted(peers)}
    states = activations["expert"]
    layers = {
        name: with_derived(values)
        for name, values in zip(activations, paired_layers([*activations.values()]), strict=True)
    }
    heads = random_heads(
        layers["expert"]["linear2_relu"], layers["expert"]["mean_linear"].shape[1], rng
    )
    products = products_of(
        {
            "expert": {name: layers["expert"][name] for name in LAYERS[2:]},
            "random": {f"random_head_{k}": values for k, values in enumerate(heads)},
        },
        [("expert", "random")],
    )
    table.add("random_heads", "expert", "random", -1, "expert", products, states.episodes)
    pairs = list(combinations(layers, 2))
    layers[OBSERVATIONS] = {OBSERVATIONS: states.observations()}
    products = products_of(
        layers,
        [*pairs, ("expert", OBSERVATIONS)],
        DERIVED,
        shared=SharedStates(states, (activations,)),
    )
    on_expert = "expert", products, states.episodes
    table.add("expert_observation", "expert", OBSERVATIONS, -1, *on_expert)
    for first, second in pairs:
        table.add(relation(peers, first, second), first, second, -1, *on_expert)
    return table.table()


def on_shared_states(
    expert: h5py.File,
    untrained: h5py.File,
    peers: h5py.File,
    clones: h5py.File,
    block: range,
    others: Sequence[str],
) -> dict[str, Products]:
    """Return the products of the expert with a block of clones, by stimuli.

    `half` also has the products with the other experts, with untrained networks and with
    observations. It is the even rows of `expert` and of `level`, so the sums over even and over odd
    rows make up all three stimuli.
    """
    of_clones = [("expert", f"clone_{k}") for k in block]
    pairs = [
        *of_clones,
        *(("expert", f"untrained_{k}") for k in block),
        *(("expert", name) for name in others),
        *((f"clone_{k}", f"clone_{following}") for k, following in pairwise(block)),
        *((f"clone_{k}", OBSERVATIONS) for k in block),
    ]
    reference = "reference/{}/level"
    parts = [
        {
            "expert": Activations(expert, "expert"),
            **{f"clone_{k}": Activations(clones, "expert", k) for k in block},
            **{f"untrained_{k}": Activations(untrained, "expert", k) for k in block},
            **{name: Activations(peers, f"{name}/expert") for name in others},
        },
        {
            "expert": Activations(clones, reference.format("expert")),
            **{f"clone_{k}": Activations(clones, "level", k) for k in block},
            **{
                f"untrained_{k}": Activations(clones, reference.format("untrained"), k)
                for k in block
            },
            **{name: Activations(clones, reference.format(f"peers/{name}")) for name in others},
        },
    ]
    even, odd = [], []
    for states, activations in zip(("expert", "level"), parts, strict=True):
        layers = dict(zip(activations, paired_layers([*activations.values()]), strict=True))
        seconds = {name: layers[name] for name in ("expert", *(clone for _, clone in of_clones))}
        odd.append(products_of(seconds, of_clones, rows=slice(1, None, 2)))
        networks = {
            name: with_derived({layer: values[::2] for layer, values in of_network.items()})
            for name, of_network in layers.items()
        }
        observations = Activations(clones, states).observations()[::2]
        networks[OBSERVATIONS] = {OBSERVATIONS: observations}
        even.append(products_of(networks, pairs, DERIVED))
    return {
        **{
            stimuli: merged(
                [even[i].only(of_clones), odd[i]],
                SharedStates(Activations(clones, stimuli), (parts[i],)),
            )
            for i, stimuli in enumerate(("expert", "level"))
        },
        "half": merged(even, SharedStates(Activations(clones, "half"), tuple(parts))),
    }


def relation(peers: h5py.File, first: str, second: str) -> str:
    """Return `expert_seed` if one known algorithm trained two experts, else `expert_algorithm`."""
    algorithms = {
        peers.attrs["algorithm"] if name == "expert" else peers[name].attrs["algorithm"]
        for name in (first, second)
    }
    known = "unknown" not in algorithms
    return "expert_seed" if len(algorithms) == 1 and known else "expert_algorithm"


def random_heads(features: np.ndarray, units: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the outputs (n, units) of `HEADS` untrained heads that read features (n, p).

    Weights are uniform on +-1 / sqrt(p), like those of an untrained layer.
    """
    bound = features.shape[1] ** -0.5
    weights = rng.uniform(-bound, bound, (HEADS, features.shape[1], units)).astype(np.float32)
    return [features @ weight for weight in weights]


def _compare_on_own_states(
    table: SimilarityTable, expert: h5py.File, clones: h5py.File, block: range
) -> None:
    """Compare by the published procedure: each network on its own rollout, rows by index."""
    of_expert = Activations(expert, "own")
    of_clones = {clone: Activations(clones, "own", clone) for clone in block}
    lengths = {k: min(of_expert.rows, activations.rows) for k, activations in of_clones.items()}
    for length in sorted({*lengths.values()} - {0}):
        chosen = [k for k in block if lengths[k] == length]
        names = ["expert", *(f"clone_{k}" for k in chosen)]
        layers = paired_layers([of_expert, *(of_clones[k] for k in chosen)], unpaired=True)
        networks = dict(zip(names, layers, strict=True))
        products = products_of(networks, [("expert", name) for name in names[1:]])
        for k, name in zip(chosen, names[1:], strict=True):
            episodes = of_clones[k].episodes
            table.add("clone_itself", name, name, k, "own", products, episodes)
            episodes = min(episodes, of_expert.episodes)
            table.add("expert_clone", "expert", name, k, "own", products, episodes, paired=False)
