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
from brainiarb.actors.architecture import DEFAULT, Architecture
from brainiarb.similarity.array_measures import linear_cka
from brainiarb.similarity.centring import Network
from brainiarb.statistics.measures import Measure, qualified

NO_HEAD = "the network has no head of the log standard deviation"
NO_SILENCE = "only units of a ReLU fall silent"


def single_network(layers: Network, architecture: Architecture = DEFAULT) -> dict[str, Measure]:
    """Return the measures of this module from the recorded layers (n, p) of one network.

    Only a ReLU has units that fall silent, and only a spread of the state has a head.
    """
    probed, of_state = architecture.probed, architecture.spread == "state"
    rectified = architecture.activation == "ReLU"
    states = len(layers[probed])
    reason = "undefined: no states" if not states else ""
    values = {
        f"self_cka_log_std_{probed}": (
            linear_cka(layers[probed], layers["log_std_linear"], debiased=True),
            "undefined: no variance",
        )
        if of_state
        else (np.nan, f"undefined: {NO_HEAD}"),
        **{
            f"silent_units_{layer}": (
                silent_share(layers[layer]),
                "undefined: values that are not finite",
            )
            if rectified
            else (np.nan, f"undefined: {NO_SILENCE}")
            for layer in architecture.trunk
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
        for recorded in [shown.activations]
        for name, measure in single_network(recorded.layers(), recorded.architecture).items()
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
