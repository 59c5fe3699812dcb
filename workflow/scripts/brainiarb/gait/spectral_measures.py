"""The spectrum of one agent's posture: its harmonics and distances to others."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from brainiarb.gait.spectra import (
    HARMONICS,
    PowerSpectrum,
    harmonic_ratios,
    hellinger,
    log_spectral_distance,
    merge_spectra,
    spectrum_of_stretches,
)
from brainiarb.gait.walk import SteadyWalk
from brainiarb.statistics.measures import ABSENT, Measure, qualified

NO_SPECTRUM = "never walked for a whole segment"
NO_POWER = "no channel of the posture moves"
NO_REST = "there is no other group of episodes to compare with"
NO_ODD_POWER = "no power at the odd harmonics"
DISTANCES = {
    "spectral_distance": ("1", hellinger),
    "log_spectral_distance": ("dB", log_spectral_distance),
}


def posture_spectrum(walk: SteadyWalk, segment: int) -> PowerSpectrum:
    """Return the power spectrum of an agent's posture over all of its episodes."""
    channels = walk.posture(slice(0, 0)).shape[1]
    postures = (walk.posture(rows) for rows in walk.steady.values())
    return spectrum_of_stretches(postures, walk.sampling_rate, segment, channels)


def no_spectrum(spectrum: PowerSpectrum) -> str:
    """Return why the spectrum of a posture has no power; empty where it has."""
    if not spectrum.n_segments:
        return NO_SPECTRUM
    return "" if (spectrum.density > 0).any() else NO_POWER


def harmonic_measures(
    spectrum: PowerSpectrum, rate: Measure, band: tuple[float, float]
) -> dict[str, Measure]:
    """Return the share of power at each harmonic of a rate (Hz), which needs a stable cycle."""
    absent = (rate.note if rate.status == ABSENT else "") or no_spectrum(spectrum)
    ratios = np.full(HARMONICS, np.nan)
    if not absent:
        by_channel = harmonic_ratios(spectrum, rate.value, harmonics=HARMONICS, band=band)
        ratios = by_channel[:, ~np.isnan(by_channel).any(axis=0)].mean(axis=1)
    odd, even = ratios[::2].sum(), ratios[1::2].sum()
    no_ratio = absent or ("" if odd > 0 else NO_ODD_POWER)
    return {
        **{f"harmonic_{k}": qualified("1", ratio, absent) for k, ratio in enumerate(ratios, 1)},
        "harmonic_share": qualified("1", ratios.sum(), absent),
        "even_odd_ratio": qualified("1", even / odd if odd > 0 else np.nan, no_ratio),
    }


def spectral_distances(
    first: PowerSpectrum, second: PowerSpectrum, band: tuple[float, float]
) -> dict[str, Measure]:
    """Return Hellinger and log-spectral distance of two spectra in a band (Hz)."""
    walked = first.n_segments and second.n_segments
    reason = "a channel has no power" if walked else NO_SPECTRUM
    values = {
        name: (unit, distance(first, second, band=band))
        for name, (unit, distance) in DISTANCES.items()
    }
    return {
        name: qualified(unit, value, "" if np.isfinite(value) else reason)
        for name, (unit, value) in values.items()
    }


def distances_to_rest(
    spectra: Sequence[PowerSpectrum], band: tuple[float, float]
) -> list[dict[str, Measure]]:
    """Return the distances of each spectrum to all the others merged; absent for a single one."""
    if len(spectra) < 2:
        absent = {name: qualified(unit, np.nan, NO_REST) for name, (unit, _) in DISTANCES.items()}
        return [absent] * len(spectra)
    return [
        spectral_distances(spectrum, reduce(merge_spectra, [*spectra[:i], *spectra[i + 1 :]]), band)
        for i, spectrum in enumerate(spectra)
    ]
