"""The gait of one agent in numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts, joint_columns
from brainiarb.gait.contacts import foot_strikes, touches
from brainiarb.gait.cycles import time_normalise
from brainiarb.gait.period import GaitPeriod, period_of_stretches
from brainiarb.gait.spectra import (
    PowerSpectrum,
    fundamental,
    harmonic_ratios,
    pool,
    power_spectrum,
)
from brainiarb.gait.strides import (
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
from brainiarb.rollouts.episodes import Sliceable
from brainiarb.statistics.measures import OK, UNSTABLE, Measure, qualified

HARMONICS = 8
# Two estimates of the fundamental that differ by this factor are not of the same cycle.
OTHER_CYCLE = 1.5
# Hilbert's phase needs a few cycles, because the filter rings at both ends.
LEAST_CYCLES = 4
# Below this concentration the mean phase of a foot's strikes is none, as where it strikes twice.
LEAST_TOGETHER = 0.3
NO_WALK = "never walked longer than the start transient"
NO_PERIOD = "no stable cycle: no period was found"
NO_SPECTRUM = "never walked for a whole segment"
NO_ODD_POWER = "no power at the odd harmonics"


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
class SteadyWalk:
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
    (m/s), duty_<foot>, double_support and flight (shares of the stride). A measure without a value
    is `absent`. A measure of strides whose cycle is not stable keeps its value and is `unstable`:
    without the most variable gaits, the others would look too regular.
    """
    walk = steady_walk(body, recording, sampling_rate, episodes, settings.transient)
    found = period_of_stretches((walk.joints(rows) for rows in walk.stretches()), sampling_rate)
    spectrum = posture_spectrum(walk, settings.segment)
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


def steady_walk(
    body: Body,
    recording: Mapping[str, Sliceable],
    rate: float,
    episodes: Sequence[slice],
    transient: float,
) -> SteadyWalk:
    """Return the rows of an agent's `episodes` that follow the start transient (s)."""
    skip = round(transient * rate)
    steady = [
        (number, slice(rows.start + skip, rows.stop))
        for number, rows in enumerate(episodes)
        if rows.stop - rows.start > skip + 1
    ]
    return SteadyWalk(body, recording, steady, rate)


def posture_spectrum(walk: SteadyWalk, segment: int) -> PowerSpectrum:
    """Return the power spectrum of an agent's posture over all of its episodes."""

    def of(signal: np.ndarray) -> PowerSpectrum:
        return power_spectrum(signal, walk.rate, segment, shortest=segment)

    spectra = (of(walk.posture(rows)) for rows in walk.stretches())
    return reduce(pool, spectra, of(walk.posture(slice(0, 0))))


def _stride_table(walk: SteadyWalk, cuts: Sequence[np.ndarray], transient: float) -> pd.DataFrame:
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


def _stance_measures(walk: SteadyWalk) -> dict[str, Measure]:
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
        "speed": qualified("m/s", distance / seconds if n_rows else np.nan, note),
        "duty_factor": qualified("1", duty.mean(), note),
        **{
            f"duty_factor_{name}".replace(" ", "_"): qualified("1", share, note)
            for name, share in zip(feet, duty, strict=True)
        },
        "double_support": qualified("1", double, alone),
        "flight": qualified("1", flight, note),
        "symmetry_index": qualified("%", uneven, alone or never),
    }


def _cycle_measures(walk: SteadyWalk, found: GaitPeriod, seed: int) -> dict[str, Measure]:
    """Return what needs a period and no contacts: how strongly the gait repeats itself."""
    missing = _missing(walk, found)
    measures = {"cycle_strength": qualified("1", found.strength, missing)}
    ratio = np.nan
    if not missing:
        rng = np.random.default_rng([seed, 0])
        length = found.seconds * walk.rate
        pairs = [recurrence_distances(walk.joints(rows), length, rng) for rows in walk.stretches()]
        near, far = (np.concatenate(side) for side in zip(*pairs, strict=True))
        ratio = float(np.median(near) / np.median(far))
    measures["recurrence_ratio"] = qualified("1", ratio, missing, _unstable(found))
    return measures


def _stride_measures(
    walk: SteadyWalk,
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
    weak = _unstable(found)

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
        "strides": qualified("1", len(table), missing),
        "stride_frequency": qualified("Hz", 1 / table["seconds"].mean(), missing, weak),
        "stride_length": qualified("m", table["length"].mean(), missing, weak),
        "stride_time_cv": qualified("%", cv(table["seconds"]), missing, weak),
        "stride_length_cv": qualified("%", cv(table["length"]), missing, weak),
        "mean_sd": qualified("degree", varying.mean(), missing, weak),
    }
    for joint, value in zip(joints, varying, strict=True):
        measures[f"mean_sd_{joint}"] = qualified("degree", value, missing, weak)
    measures |= _phase_measures(walk, found, cuts, strikes, missing)
    measures |= _return_measures(walk, found, cuts, missing, seed)
    return measures


def _phase_measures(
    walk: SteadyWalk,
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
    measures = {"phase_agreement": qualified("1", agreement, short, _unstable(found))}
    means = [circular_mean(phases) for phases in at_strikes]
    for foot, name in enumerate(feet[1:], start=1):
        suffix = f"_{name}".replace(" ", "_") if len(feet) > 2 else ""
        silent = [feet[i] for i in (0, foot) if not at_strikes[i]]
        note = missing or (f"the {silent[0]} foot strikes in no stride" if silent else "")
        phase_, together = (means[foot][0] - means[0][0]) % 1, means[foot][1] * means[0][1]
        scattered = "" if note or together >= LEAST_TOGETHER else "a foot strikes at any phase"
        measures[f"step_phase{suffix}"] = qualified(
            "cycle", phase_, note or scattered, _unstable(found)
        )
        measures[f"step_phase_concentration{suffix}"] = qualified(
            "1", together, note, _unstable(found)
        )
    return measures


def _return_measures(
    walk: SteadyWalk, period: GaitPeriod, cuts: Sequence[np.ndarray], missing: str, seed: int
) -> dict[str, Measure]:
    value, fit, refused, interval = np.nan, np.nan, missing, ""
    if not missing:
        states, following = [], []
        for rows, cut in zip(walk.stretches(), cuts, strict=True):
            state = np.hstack([walk.posture(rows), walk.recording["qvel"][rows]])
            states.append(state[cut[:, 0]])
            following.append(state[cut[:, 1]])
        found = fit_return_map(
            np.concatenate(states), np.concatenate(following), np.random.default_rng([seed, 1])
        )
        value, fit, refused = found.eigenvalue, found.fit, found.note
        interval = f"95 % bootstrap interval {found.low:.2f} to {found.high:.2f}"
    weak = _unstable(period)
    status, note = (UNSTABLE, f"{weak}; {interval}") if weak else (OK, interval)
    return {
        "return_map_lambda": Measure("1", value, status, refused or note),
        "return_map_fit": qualified("1", fit, "" if np.isfinite(fit) else refused, weak),
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
        "fundamental": qualified("Hz", frequency, absent, flag),
        "fundamental_harmonic_sum": qualified("Hz", summed, unseen, flag),
        **{f"harmonic_{k}": qualified("1", h, note) for k, h in enumerate(ratios, 1)},
        "harmonic_share": qualified("1", ratios.sum(), note),
        "even_odd_ratio": qualified(
            "1", even / odd if odd > 0 else np.nan, note or ("" if odd > 0 else NO_ODD_POWER)
        ),
    }


def _missing(walk: SteadyWalk, found: GaitPeriod) -> str:
    if not walk.episodes:
        return NO_WALK
    return "" if np.isfinite(found.seconds) else NO_PERIOD


def _unstable(found: GaitPeriod) -> str:
    return "" if found.stable else f"no stable cycle: autocorrelation {found.strength:.2f}"
