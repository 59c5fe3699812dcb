"""The gait of an expert and of its clones, and how far each clone is from its expert.

Every agent is analysed episode by episode, so that memory does not grow with the recording. The
unit of statistics is the agent. The differences between episodes of the expert only give the scale
(`margins`) on which the difference of a clone is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.gait.measures import Gait, GaitSettings, analyse_gait
from brainiarb.gait.spectral_measures import (
    DISTANCES,
    distances_to_rest,
    posture_spectrum,
    spectral_distances,
)
from brainiarb.gait.walk import SteadyWalk, episode_groups
from brainiarb.seeds import derive_seed
from brainiarb.statistics.declarations import grows_with_recording
from brainiarb.statistics.measures import SPREAD, Measure, Named, measures_table, of_agent


@dataclass(frozen=True, eq=False)
class GaitTables:
    """The gaits of an expert and its clones; every table begins with the column expert."""

    strides: pd.DataFrame
    """level, clone, and the columns of `stride_table`."""
    distances: pd.DataFrame
    """comparison (`expert_clone`; `expert_itself`: a group of the expert's episodes to the other
    groups; `expert_expert`: a group of episodes of the expert `other` to the expert), level, clone,
    other, group, spectral_distance, log_spectral_distance, note."""
    margins: pd.DataFrame
    """See `margins`."""
    measures: pd.DataFrame
    """See `measures_table`; the expert's `<measure>_spread` are the margins."""


def measure_gaits(
    expert: SteadyWalk,
    clones: Sequence[SteadyWalk],
    peers: Sequence[SteadyWalk],
    settings: GaitSettings,
    group_size: int,
    seed: int,
) -> GaitTables:
    """Measure an expert and its clones, and the distance of other experts' spectra to its own.

    Episodes of the expert and of its `peers` are grouped by `group_size`, the number of episodes of
    a clone. All rates are folded to the octave of the expert's strides.
    """
    whole = analyse_gait(expert, settings, derive_seed(seed, "expert"))
    groups = [
        analyse_gait(group, settings, derive_seed(seed, "group", i), whole.octave)
        for i, group in enumerate(episode_groups(expert, group_size))
    ]
    within = distances_to_rest([group.spectrum for group in groups], settings.band)
    compared = [("expert_itself", -1, -1, "", i, distance) for i, distance in enumerate(within)]
    for peer in peers:
        for i, group in enumerate(episode_groups(peer, group_size)):
            spectrum = posture_spectrum(group, settings.segment)
            distance = spectral_distances(spectrum, whole.spectrum, settings.band)
            compared.append(("expert_expert", -1, -1, peer.expert, i, distance))
    expert_distances = _mean_distances(within)
    scale = margins(
        whole.measures | expert_distances,
        [group.measures | distance for group, distance in zip(groups, within, strict=True)],
        expert.sampling_rate,
    )
    spreads = {
        f"{row.measure}{SPREAD}": Measure(row.unit, row.margin, note=row.basis)
        for row in scale.itertuples()
    }
    strides = [_of_walk(expert, whole)]
    measures: list[Named] = of_agent(
        expert.expert, -1, -1, whole.measures | expert_distances | spreads
    )
    for walk in clones:
        gait = analyse_gait(walk, settings, derive_seed(seed, walk.level, walk.clone), whole.octave)
        distance = spectral_distances(gait.spectrum, whole.spectrum, settings.band)
        compared.append(("expert_clone", walk.level, walk.clone, "", -1, distance))
        strides.append(_of_walk(walk, gait))
        measures += of_agent(walk.expert, walk.level, walk.clone, gait.measures | distance)
    tables = {
        "strides": pd.concat(strides, ignore_index=True),
        "distances": _distance_table(compared),
        "margins": scale,
    }
    for table in tables.values():
        table.insert(0, "expert", expert.expert)
    return GaitTables(**tables, measures=measures_table(measures))


def margins(
    expert: Mapping[str, Measure], groups: Sequence[Mapping[str, Measure]], sampling_rate: float
) -> pd.DataFrame:
    """Tabulate the scale on which a clone's measures are read: the expert's value and its spread.

    `groups` are the measures of groups of the expert's episodes. Columns: measure, unit, reference
    (the expert's value), low and high (of its groups), groups (their number), margin, basis.
    `margin` is the smallest equivalence margin that makes sense: the largest difference between a
    group of the expert's episodes and the whole. For the fundamental it is at least the resolution
    (half a sample of the period). It is nan with fewer than two groups.
    """
    rows = []
    for name, measure in expert.items():
        if grows_with_recording(name):
            continue
        values = np.array([group[name].value for group in groups])
        values = values[np.isfinite(values)]
        margin, basis = np.nan, "the expert's own spread is not known"
        if len(values) > 1 and np.isfinite(measure.value):
            margin, basis = float(np.abs(values - measure.value).max()), "spread within the expert"
            resolution = measure.value**2 / (2 * sampling_rate) if name == "fundamental" else 0.0
            if resolution > margin:
                margin, basis = resolution, "half a sample of the period"
        low, high = (values.min(), values.max()) if len(values) else (np.nan, np.nan)
        rows.append((name, measure.unit, measure.value, low, high, len(values), margin, basis))
    columns = ["measure", "unit", "reference", "low", "high", "groups", "margin", "basis"]
    return pd.DataFrame(rows, columns=columns)


def _mean_distances(distances: Sequence[Mapping[str, Measure]]) -> dict[str, Measure]:
    """Return the mean distance of the groups of an expert's episodes to each other."""
    note = f"mean of {len(distances)} groups of its episodes against the others"
    means = {}
    for name, (unit, _) in DISTANCES.items():
        values = [group[name].value for group in distances if np.isfinite(group[name].value)]
        mean = float(np.mean(values)) if values else np.nan
        means[name] = Measure(unit, mean, note=note if values else distances[0][name].note)
    return means


def _of_walk(walk: SteadyWalk, gait: Gait) -> pd.DataFrame:
    strides = gait.strides.copy()
    strides.insert(0, "level", walk.level)
    strides.insert(1, "clone", walk.clone)
    return strides


def _distance_table(compared: Sequence[tuple]) -> pd.DataFrame:
    rows = [
        (*names, *(distance[name].value for name in DISTANCES), distance["spectral_distance"].note)
        for *names, distance in compared
    ]
    columns = ["comparison", "level", "clone", "other", "group", *DISTANCES, "note"]
    return pd.DataFrame(rows, columns=columns)
