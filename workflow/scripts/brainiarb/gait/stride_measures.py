"""The strides of one agent: a table of them, and the measures of how regular they are."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from brainiarb.gait.cycles import time_normalise
from brainiarb.gait.strides import (
    circular_mean,
    fit_return_map,
    hilbert_phase,
    mean_sd,
    stride_phase,
    variation,
)
from brainiarb.gait.walk import NO_WALK, SteadyWalk
from brainiarb.rollouts.episodes import transient_rows
from brainiarb.statistics.intervals import percent
from brainiarb.statistics.measures import OK, UNSTABLE, Measure, qualified

# Hilbert's phase needs a few cycles, because the filter rings at both ends of an episode.
LEAST_CYCLES = 4
# Below this concentration a foot has no meaningful mean strike phase (for example, if it strikes
# twice per cycle).
LEAST_CONCENTRATION = 0.3
ONE_STRIDE = "no episode has two strides of a foot"


@dataclass(frozen=True, eq=False)
class Strides:
    """The strides of one agent."""

    table: pd.DataFrame
    """See `stride_table`."""
    cuts: list[NDArray[np.int64]]
    """(n, 2) for each steady episode: the strides of the reference foot, from the first steady row.
    """
    missing: str
    """Why strides cannot be measured; empty where they can."""


def cut_into_strides(walk: SteadyWalk) -> Strides:
    """Cut the steady walk of an agent into strides."""
    table, foot = stride_table(walk), walk.reference_foot
    cuts = [np.empty((0, 2), np.int64)] * len(walk.steady) if foot is None else walk.strides[foot]
    missing = NO_WALK if not walk.steady else walk.strideless if foot is None else ""
    if not missing and len(table) < 2:
        missing = f"{len(table)} strides, 2 are needed"
    return Strides(table, cuts, missing)


def stride_table(walk: SteadyWalk) -> pd.DataFrame:
    """Tabulate every stride of every foot of an agent.

    Columns: foot (its name), episode, start (s since the episode began), seconds, length (m), speed
    (m/s), then the shares of the stride during which each foot (duty_<foot>), two feet or more
    (double_support) or no foot (flight) touch the ground.
    """
    names = [name for name, _ in walk.body.feet]
    duties = [f"duty_{name}".replace(" ", "_") for name in names]
    columns = [
        "episode",
        "start",
        "seconds",
        "length",
        "speed",
        *duties,
        "double_support",
        "flight",
    ]
    skipped = transient_rows(walk.sampling_rate, walk.transient)
    parts, feet = [np.empty((0, len(columns)))], []
    for number, (episode, rows) in enumerate(walk.steady.items()):
        touching, x = walk.touches(rows), walk.forward(rows)
        count = touching.sum(axis=1)
        states = np.column_stack([touching, count > 1, count == 0])
        total = np.vstack([np.zeros((1, states.shape[1])), states.cumsum(axis=0)])
        for name, cuts in zip(names, walk.strides, strict=True):
            start, stop = cuts[number].T
            begun = (start + skipped) / walk.sampling_rate
            seconds, length = (stop - start) / walk.sampling_rate, x[stop] - x[start]
            shares = (total[stop] - total[start]) / (stop - start)[:, None]
            numbers = np.full(len(start), episode)
            parts.append(
                np.column_stack([numbers, begun, seconds, length, length / seconds, shares])
            )
            feet += [name] * len(start)
    table = pd.DataFrame(np.concatenate(parts), columns=columns).astype({"episode": int})
    table.insert(0, "foot", feet)
    return table


def stride_measures(
    walk: SteadyWalk, strides: Strides, seed: int, alpha: float
) -> dict[str, Measure]:
    """Return frequency, length and variability of strides, phases of the feet, the return map.

    Frequency, length and variability are those of every foot, averaged over the feet that have
    strides. The note of the return map names its interval, which holds 1 - `alpha`.
    """
    table, absent, unstable = strides.table, strides.missing, walk.unstable
    joints = walk.body.joints
    deviations = np.full(len(joints), np.nan) if absent else _joint_deviations(walk)
    single = absent or ("" if np.isfinite(deviations).all() else ONE_STRIDE)
    means = table.groupby("foot", sort=False)[["seconds", "length"]].mean()
    return {
        "strides": qualified("1", len(table), absent),
        "stride_frequency": qualified("Hz", (1 / means["seconds"]).mean(), absent, unstable),
        "stride_length": qualified("m", means["length"].mean(), absent, unstable),
        "stride_time_cv": qualified("%", _variation(table, "seconds"), single, unstable),
        **{
            f"stride_time_cv_{name}".replace(" ", "_"): qualified(
                "%", _variation(table[table["foot"] == name], "seconds"), single, unstable
            )
            for name, _ in walk.body.feet
        },
        "stride_length_cv": qualified("%", _variation(table, "length"), single, unstable),
        "mean_sd": qualified("degree", deviations.mean(), single, unstable),
        **{
            f"mean_sd_{joint}": qualified("degree", deviation, single, unstable)
            for joint, deviation in zip(joints, deviations, strict=True)
        },
        **_phase_measures(walk, strides),
        **_return_map_measures(walk, strides, seed, alpha),
    }


def _variation(table: pd.DataFrame, quantity: str) -> float:
    """Return the variation of a column of `stride_table`, averaged over the feet that have one."""
    feet = [
        variation(strides[quantity], strides["episode"])
        for _, strides in table.groupby("foot", sort=False)
    ]
    known = [value for value in feet if np.isfinite(value)]
    return float(np.mean(known)) if known else np.nan


def _joint_deviations(walk: SteadyWalk) -> NDArray[np.float64]:
    """Return the MeanSD of each joint in degrees, averaged over the feet that have strides."""
    feet = [
        mean_sd(
            time_normalise(np.degrees(walk.joints(rows)), cut)
            for rows, cut in zip(walk.steady.values(), cuts, strict=True)
            if len(cut)
        )
        for cuts in walk.strides
    ]
    known = [deviations for deviations in feet if np.isfinite(deviations).all()]
    return np.mean(known, axis=0) if known else np.full(len(walk.body.joints), np.nan)


def _phase_measures(walk: SteadyWalk, strides: Strides) -> dict[str, Measure]:
    """Return how well two phases of the gait agree, and when in a stride each foot strikes."""
    feet = [name for name, _ in walk.body.feet]
    at_strikes: list[list[float]] = [[] for _ in feet]
    n_rows, agreeing = 0, 0.0
    lengths = np.concatenate([np.empty(0), *(np.diff(cut)[:, 0] for cut in strides.cuts)])
    usual = np.nan if strides.missing else float(lengths.mean())
    for rows, cut, strikes in zip(walk.steady.values(), strides.cuts, walk.strikes, strict=True):
        length = rows.stop - rows.start
        phase = stride_phase(length, cut)
        for foot, events in enumerate(strikes):
            at_strikes[foot].extend(phase[events][np.isfinite(phase[events])])
        if not strides.missing and length >= LEAST_CYCLES * usual and len(cut):
            wave_phase = hilbert_phase(
                walk.joints(rows), usual / walk.sampling_rate, walk.sampling_rate
            )
            # The two phases have different zero points, and the offset changes between episodes
            # because the sign of a principal component is arbitrary. So we only test whether their
            # difference is constant within an episode.
            inside = np.isfinite(phase)
            n_rows += int(inside.sum())
            agreeing += inside.sum() * circular_mean(wave_phase[inside] - phase[inside])[1]
    agreement = agreeing / n_rows if n_rows else np.nan
    short = strides.missing or ("" if n_rows else f"no episode of {LEAST_CYCLES} cycles")
    measures = {"phase_agreement": qualified("1", agreement, short, walk.unstable)}
    if walk.alone:
        measures["step_phase"] = qualified("cycle", np.nan, walk.alone)
    means = [circular_mean(phases) for phases in at_strikes]
    for foot, name in enumerate(feet[1:], start=1):
        suffix = f"_{name}".replace(" ", "_") if len(feet) > 2 else ""
        silent = [feet[i] for i in (0, foot) if not at_strikes[i]]
        absent = strides.missing or (f"the {silent[0]} foot strikes in no stride" if silent else "")
        step_phase, concentration = (means[foot][0] - means[0][0]) % 1, means[foot][1] * means[0][1]
        scattered = "a foot strikes at any phase" if concentration < LEAST_CONCENTRATION else ""
        measures[f"step_phase{suffix}"] = qualified(
            "cycle", step_phase, absent or scattered, walk.unstable
        )
        measures[f"step_phase_concentration{suffix}"] = qualified(
            "1", concentration, absent, walk.unstable
        )
    return measures


def _return_map_measures(
    walk: SteadyWalk, strides: Strides, seed: int, alpha: float
) -> dict[str, Measure]:
    """Return whether disturbances fade from stride to stride, and how well the map fits."""
    if strides.missing:
        absent = qualified("1", np.nan, strides.missing)
        return {"return_map_lambda": absent, "return_map_fit": absent}
    first, following = [], []
    for rows, cut in zip(walk.steady.values(), strides.cuts, strict=True):
        states = np.hstack([walk.posture(rows), walk.recording["qvel"][rows]])
        first.append(states[cut[:, 0]])
        following.append(states[cut[:, 1]])
    rng = np.random.default_rng([seed, 1])
    fitted = fit_return_map(np.concatenate(first), np.concatenate(following), rng, alpha=alpha)
    interval = f"{percent(alpha)} bootstrap interval {fitted.low:.2f} to {fitted.high:.2f}"
    status, note = (UNSTABLE, f"{walk.unstable}; {interval}") if walk.unstable else (OK, interval)
    unknown = "" if np.isfinite(fitted.fit) else fitted.note
    return {
        "return_map_lambda": Measure("1", fitted.eigenvalue, status, fitted.note or note),
        "return_map_fit": qualified("1", fitted.fit, unknown, walk.unstable),
    }
