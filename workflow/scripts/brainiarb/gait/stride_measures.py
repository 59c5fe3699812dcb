"""The strides of one agent: a table of them, and the measures of how regular they are."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from brainiarb.gait.cycles import time_normalise
from brainiarb.gait.strides import (
    circular_mean,
    cut_strides,
    fit_return_map,
    hilbert_phase,
    mean_sd,
    stride_phase,
)
from brainiarb.gait.walk import SteadyWalk
from brainiarb.rollouts.episodes import transient_rows
from brainiarb.statistics.intervals import percent
from brainiarb.statistics.measures import OK, UNSTABLE, Measure, qualified

# Hilbert's phase needs a few cycles, because the filter rings at both ends of an episode.
LEAST_CYCLES = 4
# Below this concentration a foot has no meaningful mean strike phase (for example, if it strikes
# twice per cycle).
LEAST_CONCENTRATION = 0.3


@dataclass(frozen=True, eq=False)
class Strides:
    """The strides of one agent."""

    cuts: list[NDArray[np.int64]]
    """(n, 2) for each steady episode: where strides begin and end, from its first steady row."""
    table: pd.DataFrame
    """See `stride_table`."""
    missing: str
    """Why strides cannot be measured; empty where they can."""


def cut_into_strides(walk: SteadyWalk) -> Strides:
    """Cut the steady walk of an agent into strides."""
    cuts = [
        np.empty((0, 2), np.int64)
        if walk.anchor is None
        else cut_strides(feet[walk.anchor.foot], walk.anchor.every, walk.cycle_length)[0]
        for feet in walk.strikes
    ]
    table = stride_table(walk, cuts)
    missing = walk.missing
    if not missing and walk.anchor is None:
        missing = "no foot strikes in the rhythm of the cycle"
    if not missing and len(table) < 2:
        missing = f"{len(table)} strides, 2 are needed"
    return Strides(cuts, table, missing)


def stride_table(walk: SteadyWalk, cuts: list[NDArray[np.int64]]) -> pd.DataFrame:
    """Tabulate every stride of an agent, `cuts` being those of `Strides`.

    Columns: episode, start (s since the episode began), seconds, length (m), speed (m/s), then the
    shares of the stride during which each foot (duty_<foot>), two feet or more (double_support) or
    no foot (flight) touch the ground.
    """
    feet = [f"duty_{name}".replace(" ", "_") for name, _ in walk.body.feet]
    columns = ["episode", "start", "seconds", "length", "speed", *feet, "double_support", "flight"]
    skipped = transient_rows(walk.sampling_rate, walk.transient)
    parts = [np.empty((0, len(columns)))]
    for (episode, rows), cut in zip(walk.steady.items(), cuts, strict=True):
        touching = walk.touches(rows)
        count = touching.sum(axis=1)
        states = np.column_stack([touching, count > 1, count == 0])
        total = np.vstack([np.zeros((1, states.shape[1])), states.cumsum(axis=0)])
        start, stop = cut.T
        x = walk.forward(rows)
        begun, seconds = (start + skipped) / walk.sampling_rate, (stop - start) / walk.sampling_rate
        length = x[stop] - x[start]
        shares = (total[stop] - total[start]) / (stop - start)[:, None]
        number = np.full(len(cut), episode)
        parts.append(np.column_stack([number, begun, seconds, length, length / seconds, shares]))
    return pd.DataFrame(np.concatenate(parts), columns=columns).astype({"episode": int})


def stride_measures(
    walk: SteadyWalk, strides: Strides, seed: int, alpha: float
) -> dict[str, Measure]:
    """Return frequency, length and variability of strides, phases of the feet, the return map.

    The note of the return map names its interval, which holds 1 - `alpha`.
    """
    table, absent, unstable = strides.table, strides.missing, walk.unstable
    cycles = (
        time_normalise(np.degrees(walk.joints(rows)), cut)
        for rows, cut in zip(walk.steady.values(), strides.cuts, strict=True)
        if len(cut)
    )
    joints = walk.body.joints
    deviations = np.full(len(joints), np.nan) if absent else mean_sd(cycles)
    return {
        "strides": qualified("1", len(table), absent),
        "stride_frequency": qualified("Hz", 1 / table["seconds"].mean(), absent, unstable),
        "stride_length": qualified("m", table["length"].mean(), absent, unstable),
        "stride_time_cv": qualified("%", _variation(table["seconds"]), absent, unstable),
        "stride_length_cv": qualified("%", _variation(table["length"]), absent, unstable),
        "mean_sd": qualified("degree", deviations.mean(), absent, unstable),
        **{
            f"mean_sd_{joint}": qualified("degree", deviation, absent, unstable)
            for joint, deviation in zip(joints, deviations, strict=True)
        },
        **_phase_measures(walk, strides),
        **_return_map_measures(walk, strides, seed, alpha),
    }


def _variation(values: pd.Series) -> float:
    """Return the coefficient of variation in percent."""
    return float(100 * values.std() / values.mean())


def _phase_measures(walk: SteadyWalk, strides: Strides) -> dict[str, Measure]:
    """Return how well two phases of the gait agree, and when in a stride each foot strikes."""
    feet = [name for name, _ in walk.body.feet]
    at_strikes: list[list[float]] = [[] for _ in feet]
    n_rows, agreeing = 0, 0.0
    for rows, cut, strikes in zip(walk.steady.values(), strides.cuts, walk.strikes, strict=True):
        length = rows.stop - rows.start
        phase = stride_phase(length, cut)
        for foot, events in enumerate(strikes):
            at_strikes[foot].extend(phase[events][np.isfinite(phase[events])])
        if not strides.missing and length >= LEAST_CYCLES * walk.cycle_length and len(cut):
            wave_phase = hilbert_phase(walk.joints(rows), walk.period.seconds, walk.sampling_rate)
            # The two phases have different zero points, and the offset changes between episodes
            # because the sign of a principal component is arbitrary. So we only test whether their
            # difference is constant within an episode.
            inside = np.isfinite(phase)
            n_rows += int(inside.sum())
            agreeing += inside.sum() * circular_mean(wave_phase[inside] - phase[inside])[1]
    agreement = agreeing / n_rows if n_rows else np.nan
    short = strides.missing or ("" if n_rows else f"no episode of {LEAST_CYCLES} cycles")
    measures = {"phase_agreement": qualified("1", agreement, short, walk.unstable)}
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
