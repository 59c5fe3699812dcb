"""The gait of an agent in numbers, and how far it is from its expert's.

Every agent is analysed episode by episode, so that memory does not grow with the recording. The
unit of statistics is the agent: what varies from episode to episode of the expert is only the
scale (`margins`) on which a clone's difference is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
import pandas as pd

from brainiarb.bodies import Body, environment_facts, joint_columns
from brainiarb.gait import (
    GaitPeriod,
    foot_strikes,
    period_of_stretches,
    time_normalise,
    touches,
)
from brainiarb.rollouts import Sliceable, clone_episodes
from brainiarb.seeds import derive_seed
from brainiarb.spectra import (
    PowerSpectrum,
    fundamental,
    harmonic_ratios,
    hellinger,
    log_spectral_distance,
    pool,
    power_spectrum,
)
from brainiarb.strides import (
    Anchor,
    circular_mean,
    cut_strides,
    find_anchor,
    fit_return_map,
    hilbert_phase,
    mean_sd,
    recurrence_distances,
    stride_phase,
    symmetry_index,
)

HARMONICS = 8
# Two estimates of the fundamental that differ by this factor are not of the same cycle.
OTHER_CYCLE = 1.5
# Hilbert's phase needs a few cycles, because the filter rings at both ends.
LEAST_CYCLES = 4
# Below this concentration the mean phase of a foot's strikes is none, as where it strikes twice.
LEAST_TOGETHER = 0.3
# They grow with the recording.
COUNTS = ("strides",)
NO_WALK = "never walked longer than the start transient"
NO_PERIOD = "no stable cycle: no period was found"
NO_SPECTRUM = "never walked for a whole segment"
DISTANCES = {
    "spectral_distance": ("1", hellinger),
    "log_spectral_distance": ("dB", log_spectral_distance),
}


class Measure(NamedTuple):
    """One number of an agent: nan where it does not exist, and then `note` says why."""

    unit: str
    value: float
    note: str = ""


@dataclass(frozen=True)
class GaitSettings:
    """How gaits are measured; seconds and Hz."""

    transient: float
    segment: int
    """Samples of a Welch segment."""
    lowest: float
    highest: float


@dataclass(frozen=True, eq=False)
class Gait:
    """What a recording says about the gait of one agent; `strides` has one row for each."""

    period: GaitPeriod
    spectrum: PowerSpectrum
    strides: pd.DataFrame
    measures: dict[str, Measure]


@dataclass(frozen=True, eq=False)
class GaitTables:
    """The gaits of an expert and its clones; an expert has level -1 and clone -1."""

    strides: pd.DataFrame
    """level, clone, and the columns of `analyse_gait`."""
    distances: pd.DataFrame
    """comparison (`expert_clone`, `expert_itself`: a group of the expert's episodes to its others,
    `expert_expert`: such a group of the expert `other`), level, clone, other, group,
    spectral_distance, log_spectral_distance, note."""
    margins: pd.DataFrame
    """See `margins`."""
    measures: pd.DataFrame
    """level, clone, measure, unit, value, note; the expert's `<measure>_spread` are the margins."""


@dataclass(frozen=True, eq=False)
class _Walk:
    """The steady rows of an agent, read episode by episode as often as they are needed."""

    body: Body
    recording: Mapping[str, Sliceable]
    episodes: list[tuple[int, slice]]
    """(number of the episode, its steady rows)."""
    rate: float

    def joints(self, rows: slice) -> np.ndarray:
        """Return the joint angles (rad)."""
        return self.recording["qpos"][rows][:, joint_columns(self.body)]

    def posture(self, rows: slice) -> np.ndarray:
        """Return the positions but for the place on the ground."""
        return self.recording["qpos"][rows][:, environment_facts(self.body).skipped_qpos :]

    def touches(self, rows: slice) -> np.ndarray:
        """Return the contacts (T, feet) without flicker."""
        return touches(self.recording["contacts"][rows], self.rate)

    def stretches(self) -> Iterator[slice]:
        """Yield the steady rows of each episode."""
        for _, rows in self.episodes:
            yield rows


def analyse_gait(
    body: Body,
    recording: Mapping[str, Sliceable],
    sampling_rate: float,
    episodes: Sequence[slice],
    settings: GaitSettings,
    seed: int,
) -> Gait:
    """Measure the gait of one agent, whose episodes are the rows `episodes` of the recording.

    `strides` has the columns episode, start (s since the episode began), seconds, length (m), speed
    (m/s), duty_<foot>, double_support and flight (shares of the stride). Measures without a value
    have a note; those of strides whose cycle is not stable have a value AND a note, because to
    leave the most variable gaits out would make the rest look regular.
    """
    walk = _walk(body, recording, sampling_rate, episodes, settings.transient)
    found = period_of_stretches((walk.joints(rows) for rows in walk.stretches()), sampling_rate)
    spectrum = _spectrum(walk, settings.segment)
    strikes = [
        foot_strikes(recording["contacts"][rows], sampling_rate) for rows in walk.stretches()
    ]
    length = found.seconds * sampling_rate
    anchor = find_anchor(strikes, length) if np.isfinite(length) else None
    cuts = [
        cut_strides(feet[anchor.foot], anchor.every, length)[0]
        if anchor is not None
        else np.empty((0, 2), np.int64)
        for feet in strikes
    ]
    table = _stride_table(walk, cuts, settings.transient)
    measures = {
        **_stance_measures(walk),
        **_cycle_measures(walk, found, seed),
        **_stride_measures(walk, found, anchor, table, cuts, strikes, seed),
        **_harmonic_measures(found, spectrum, (settings.lowest, settings.highest)),
    }
    return Gait(found, spectrum, table, measures)


def measures_table(measures: Mapping[str, Measure]) -> pd.DataFrame:
    """Tabulate an agent's measures: measure, unit, value, note."""
    rows = [(name, one.unit, one.value, one.note) for name, one in measures.items()]
    return pd.DataFrame(rows, columns=["measure", "unit", "value", "note"])


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
        note = "" if np.isfinite(value) else "a channel has no power" if walked else NO_SPECTRUM
        measures[name] = Measure(unit, value if np.isfinite(value) else np.nan, note)
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
    expert: Mapping[str, Sliceable],
    clones: Mapping[int, Mapping[str, Sliceable]],
    others: Mapping[str, Mapping[str, Sliceable]],
    settings: GaitSettings,
    group_size: int,
    seed: int,
) -> GaitTables:
    """Measure an expert, its `clones` by level, and the spectra of `others` by name of the expert.

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
    for name, recording in others.items():
        for i, group in enumerate(episode_groups(_all_episodes(recording), group_size)):
            walk = _walk(body, recording, rate, group, settings.transient)
            apart = distances(_spectrum(walk, settings.segment), whole.spectrum)
            compared.append(("expert_expert", -1, -1, name, i, apart))
    measures: list[pd.DataFrame] = []
    strides: list[pd.DataFrame] = []

    def keep(level: int, clone: int, gait: Gait, apart: Mapping[str, Measure]) -> None:
        for table, rows in (
            (strides, gait.strides),
            (measures, measures_table({**gait.measures, **apart})),
        ):
            rows.insert(0, "level", level)
            rows.insert(1, "clone", clone)
            table.append(rows)

    table = margins(
        whole.measures | own,
        [{**one.measures, **apart} for one, apart in zip(groups, null, strict=True)],
        rate,
    )
    spreads = {
        f"{row.measure}_spread": Measure(row.unit, row.margin, row.basis)
        for row in table.itertuples()
    }
    keep(-1, -1, whole, {**own, **spreads})
    for level, recording in clones.items():
        for clone, mine in clone_episodes(recording).items():
            gait = measured(recording, mine, level, clone)
            apart = distances(gait.spectrum, whole.spectrum)
            compared.append(("expert_clone", level, clone, "", -1, apart))
            keep(level, clone, gait, apart)
    return GaitTables(
        strides=pd.concat(strides, ignore_index=True),
        distances=_distance_table(compared),
        margins=table,
        measures=pd.concat(measures, ignore_index=True),
    )


def _all_episodes(recording: Mapping[str, Sliceable]) -> list[slice]:
    return [rows for mine in clone_episodes(recording).values() for rows in mine]


def _mean_distances(found: Sequence[Mapping[str, Measure]], note: str) -> dict[str, Measure]:
    means = {}
    for name, (unit, _) in DISTANCES.items():
        values = [one[name].value for one in found if np.isfinite(one[name].value)]
        mean = float(np.mean(values)) if values else np.nan
        means[name] = Measure(unit, mean, note if values else found[0][name].note)
    return means


def _distance_table(compared: Sequence[tuple]) -> pd.DataFrame:
    rows = [
        (*names, *(apart[name].value for name in DISTANCES), apart["spectral_distance"].note)
        for *names, apart in compared
    ]
    columns = ["comparison", "level", "clone", "other", "group", *DISTANCES, "note"]
    return pd.DataFrame(rows, columns=columns)


def _walk(
    body: Body,
    recording: Mapping[str, Sliceable],
    rate: float,
    episodes: Sequence[slice],
    transient: float,
) -> _Walk:
    skip = round(transient * rate)
    steady = [
        (number, slice(rows.start + skip, rows.stop))
        for number, rows in enumerate(episodes)
        if rows.stop - rows.start > skip + 1
    ]
    return _Walk(body, recording, steady, rate)


def _spectrum(walk: _Walk, segment: int) -> PowerSpectrum:
    def of(signal: np.ndarray) -> PowerSpectrum:
        return power_spectrum(signal, walk.rate, segment, shortest=segment)

    spectra = (of(walk.posture(rows)) for rows in walk.stretches())
    return reduce(pool, spectra, of(walk.posture(slice(0, 0))))


def _stride_table(walk: _Walk, cuts: Sequence[np.ndarray], transient: float) -> pd.DataFrame:
    feet = [f"duty_{name}".replace(" ", "_") for name, _ in walk.body.feet]
    columns = ["episode", "start", "seconds", "length", "speed", *feet, "double_support", "flight"]
    parts = []
    for (episode, rows), cut in zip(walk.episodes, cuts, strict=True):
        touching = walk.touches(rows)
        count = touching.sum(axis=1)
        states = np.column_stack([touching, count > 1, count == 0])
        total = np.vstack([np.zeros((1, states.shape[1])), states.cumsum(axis=0)])
        start, stop = cut.T
        x = walk.recording["qpos"][rows][:, 0]
        seconds, length = (stop - start) / walk.rate, x[stop] - x[start]
        shares = (total[stop] - total[start]) / (stop - start)[:, None]
        at = (start + round(transient * walk.rate)) / walk.rate
        parts.append(
            np.column_stack(
                [np.full(len(cut), episode), at, seconds, length, length / seconds, shares]
            )
        )
    table = pd.DataFrame(
        np.concatenate(parts) if parts else np.empty((0, len(columns))), columns=columns
    )
    return table.astype({"episode": int})


def _stance_measures(walk: _Walk) -> dict[str, Measure]:
    """Return what needs no cycle: speed, and the shares of time that feet are on the ground."""
    feet = [name for name, _ in walk.body.feet]
    counts, n_rows, distance, seconds = np.zeros(len(feet) + 2), 0, 0.0, 0.0
    for rows in walk.stretches():
        touching = walk.touches(rows)
        together = touching.sum(axis=1)
        counts += [*touching.sum(axis=0), (together > 1).sum(), (together == 0).sum()]
        n_rows += len(touching)
        x = walk.recording["qpos"][rows][:, 0]
        distance, seconds = distance + x[-1] - x[0], seconds + (len(x) - 1) / walk.rate
    note = "" if n_rows else NO_WALK
    shares = counts / n_rows if n_rows else np.full(len(counts), np.nan)
    duty, (double, flight) = shares[: len(feet)], shares[len(feet) :]
    alone = note or ("one foot only" if len(feet) < 2 else "")
    uneven = symmetry_index(duty) if not alone else np.nan
    never = "" if alone or np.isfinite(uneven) else "no foot touches the ground"
    return {
        "speed": Measure("m/s", distance / seconds if n_rows else np.nan, note),
        "duty_factor": Measure("1", float(duty.mean()), note),
        **{
            f"duty_factor_{name}".replace(" ", "_"): Measure("1", float(share), note)
            for name, share in zip(feet, duty, strict=True)
        },
        "double_support": Measure("1", np.nan if alone else float(double), alone),
        "flight": Measure("1", float(flight), note),
        "symmetry_index": Measure("%", uneven, alone or never),
    }


def _cycle_measures(walk: _Walk, found: GaitPeriod, seed: int) -> dict[str, Measure]:
    """Return what needs a period and no contacts: how strongly the gait repeats itself."""
    missing = _missing(walk, found)
    measures = {"cycle_strength": Measure("1", found.strength, missing)}
    ratio = np.nan
    if not missing:
        rng = np.random.default_rng([seed, 0])
        length = found.seconds * walk.rate
        pairs = [recurrence_distances(walk.joints(rows), length, rng) for rows in walk.stretches()]
        near, far = (np.concatenate(side) for side in zip(*pairs, strict=True))
        ratio = float(np.median(near) / np.median(far))
    measures["recurrence_ratio"] = Measure("1", ratio, missing or _unstable(found))
    return measures


def _stride_measures(
    walk: _Walk,
    found: GaitPeriod,
    anchor: Anchor | None,
    table: pd.DataFrame,
    cuts: Sequence[np.ndarray],
    strikes: Sequence[Sequence[np.ndarray]],
    seed: int,
) -> dict[str, Measure]:
    missing = _missing(walk, found)
    if not missing and anchor is None:
        missing = "no foot strikes in the rhythm of the cycle"
    if not missing and len(table) < 2:
        missing = f"{len(table)} strides, 2 are needed"
    note = missing or _unstable(found)

    def cv(values: pd.Series) -> float:
        return float(100 * values.std() / values.mean()) if not missing else np.nan

    cycles = (
        time_normalise(np.degrees(walk.joints(rows)), cut)
        for rows, cut in zip(walk.stretches(), cuts, strict=True)
        if len(cut)
    )
    joints = walk.body.joints
    varying = mean_sd(cycles) if not missing else np.full(len(joints), np.nan)
    measures = {
        "strides": Measure("1", np.nan if missing else float(len(table)), missing),
        "stride_frequency": Measure("Hz", np.nan if missing else 1 / table["seconds"].mean(), note),
        "stride_length": Measure("m", np.nan if missing else table["length"].mean(), note),
        "stride_time_cv": Measure("%", cv(table["seconds"]), note),
        "stride_length_cv": Measure("%", cv(table["length"]), note),
        "mean_sd": Measure("degree", float(varying.mean()), note),
    }
    for joint, value in zip(joints, varying, strict=True):
        measures[f"mean_sd_{joint}"] = Measure("degree", float(value), note)
    measures |= _phase_measures(walk, found, cuts, strikes, missing)
    measures |= _return_measures(walk, cuts, missing, seed)
    return measures


def _phase_measures(
    walk: _Walk,
    found: GaitPeriod,
    cuts: Sequence[np.ndarray],
    strikes: Sequence[Sequence[np.ndarray]],
    missing: str,
) -> dict[str, Measure]:
    feet = [name for name, _ in walk.body.feet]
    at_strikes: list[list[float]] = [[] for _ in feet]
    inside_rows, in_step = 0, 0.0
    for rows, cut, struck in zip(walk.stretches(), cuts, strikes, strict=True):
        n_rows = rows.stop - rows.start
        phase = stride_phase(n_rows, cut)
        for foot, events in enumerate(struck):
            at_strikes[foot].extend(phase[events][np.isfinite(phase[events])])
        if not missing and n_rows >= LEAST_CYCLES * found.seconds * walk.rate and len(cut):
            other = hilbert_phase(walk.joints(rows), found.seconds, walk.rate)
            # The two count from different poses, in each episode other ones because the sign of a
            # component is arbitrary: only whether they keep step within an episode is asked.
            inside = np.isfinite(phase)
            inside_rows += int(inside.sum())
            in_step += inside.sum() * circular_mean(other[inside] - phase[inside])[1]
    agreement = in_step / inside_rows if inside_rows else np.nan
    short = missing or ("" if inside_rows else f"no episode of {LEAST_CYCLES} cycles")
    measures = {"phase_agreement": Measure("1", agreement, short or _unstable(found))}
    means = [circular_mean(phases) for phases in at_strikes]
    for foot, name in enumerate(feet[1:], start=1):
        suffix = f"_{name}".replace(" ", "_") if len(feet) > 2 else ""
        silent = [feet[i] for i in (0, foot) if not at_strikes[i]]
        note = missing or (f"the {silent[0]} foot strikes in no stride" if silent else "")
        phase_, together = (means[foot][0] - means[0][0]) % 1, means[foot][1] * means[0][1]
        scattered = "" if note or together >= LEAST_TOGETHER else "a foot strikes at any phase"
        absent = note or scattered
        measures[f"step_phase{suffix}"] = Measure(
            "cycle", np.nan if absent else phase_, absent or _unstable(found)
        )
        measures[f"step_phase_concentration{suffix}"] = Measure(
            "1", np.nan if note else together, note or _unstable(found)
        )
    return measures


def _return_measures(
    walk: _Walk, cuts: Sequence[np.ndarray], missing: str, seed: int
) -> dict[str, Measure]:
    value, fit, note = np.nan, np.nan, missing
    if not missing:
        states, following = [], []
        for rows, cut in zip(walk.stretches(), cuts, strict=True):
            state = np.hstack([walk.posture(rows), walk.recording["qvel"][rows]])
            states.append(state[cut[:, 0]])
            following.append(state[cut[:, 1]])
        found = fit_return_map(
            np.concatenate(states), np.concatenate(following), np.random.default_rng([seed, 1])
        )
        value, fit, note = found.eigenvalue, found.fit, found.note
        if not note:
            note = f"95 % bootstrap interval {found.low:.2f} to {found.high:.2f}"
    return {
        "return_map_lambda": Measure("1", value, note),
        "return_map_fit": Measure("1", fit, "" if np.isfinite(fit) else note),
    }


def _harmonic_measures(
    found: GaitPeriod, spectrum: PowerSpectrum, band: tuple[float, float]
) -> dict[str, Measure]:
    """Return fundamental and harmonics, which do not exist without a stable cycle."""
    summed = fundamental(spectrum, band=band) if spectrum.n_segments else np.nan
    absent = NO_PERIOD if not np.isfinite(found.seconds) else _unstable(found)
    frequency = np.nan if absent else 1 / found.seconds
    flag = ""
    if np.isfinite(summed) and np.isfinite(frequency):
        factor = summed / frequency
        if not 1 / OTHER_CYCLE < factor < OTHER_CYCLE:
            flag = f"the harmonic sum finds {factor:.2g} times this frequency"
    unseen = "" if np.isfinite(summed) else NO_SPECTRUM
    ratios = np.full(HARMONICS, np.nan)
    if not (absent or unseen):
        by_channel = harmonic_ratios(spectrum, frequency, harmonics=HARMONICS, band=band)
        ratios = by_channel[:, ~np.isnan(by_channel).any(axis=0)].mean(axis=1)
    odd, even = ratios[::2].sum(), ratios[1::2].sum()
    note = absent or unseen
    return {
        "fundamental": Measure("Hz", frequency, absent or flag),
        "fundamental_harmonic_sum": Measure("Hz", summed, unseen or flag),
        **{f"harmonic_{k}": Measure("1", float(h), note) for k, h in enumerate(ratios, 1)},
        "harmonic_share": Measure("1", float(ratios.sum()), note),
        "even_odd_ratio": Measure("1", float(even / odd) if odd > 0 else np.nan, note),
    }


def _missing(walk: _Walk, found: GaitPeriod) -> str:
    if not walk.episodes:
        return NO_WALK
    return "" if np.isfinite(found.seconds) else NO_PERIOD


def _unstable(found: GaitPeriod) -> str:
    return "" if found.stable else f"no stable cycle: autocorrelation {found.strength:.2f}"
