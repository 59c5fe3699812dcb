"""Which networks are compared, and on which stimuli: the rows of the table of similarities.

| comparison           | first and second            | stimuli         | level    | remark        |
|----------------------|-----------------------------|-----------------|----------|---------------|
| `expert_itself`      | the expert, twice           | `own`           | -1       | study A       |
| `clone_itself`       | a clone, twice              | `own`           | of clone | study B       |
| `expert_clone`       | the expert and a clone      | `own`, unpaired | of clone | study C and D |
| `expert_clone`       | the expert and a clone      | `common`        | of clone |               |
| `clone_clone`        | a clone and the next clone  | `common`        | of clone | a reference   |
| `clone_observation`  | a clone and observations    | `common`        | of clone |               |
| `expert_untrained`   | the expert and an untrained | `common`        | -1       | the floor     |
| `expert_seed`        | experts of one algorithm    | `common`        | -1       | a reference   |
| `expert_algorithm`   | experts of two algorithms   | `common`        | -1       | a reference   |
| `expert_observation` | the expert and observations | `common`        | -1       |               |
| `random_heads`       | the expert and random heads | `common`        | -1       | last hidden   |

"Study" names the panels of the published figure. The untrained network k is what clone k of every
level began as, so it is the floor of that clone. The derived layers (see
`Architecture.derived`) are compared only with themselves and with the observations, on
`common`.
"""

from collections.abc import Collection
from itertools import combinations, pairwise

import h5py
import numpy as np
import pandas as pd

from brainiarb.activity.activations import Activations, networks_in
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.similarity.products import Products, SharedStates, paired_layers, products_of
from brainiarb.similarity.tables import SimilarityTable
from brainiarb.similarity.unpaired import compare_unpaired

BLOCK = 8  # clones (and one more) whose layers are in memory together
RANDOM_HEADS = 32


def compare_level(common: h5py.File, clones: h5py.File, measures: Collection[str]) -> pd.DataFrame:
    """Compare an expert with the clones of one level, and these with each other.

    The files are of activations: of all networks but clones, and of the clones. `measures` are
    names of `measures.MEASURES`. Columns: see `SimilarityTable.table`. Raises Refused if recordings
    of different states would be paired.
    """
    table = SimilarityTable(measures)
    compare_unpaired(table, common, clones)
    count = networks_in(clones, "own")
    for start in range(0, count, BLOCK):
        block = range(start, min(start + BLOCK, count))
        # The next block's first clone comes along, to be compared with this block's last clone.
        extended = range(start, min(start + BLOCK + 1, count))
        names = {k: f"clone_{k}" for k in extended}
        following = [(names[k], names[other]) for k, other in pairwise(extended)]
        on_common = compare_on_common(
            {
                "expert": Activations(common, "expert"),
                **{name: Activations(clones, "common", k) for k, name in names.items()},
            },
            [
                *(("expert", names[k]) for k in block),
                *((names[k], OBSERVATIONS) for k in block),
                *following,
            ],
        )
        for k in block:
            table.add("expert_clone", "expert", names[k], k, *on_common)
            table.add("clone_observation", names[k], OBSERVATIONS, k, *on_common)
        for k, (first, second) in zip(extended, following, strict=False):
            table.add("clone_clone", first, second, k, *on_common)
    return table.table()


def compare_experts(
    common: h5py.File, measures: Collection[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Compare an expert with untrained networks, other experts, observations and random heads.

    The file, `measures` and columns are as in `compare_level`. Raises Refused if recordings of
    different states would be paired.
    """
    table = SimilarityTable(measures)
    own = Activations(common, "own")
    products = products_of({"expert": own.layers()}, [])
    table.add("expert_itself", "expert", "expert", -1, "own", products, own.episodes)

    reference = Activations(common, "expert")
    layers, architecture = reference.derived_layers(), reference.architecture
    features = layers[f"{architecture.trunk[-1]}_relu"]
    heads = random_heads(features, layers["mean_linear"].shape[1], rng)
    products = products_of(
        {
            "expert": {name: layers[name] for name in architecture.heads},
            "random": {f"random_head_{k}": values for k, values in enumerate(heads)},
        },
        [("expert", "random")],
    )
    table.add("random_heads", "expert", "random", -1, "common", products, reference.episodes)

    count = networks_in(common, "untrained")
    for start in range(0, count, BLOCK):
        floor = {f"untrained_{k}": k for k in range(start, min(start + BLOCK, count))}
        on_common = compare_on_common(
            {
                "expert": reference,
                **{name: Activations(common, "untrained", k) for name, k in floor.items()},
            },
            [("expert", name) for name in floor],
        )
        for name, k in floor.items():
            table.add("expert_untrained", "expert", name, k, *on_common)

    peers = sorted(common.get("peers", ()))
    pairs = [*combinations(("expert", *peers), 2)]
    on_common = compare_on_common(
        {
            "expert": reference,
            **{name: Activations(common, f"peers/{name}") for name in peers},
        },
        [*pairs, ("expert", OBSERVATIONS)],
    )
    table.add("expert_observation", "expert", OBSERVATIONS, -1, *on_common)
    for first, second in pairs:
        table.add(relation(common, first, second), first, second, -1, *on_common)
    return table.table()


def compare_on_common(
    activations: dict[str, Activations], pairs: list[tuple[str, str]]
) -> tuple[str, Products, int]:
    """Return the stimuli, the products of named networks on `common`, and the number of episodes.

    `pairs` names the networks that are compared; the observations are one of them. Raises Refused
    if the recordings are of different states.
    """
    states = next(iter(activations.values()))
    architectures = {name: recorded.architecture for name, recorded in activations.items()}
    recorded = paired_layers([*activations.values()])
    layers = {
        name: architecture.derive(values)
        for (name, architecture), values in zip(architectures.items(), recorded, strict=True)
    }
    derived = dict.fromkeys(name for known in architectures.values() for name in known.derived)
    layers[OBSERVATIONS] = {OBSERVATIONS: states.observations()}
    products = products_of(layers, pairs, [*derived], SharedStates(states, activations))
    return "common", products, states.episodes


def relation(common: h5py.File, first: str, second: str) -> str:
    """Return `expert_seed` if one known algorithm trained two experts, else `expert_algorithm`."""
    algorithms = {
        (common if name == "expert" else common[f"peers/{name}"]).attrs["algorithm"]
        for name in (first, second)
    }
    known = "unknown" not in algorithms
    return "expert_seed" if len(algorithms) == 1 and known else "expert_algorithm"


def random_heads(features: np.ndarray, units: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the outputs (n, units) of `RANDOM_HEADS` untrained heads that read features (n, p).

    Weights are uniform on +-1 / sqrt(p), like those of an untrained layer.
    """
    bound = features.shape[1] ** -0.5
    weights = rng.uniform(-bound, bound, (RANDOM_HEADS, features.shape[1], units))
    return [features @ weight for weight in weights.astype(np.float32)]
