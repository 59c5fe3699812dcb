"""Small tables of two archives that are compared without cloning, for their figures."""

from itertools import product

import numpy as np
import pandas as pd

from brainiarb.actors.layers import LAYERS

ARCHIVES = ("mine", "yours")


def of_archives():
    """How well two archives walk, and how alike they act; nothing is known of a foot of `yours`."""
    returns = pd.DataFrame(
        [(name, k, 4000.0 + 10 * k, k == 3) for name in ARCHIVES for k in range(4)],
        columns=["expert", "episode", "return", "fell"],
    )
    actions = pd.DataFrame(
        [("mine", "yours", 0, -0.4), ("yours", "mine", 0, 0.25)]
        + [(name, "untrained", k, -0.1 * k) for name in ARCHIVES for k in range(2)],
        columns=["expert", "network", "clone", "value"],
    )
    measures = pd.DataFrame(
        [("mine", "speed", 4.0), ("yours", "speed", 3.0), ("mine", "stride_frequency", 1.6)],
        columns=["expert", "measure", "value"],
    )
    return {
        "returns": returns.assign(agent="expert", mode="mean", level=-1),
        "actions": actions.assign(measure="action_r2_common"),
        "measures": measures.assign(level=-1, clone=-1),
    }


def archive_similarity():
    """Each layer of two archives beside the other, two untrained networks and the observations."""
    kinds = [("expert_seed", None), ("expert_untrained", "untrained_0")]
    kinds += [("expert_untrained", "untrained_1"), ("expert_observation", "observations")]
    rows = [
        (name, kind, second or ARCHIVES[1 - number], layer, 0.1 * k + 0.3 * number)
        for number, name in enumerate(ARCHIVES)
        for (k, (kind, second)), layer in product(enumerate(kinds), LAYERS)
    ]
    columns = ["expert", "comparison", "second", "layer_first", "cka"]
    table = pd.DataFrame(rows, columns=columns)
    observed = table["comparison"] == "expert_observation"
    return {
        "similarity": table.assign(
            first="expert",
            stimuli="common",
            layer_second=table["layer_first"].mask(observed, "observations"),
        )
    }


def archive_gaits():
    """Two archives on one map, one of which has no full cycle, and two channels."""
    axis = np.linspace(-4, 4, 20)
    x, y = (grid.ravel() for grid in np.meshgrid(axis, axis))
    cells = pd.concat(
        pd.DataFrame(
            {"x": x, "y": y, "density": np.exp(-((x - n) ** 2) - y**2), "region": 1 + (x > 0)}
        ).assign(expert=name)
        for n, name in enumerate(ARCHIVES)
    )
    phase = np.linspace(0, 1, 9)
    cycle = pd.DataFrame(
        {
            "phase": phase,
            "x": np.cos(6.2832 * phase),
            "y": np.sin(6.2832 * phase),
            "region": 1,
        }
    ).assign(expert="mine", note="")
    none = pd.DataFrame({"phase": [0.0], "x": [np.nan], "y": [np.nan], "region": [0]})
    cycles = pd.concat([cycle, none.assign(expert="yours", note="no full cycle")])
    pairs = [*product(ARCHIVES, ARCHIVES)]
    distances = pd.DataFrame(pairs, columns=["first", "second"])
    distances["distance"] = [0.1, 0.8, 0.8, 0.2]
    spectral = pd.DataFrame(
        [("mine", "expert_itself", None, 0.05), ("mine", "expert_expert", "yours", 0.7)],
        columns=["expert", "comparison", "other", "spectral_distance"],
    )
    frequency = np.arange(1, 100) * 0.2
    spectra = pd.concat(
        pd.DataFrame({"frequency": frequency, "density": 1 / frequency**2}).assign(
            expert=name, channel=channel, unit=unit, level=-1
        )
        for name in ARCHIVES
        for channel, unit in (("height", "m"), ("angle of a joint", "rad"))
    )
    return {
        "gait_map": cells,
        "gait_cycles": cycles.assign(seconds=0.6, walked=8.0, fell=False),
        "map_distances": distances,
        "spectra": spectra,
        "spectral_distances": spectral,
    }


ARCHIVE_BUILDERS = {
    "fig_archives": of_archives,
    "fig_archives_similarity": archive_similarity,
    "fig_archives_gaits": archive_gaits,
}
