"""The gait of one agent in numbers: from its steady walk to its period, spectrum and measures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.gait.alternation import alternation_measures
from brainiarb.gait.period import GaitPeriod
from brainiarb.gait.rates import rate_measures
from brainiarb.gait.settling import late_early_measures, settled
from brainiarb.gait.spectra import PowerSpectrum, spectral_peak
from brainiarb.gait.spectral_measures import harmonic_measures, no_spectrum, posture_spectrum
from brainiarb.gait.stride_measures import cut_into_strides, stride_measures
from brainiarb.gait.strides import recurrence_distances, symmetry_index
from brainiarb.gait.walk import NO_WALK, SteadyWalk
from brainiarb.statistics.measures import Measure, qualified


@dataclass(frozen=True)
class GaitSettings:
    """How gaits are measured."""

    segment: int
    """Rows of one segment of Welch's method."""
    lowest: float
    """Hz; the band in which a gait has its power begins here."""
    highest: float
    """Hz; the band ends here."""
    alpha: float = 0.05
    """The interval of the return map holds 1 - alpha; strides alternate if p is alpha or less."""

    @property
    def band(self) -> tuple[float, float]:
        """Return the band (Hz) in which a gait has its power."""
        return self.lowest, self.highest


@dataclass(frozen=True, eq=False)
class Gait:
    """The gait of one agent."""

    period: GaitPeriod
    spectrum: PowerSpectrum
    """Of the posture."""
    strides: pd.DataFrame
    """One row for each stride since the gait has settled; see `stride_table`."""
    octave: float
    """Hz; the stride rate whose octave the rates are folded to; nan if nothing is folded."""
    measures: dict[str, Measure]


def analyse_gait(
    walk: SteadyWalk, settings: GaitSettings, seed: int, octave: float | None = None
) -> Gait:
    """Measure the gait of one agent, whose rates are folded to the `octave` (Hz) of its expert.

    Without an octave they are folded to that of the agent's own strides, or of its posture if no
    foot strikes.

    A measure without a value is `absent`. A measure of strides whose cycle is not stable keeps its
    value and is `unstable`: without the most variable gaits, the others would look too regular.
    Strides, and whether they alternate, are measured from when the gait has settled (`settled`).
    """
    spectrum = posture_spectrum(walk, settings.segment)
    steady, settling_time = settled(walk)
    strides = cut_into_strides(steady)
    of_strides = stride_measures(steady, strides, seed, settings.alpha)
    strikes, no_cycle = of_strides["stride_frequency"].value, walk.missing or walk.unstable
    if octave is None:
        octave = strikes if np.isfinite(strikes) else 1 / walk.period.seconds
    rates = rate_measures(
        walk.period,
        spectral_peak(spectrum, band=settings.band),
        strikes,
        octave,
        walk.body.rates,
        no_cycle,
        no_spectrum(spectrum),
    )
    measures = {
        **_stance_measures(walk),
        **_cycle_measures(walk, seed),
        **settling_time,
        **late_early_measures(walk),
        **of_strides,
        **alternation_measures(steady, seed, settings.alpha),
        **rates,
        **harmonic_measures(spectrum, rates["fundamental"], settings.band),
    }
    return Gait(walk.period, spectrum, strides.table, octave, measures)


def _stance_measures(walk: SteadyWalk) -> dict[str, Measure]:
    """Return the measures that need no cycle: speed, and how long the feet touch the ground."""
    feet = [name for name, _ in walk.body.feet]
    counts, n_rows, distance, seconds = np.zeros(len(feet) + 2), 0, 0.0, 0.0
    for rows in walk.steady.values():
        touching = walk.touches(rows)
        together = touching.sum(axis=1)
        counts += [*touching.sum(axis=0), (together > 1).sum(), (together == 0).sum()]
        n_rows += len(touching)
        x = walk.forward(rows)
        distance, seconds = distance + x[-1] - x[0], seconds + (len(x) - 1) / walk.sampling_rate
    absent = "" if n_rows else NO_WALK
    shares = counts / n_rows if n_rows else np.full(len(counts), np.nan)
    duty, (double_support, flight) = shares[: len(feet)], shares[len(feet) :]
    footless = absent or walk.footless
    alone = footless or walk.alone
    asymmetry = symmetry_index(duty)
    lifted = "" if np.isfinite(asymmetry) else "no foot touches the ground"
    return {
        "speed": qualified("m/s", distance / seconds if n_rows else np.nan, absent),
        "duty_factor": qualified("1", duty.mean() if feet else np.nan, footless),
        **{
            f"duty_factor_{name}".replace(" ", "_"): qualified("1", share, absent)
            for name, share in zip(feet, duty, strict=True)
        },
        "double_support": qualified("1", double_support, alone),
        "flight": qualified("1", flight if feet else np.nan, footless),
        "symmetry_index": qualified("%", asymmetry, alone or lifted),
    }


def _cycle_measures(walk: SteadyWalk, seed: int) -> dict[str, Measure]:
    """Return the measures that need a period but no contacts: how strongly the gait repeats."""
    ratio = np.nan
    if not walk.missing:
        rng = np.random.default_rng([seed, 0])
        pairs = [
            recurrence_distances(walk.joints(rows), walk.cycle_length, rng)
            for rows in walk.steady.values()
        ]
        near, far = (np.concatenate(side) for side in zip(*pairs, strict=True))
        ratio = float(np.median(near) / np.median(far))
    return {
        "cycle_strength": qualified("1", walk.period.strength, walk.missing),
        "recurrence_ratio": qualified("1", ratio, walk.missing, walk.unstable),
    }
