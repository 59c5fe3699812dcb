"""Which networks are compared, on which stimuli: the rows of the table of similarities.

| comparison            | first and second         | stimuli          |                        |
|-----------------------|--------------------------|------------------|------------------------|
| `expert_itself`       | the expert               | `own`            | study, panel A         |
| `clone_itself`        | a clone                  | `own`            | study, panel B         |
| `expert_clone`        | expert and clone         | `own`            | unpaired: study, C, D  |
| `expert_two_rollouts` | the expert, twice        | `own`            | unpaired: one network  |
| `expert_clone`        | expert and clone         | `expert`, `level`, `half` |               |
| `expert_untrained`    | expert and untrained     | `half`           | the floor              |
| `expert_seed`         | experts of one algorithm | `half`, `expert` | the ceiling            |
| `expert_algorithm`    | experts of two           | `half`, `expert` | the ceiling            |
| `clone_clone`         | a clone and the next     | `half`           |                        |
| `expert_observation`  | expert and observations  | `expert`         |                        |
| `clone_observation`   | clone and observations   | `half`           |                        |
| `random_heads`        | expert and random heads  | `expert`         | both on its linear2    |

The untrained network k is clone k before training. What follows from the recorded layers (see
`activations.with_derived`) is compared only with itself and with the observations, on `half`, on
`expert` among experts, and on the two rollouts.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import h5py
import numpy as np
import pandas as pd

from brainiarb.activity.activations import (
    digest_of,
    episode_count,
    own_length,
    read_layers,
    read_observations,
    with_derived,
)
from brainiarb.actors.layers import LAYERS
from brainiarb.errors import Refused
from brainiarb.similarity.cka import CrossProducts, merge
from brainiarb.similarity.streaming import cross_products, in_chunks

Layers = Mapping[str, np.ndarray]

BLOCK = 8  # clones (and one more) whose layers are in memory together
HEADS = 32  # random heads
DERIVED = ("linear1_relu", "linear2_relu", "log_std_clamped", "actions")
OBSERVATIONS = "observations"
# Whose Procrustes distance on `half` is tabulated.
ROTATED = (*LAYERS, "log_std_clamped", "actions")
ALL = slice(None)


@dataclass(frozen=True)
class Recording:
    """What one network computed from the states of one group of a file."""

    file: h5py.File
    group: str
    network: int = 0

    @property
    def digest(self) -> str:
        """Of the states."""
        return digest_of(self.file, self.group, self.network)

    @property
    def rows(self) -> int:
        """How many states there are."""
        return own_length(self.file, self.group, self.network)

    @property
    def episodes(self) -> int:
        """How many episodes they are from."""
        return episode_count(self.file, self.group, self.network)

    def layers(self) -> dict[str, np.ndarray]:
        """Return the recorded layers (n, p)."""
        return read_layers(self.file, self.group, self.network)

    def observations(self) -> np.ndarray:
        """Return the states (n, o)."""
        return read_observations(self.file, self.group, self.network)


@dataclass(frozen=True, eq=False)
class Products:
    """Products of named networks: of the recorded layers in full, of the others by themselves."""

    names: tuple[str, ...]
    recorded: CrossProducts
    matching: tuple[CrossProducts, ...] = ()

    def only(self, pairs: Sequence[tuple[str, str]]) -> "Products":
        """Return the products of the recorded layers of some pairs."""
        kept = [name for name in self.names if any(name in pair for pair in pairs)]
        places = [(self.names.index(first), self.names.index(second)) for first, second in pairs]
        found = self.recorded.only([self.names.index(name) for name in kept], places)
        return Products(tuple(kept), found)

    def tabulate(self, first: str, second: str, rotated: Sequence[str]) -> pd.DataFrame:
        """Return what `tabulate_pair` gives for two of the networks."""
        places = self.names.index(first), self.names.index(second)
        parts = (self.recorded, *self.matching)
        return pd.concat(
            [tabulate_pair(part, *places, rotated) for part in parts], ignore_index=True
        )


def compare_level(
    expert: h5py.File, untrained: h5py.File, peers: h5py.File, clones: h5py.File
) -> pd.DataFrame:
    """Compare an expert with the clones of one level, with the floor and with the ceiling.

    Columns: comparison, first, second, clone (-1 where none takes part), stimuli, pairing, those of
    `tabulate_pair`, episodes. Raises ValueError where recordings of other states would be paired.
    """
    rows = _Rows()
    one = Recording(expert, "own")
    count = len(clones["own"]["linear1"])
    episodes = {part: Recording(clones, part).episodes for part in ("expert", "level", "half")}
    for start in range(0, count, BLOCK):
        block = range(start, min(start + BLOCK, count))
        own = {clone: Recording(clones, "own", clone) for clone in block}
        for length in sorted({min(one.rows, mine.rows) for mine in own.values()} - {0}):
            chosen = [k for k, mine in own.items() if min(one.rows, mine.rows) == length]
            names = ["expert", *(f"clone_{k}" for k in chosen)]
            recordings = [one, *(own[k] for k in chosen)]
            networks = dict(zip(names, matched(recordings, unpaired=True), strict=True))
            products = multiply(networks, [("expert", name) for name in names[1:]])
            for k, name in zip(chosen, names[1:], strict=True):
                of = own[k].episodes
                rows.add("clone_itself", name, name, k, "own", True, products, of)
                of = min(of, one.episodes)
                rows.add("expert_clone", "expert", name, k, "own", False, products, of)
        others = sorted(peers) if start == 0 else []
        # The next block's first clone comes along, to be compared with this one's last.
        beside = range(start, min(start + BLOCK + 1, count))
        shared = on_shared_states(expert, untrained, peers, clones, beside, others)
        half, of = shared["half"], episodes["half"]
        for k in block:
            name = f"clone_{k}"
            for stimuli, found in shared.items():
                rows.add("expert_clone", "expert", name, k, stimuli, True, found, episodes[stimuli])
            rows.add("expert_untrained", "expert", f"untrained_{k}", k, "half", True, half, of)
            rows.add("clone_observation", name, OBSERVATIONS, k, "half", True, half, of)
        for k, following in pairwise(beside):
            name, other = f"clone_{k}", f"clone_{following}"
            rows.add("clone_clone", name, other, k, "half", True, half, of)
        for name in others:
            kind = relation(peers, "expert", name)
            rows.add(kind, "expert", name, -1, "half", True, half, of)
    return rows.table()


def compare_experts(expert: h5py.File, peers: h5py.File, rng: np.random.Generator) -> pd.DataFrame:
    """Compare an expert with itself, with other experts, its observations and random heads.

    Columns as of `compare_level`. Raises ValueError where recordings of other states would be
    paired.
    """
    rows = _Rows()
    twice = [Recording(expert, "own", k) for k in range(2)]
    of = min(recording.episodes for recording in twice)
    networks = {
        name: {
            **with_derived(layers),
            OBSERVATIONS: recording.observations()[: len(layers["linear1"])],
        }
        for name, recording, layers in zip(
            ("expert", "again"), twice, matched(twice, unpaired=True), strict=True
        )
    }
    products = multiply(networks, [("expert", "again")], (*DERIVED, OBSERVATIONS))
    rows.add("expert_itself", "expert", "expert", -1, "own", True, products, of)
    rows.add("expert_two_rollouts", "expert", "again", -1, "own", False, products, of)
    del networks

    recordings = {"expert": Recording(expert, "expert")}
    recordings |= {name: Recording(peers, f"{name}/expert") for name in sorted(peers)}
    networks = {
        name: with_derived(layers)
        for name, layers in zip(recordings, matched(list(recordings.values())), strict=True)
    }
    pairs = list(combinations(networks, 2))
    of = recordings["expert"].episodes
    features = networks["expert"]["linear2_relu"]
    heads = random_heads(features, networks["expert"]["mean_linear"].shape[1], rng)
    products = multiply(
        {
            "expert": {name: networks["expert"][name] for name in LAYERS[2:]},
            "random": {f"random_head_{k}": values for k, values in enumerate(heads)},
        },
        [("expert", "random")],
        (),
    )
    rows.add("random_heads", "expert", "random", -1, "expert", True, products, of)
    networks[OBSERVATIONS] = {OBSERVATIONS: recordings["expert"].observations()}
    products = multiply(networks, [*pairs, ("expert", OBSERVATIONS)], DERIVED)
    rows.add("expert_observation", "expert", OBSERVATIONS, -1, "expert", True, products, of)
    for first, second in pairs:
        kind = relation(peers, first, second)
        rows.add(kind, first, second, -1, "expert", True, products, of)
    return rows.table()


def on_shared_states(
    expert: h5py.File,
    untrained: h5py.File,
    peers: h5py.File,
    clones: h5py.File,
    block: range,
    others: Sequence[str],
) -> dict[str, Products]:
    """Return the products of the expert with some clones by stimuli, on `half` with all others too.

    `half` is the even rows of `expert` and of `level`, so that sums over even and over odd rows
    make up all three.
    """
    of_clones = [("expert", f"clone_{k}") for k in block]
    pairs = [
        *of_clones,
        *(("expert", f"untrained_{k}") for k in block),
        *(("expert", name) for name in others),
        *((f"clone_{k}", f"clone_{following}") for k, following in pairwise(block)),
        *((f"clone_{k}", OBSERVATIONS) for k in block),
    ]
    even, odd = [], []
    for shown, of_expert, of_floor, of_peer in (
        (Recording(clones, "expert"), (expert, "expert"), (untrained, "expert"), "{}/expert"),
        (
            Recording(clones, "level"),
            (clones, "reference/expert/level"),
            (clones, "reference/untrained/level"),
            "reference/peers/{}/level",
        ),
    ):
        recordings = {"expert": Recording(*of_expert)}
        recordings |= {f"clone_{k}": Recording(clones, shown.group, k) for k in block}
        recordings |= {f"untrained_{k}": Recording(*of_floor, k) for k in block}
        recordings |= {
            name: Recording(peers if of_peer[0] == "{" else clones, of_peer.format(name))
            for name in others
        }
        networks = dict(zip(recordings, matched(list(recordings.values())), strict=True))
        seconds = {name: networks[name] for name in ("expert", *(b for _, b in of_clones))}
        odd.append(multiply(seconds, of_clones, rows=slice(1, None, 2)))
        networks = {
            name: with_derived({layer: values[::2] for layer, values in layers.items()})
            for name, layers in networks.items()
        }
        networks[OBSERVATIONS] = {OBSERVATIONS: shown.observations()[::2]}
        even.append(multiply(networks, pairs, DERIVED))
    return {
        "expert": merged([even[0].only(of_clones), odd[0]]),
        "level": merged([even[1].only(of_clones), odd[1]]),
        "half": merged(even),
    }


def matched(recordings: Sequence[Recording], unpaired: bool = False) -> list[dict[str, np.ndarray]]:
    """Return the layers of several recordings, row by row of the same states.

    Raises ValueError where they are of other states, unless it is `unpaired` rows that are asked
    for: those of equal index, as many as all have. What comes of them must be called so.
    """
    rows = min(recording.rows for recording in recordings)
    for recording in recordings[1:]:
        if not unpaired and recording.digest != recordings[0].digest:
            raise Refused(
                f"expected two recordings of the same {recording.group.rpartition('/')[2]} states, "
                f"found digests {recordings[0].digest} and {recording.digest} in "
                f"{recordings[0].file.filename} and {recording.file.filename}; record the "
                "activations of both again, or compare them as unpaired"
            )
    return [
        {name: values[:rows] for name, values in recording.layers().items()}
        for recording in recordings
    ]


def multiply(
    networks: Mapping[str, Layers],
    pairs: Sequence[tuple[str, str]],
    matching: Sequence[str] = (),
    rows: slice = ALL,
) -> Products:
    """Multiply the recorded layers of pairs of networks in full, each of `matching` by itself.

    What is not a network of the actor, such as observations, goes along with both.
    """
    names = tuple(networks)
    places = [(names.index(first), names.index(second)) for first, second in pairs]

    def products(chosen: Sequence[str]) -> CrossProducts:
        sides = [
            {
                name: values[rows]
                for name, values in layers.items()
                if name in chosen or not set(LAYERS) <= set(layers)
            }
            for layers in networks.values()
        ]
        return cross_products(in_chunks(sides), places)

    return Products(names, products(LAYERS), tuple(products((name,)) for name in matching))


def merged(parts: Sequence[Products]) -> Products:
    """Return the products over the rows of all parts."""
    matching = zip(*(part.matching for part in parts), strict=True)
    return Products(
        parts[0].names, merge([part.recorded for part in parts]), tuple(map(merge, matching))
    )


def tabulate_pair(
    products: CrossProducts, first: int, second: int, rotated: Sequence[str] = ()
) -> pd.DataFrame:
    """Return how alike the layers of two networks are, all with all.

    Columns: layer_first, layer_second, cka, cka_debiased, cka_null (that of independent rows),
    procrustes (rad; of the layers `rotated`, each with itself), rows, note (why there is no value).
    """
    biased, unbiased = products.cka(first, second)
    rows, columns = ([layer.name for layer in products.networks[k]] for k in (first, second))
    return pd.DataFrame(
        {
            "layer_first": np.repeat(rows, len(columns)),
            "layer_second": np.tile(columns, len(rows)),
            "cka": biased.ravel(),
            "cka_debiased": unbiased.ravel(),
            "cka_null": products.independent_cka(first, second).ravel(),
            "procrustes": [
                products.procrustes(first, second, i, j)
                if one == other and one in rotated
                else float("nan")
                for i, one in enumerate(rows)
                for j, other in enumerate(columns)
            ],
            "rows": products.rows,
            "note": np.ravel(products.notes(first, second)),
        }
    )


def relation(peers: h5py.File, first: str, second: str) -> str:
    """Return `expert_seed` if one known algorithm trained two experts, else `expert_algorithm`."""
    by = {
        peers.attrs["algorithm"] if k == "expert" else peers[k].attrs["algorithm"]
        for k in (first, second)
    }
    return "expert_seed" if len(by) == 1 and "unknown" not in by else "expert_algorithm"


def random_heads(features: np.ndarray, units: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return what `HEADS` untrained heads compute from features (n, p), (n, units) each.

    Weights are uniform on +-1 / sqrt(p), as an untrained layer's.
    """
    bound = features.shape[1] ** -0.5
    weights = rng.uniform(-bound, bound, (HEADS, features.shape[1], units)).astype(np.float32)
    return [features @ weight for weight in weights]


class _Rows:
    """Rows of the table of similarities, as they are found."""

    def __init__(self) -> None:
        self.frames: list[pd.DataFrame] = []

    def add(
        self,
        comparison: str,
        first: str,
        second: str,
        clone: int,
        stimuli: str,
        paired: bool,
        products: Products,
        episodes: int,
    ) -> None:
        """Add two of the networks whose products are given."""
        found = products.tabulate(first, second, ROTATED if stimuli == "half" else ())
        named = {
            "comparison": comparison,
            "first": first,
            "second": second,
            "clone": clone,
            "stimuli": stimuli,
            "pairing": "paired" if paired else "unpaired",
        }
        for place, (name, value) in enumerate(named.items()):
            found.insert(place, name, value)
        found.insert(len(found.columns) - 1, "episodes", episodes)
        self.frames.append(found)

    def table(self) -> pd.DataFrame:
        """Return all rows; the log says how many have no value and why."""
        table = pd.concat(self.frames).sort_values(
            ["comparison", "stimuli", "clone"], kind="stable", ignore_index=True
        )
        for note, pairs in table.groupby("note").size().drop("", errors="ignore").items():
            logging.warning("%d pairs of layers are %s", pairs, note)
        return table
