"""The gait of an expert and of its clones, and how far each clone is from its expert.

Every agent is analysed episode by episode, so that memory does not grow with the recording. The
unit of statistics is the agent. What varies between the episodes of the expert only gives the scale
(`margins`) on which the difference of a clone is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.gait.measures import (
    NO_SPECTRUM,
    Gait,
    GaitSettings,
    analyse_gait,
    posture_spectrum,
    steady_walk,
)
from brainiarb.gait.spectra import PowerSpectrum, hellinger, log_spectral_distance, pool
from brainiarb.rollouts.episodes import Sliceable, clone_episodes
from brainiarb.seeds import derive_seed
from brainiarb.statistics.measures import Measure, Named, measures_table, of_agent, qualified

# They grow with the recording.
COUNTS = ("strides",)
DISTANCES = {
    "spectral_distance": ("1", hellinger),
    "log_spectral_distance": ("dB", log_spectral_distance),
}


@dataclass(frozen=True, eq=False)
class GaitTables:
    """The gaits of an expert and its clones; every table begins with the column expert."""

    strides: pd.DataFrame
    """level, clone, and the columns of `analyse_gait`."""
    distances: pd.DataFrame
    """comparison (`expert_clone`, `expert_itself`: a group of the expert's episodes to its others,
    `expert_expert`: such a group of the expert `other`), level, clone, other, group,
    spectral_distance, log_spectral_distance, note."""
    margins: pd.DataFrame
    """See `margins`."""
    measures: pd.DataFrame
    """See `measures_table`; the expert's `<measure>_spread` are the margins."""


def episode_groups(episodes: Sequence[slice], size: int) -> list[list[slice]]:
    """Cut the expert's episodes into groups of `size`, as many as an agent to compare has.

    What is left over belongs to none; where there are not two such groups, they are halves.
    """
    size = min(size, max(len(episodes) // 2, 1))
    return [list(episodes[i : i + size]) for i in range(0, len(episodes) - size + 1, size)]


def distances(first: PowerSpectrum, second: PowerSpectrum) -> dict[str, Measure]:
    """Return Hellinger and log-spectral distance of two spectra."""
    measures = {}
    for name, (unit, distance) in DISTANCES.items():
        value = distance(first, second)
        walked = first.n_segments and second.n_segments
        reason = "a channel has no power" if walked else NO_SPECTRUM
        measures[name] = qualified(unit, value, "" if np.isfinite(value) else reason)
    return measures


def within_expert_distances(groups: Sequence[Gait]) -> list[dict[str, Measure]]:
    """Return the distance of each group of the expert's episodes to all its other groups."""
    spectra = [gait.spectrum for gait in groups]
    return [
        distances(one, reduce(pool, [*spectra[:i], *spectra[i + 1 :]]))
        for i, one in enumerate(spectra)
    ]


def margins(
    expert: Mapping[str, Measure], groups: Sequence[Mapping[str, Measure]], sampling_rate: float
) -> pd.DataFrame:
    """Tabulate what a clone's measures are read against: the expert's own, and their spread.

    `groups` are the measures of groups of the expert's episodes. Columns: measure, unit, reference
    (the expert's value), low and high (of its groups), groups (their number), margin, basis. The
    margin is the least that equivalence can be asked for, the largest difference of a group from
    the reference; that of the fundamental is also at least its resolution, half a sample of the
    period. nan with fewer than two groups.
    """
    rows = []
    for name, one in expert.items():
        if name in COUNTS:
            continue
        values = np.array([group[name].value for group in groups])
        values = values[np.isfinite(values)]
        margin, basis = np.nan, "the expert's own spread is not known"
        if len(values) > 1 and np.isfinite(one.value):
            margin, basis = float(np.abs(values - one.value).max()), "spread within the expert"
            resolution = one.value**2 / (2 * sampling_rate) if name == "fundamental" else 0.0
            if resolution > margin:
                margin, basis = resolution, "half a sample of the period"
        low, high = (values.min(), values.max()) if len(values) else (np.nan, np.nan)
        rows.append((name, one.unit, one.value, low, high, len(values), margin, basis))
    columns = ["measure", "unit", "reference", "low", "high", "groups", "margin", "basis"]
    return pd.DataFrame(rows, columns=columns)


def measure_gaits(
    body: Body,
    name: str,
    expert: Mapping[str, Sliceable],
    clones: Mapping[int, Mapping[str, Sliceable]],
    others: Mapping[str, Mapping[str, Sliceable]],
    settings: GaitSettings,
    group_size: int,
    seed: int,
) -> GaitTables:
    """Measure an expert of a name, its `clones` by level, and the spectra of `others` by name.

    The expert's episodes are grouped by `group_size`, the episodes of one clone.
    """
    rate = environment_facts(body).sampling_rate

    def measured(
        recording: Mapping[str, Sliceable], episodes: Sequence[slice], *names: str | int
    ) -> Gait:
        return analyse_gait(body, recording, rate, episodes, settings, derive_seed(seed, *names))

    episodes = _all_episodes(expert)
    whole = measured(expert, episodes, "expert")
    groups = [
        measured(expert, group, "group", i)
        for i, group in enumerate(episode_groups(episodes, group_size))
    ]
    null = within_expert_distances(groups)
    own = _mean_distances(null, f"mean of {len(null)} groups of its episodes against the others")
    compared = [("expert_itself", -1, -1, "", i, one) for i, one in enumerate(null)]
    for peer, recording in others.items():
        for i, group in enumerate(episode_groups(_all_episodes(recording), group_size)):
            walk = steady_walk(body, recording, rate, group, settings.transient)
            apart = distances(posture_spectrum(walk, settings.segment), whole.spectrum)
            compared.append(("expert_expert", -1, -1, peer, i, apart))
    measures: list[Named] = []
    strides: list[pd.DataFrame] = []

    def keep(level: int, clone: int, gait: Gait, apart: Mapping[str, Measure]) -> None:
        gait.strides.insert(0, "level", level)
        gait.strides.insert(1, "clone", clone)
        strides.append(gait.strides)
        measures.extend(of_agent(name, level, clone, {**gait.measures, **apart}))

    table = margins(
        whole.measures | own,
        [{**one.measures, **apart} for one, apart in zip(groups, null, strict=True)],
        rate,
    )
    spreads = {
        f"{row.measure}_spread": Measure(row.unit, row.margin, note=row.basis)
        for row in table.itertuples()
    }
    keep(-1, -1, whole, {**own, **spreads})
    for level, recording in clones.items():
        for clone, mine in clone_episodes(recording).items():
            gait = measured(recording, mine, level, clone)
            apart = distances(gait.spectrum, whole.spectrum)
            compared.append(("expert_clone", level, clone, "", -1, apart))
            keep(level, clone, gait, apart)
    tables = {
        "strides": pd.concat(strides, ignore_index=True),
        "distances": _distance_table(compared),
        "margins": table,
    }
    for other in tables.values():
        other.insert(0, "expert", name)
    return GaitTables(**tables, measures=measures_table(measures))


def _all_episodes(recording: Mapping[str, Sliceable]) -> list[slice]:
    return [rows for mine in clone_episodes(recording).values() for rows in mine]


def _mean_distances(found: Sequence[Mapping[str, Measure]], note: str) -> dict[str, Measure]:
    means = {}
    for name, (unit, _) in DISTANCES.items():
        values = [one[name].value for one in found if np.isfinite(one[name].value)]
        mean = float(np.mean(values)) if values else np.nan
        means[name] = Measure(unit, mean, note=note if values else found[0][name].note)
    return means


def _distance_table(compared: Sequence[tuple]) -> pd.DataFrame:
    rows = [
        (*names, *(apart[name].value for name in DISTANCES), apart["spectral_distance"].note)
        for *names, apart in compared
    ]
    columns = ["comparison", "level", "clone", "other", "group", *DISTANCES, "note"]
    return pd.DataFrame(rows, columns=columns)
