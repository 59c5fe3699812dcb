"""What each network shows by itself on the states `common`, without a comparison with another.

| measure                    | what it is                                                         |
|----------------------------|--------------------------------------------------------------------|
| `self_cka_log_std_linear2` | debiased CKA of linear2 with the network's own log s.d. head       |
| `silent_units_linear1`     | share of the units of linear1 that are active in < 1 % of states   |
| `silent_units_linear2`     | the same of linear2                                                |

The published study reads the pattern of layers within each network; the first measure is its most
conspicuous cell. Layers are taken as recorded, before the ReLU and the clamp.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from brainiarb.activity.networks import PREFIXES, ShownNetwork
from brainiarb.activity.silent_units import silent_share
from brainiarb.similarity.array_measures import linear_cka
from brainiarb.similarity.centring import Network
from brainiarb.statistics.measures import Measure, qualified


def single_network(layers: Network) -> dict[str, Measure]:
    """Return the measures of this module from the recorded layers (n, p) of one network."""
    states = len(layers["linear2"])
    reason = "undefined: no states" if not states else ""
    values = {
        "self_cka_log_std_linear2": (
            linear_cka(layers["linear2"], layers["log_std_linear"], debiased=True),
            "undefined: no variance",
        ),
        **{
            f"silent_units_{layer}": (
                silent_share(layers[layer]),
                "undefined: values that are not finite",
            )
            for layer in ("linear1", "linear2")
        },
    }
    return {
        name: qualified("1", value, absent=(reason or why) if np.isnan(value) else "")
        for name, (value, why) in values.items()
    }


def single_table(networks: Sequence[ShownNetwork], expert: str) -> pd.DataFrame:
    """Tabulate networks that were shown the states `common`.

    Columns: expert, network (see `activity.networks`), level, clone, measure, unit, value, status,
    note.
    """
    rows = [
        (expert, shown.network, shown.level, shown.clone, name, *vars(measure).values())
        for shown in networks
        for name, measure in single_network(shown.activations.layers()).items()
    ]
    names = ("expert", "network", "level", "clone", "measure", "unit", "value", "status", "note")
    return pd.DataFrame(rows, columns=[*names])


def single_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of the agents of a study: an untrained network is a clone's floor.

    Columns: see `statistics.measures`.
    """
    rows = table[table["network"].isin(PREFIXES)]
    names = rows["network"].map(PREFIXES) + rows["measure"]
    return rows.assign(measure=names).drop(columns="network").reset_index(drop=True)
