"""Distances between spectra, in the band that the settings name and in no other."""

import numpy as np
import pytest

from brainiarb.gait.measures import GaitSettings
from brainiarb.gait.spectra import power_spectrum
from brainiarb.gait.spectral_measures import (
    distances_to_rest,
    harmonic_measures,
    posture_spectrum,
    spectral_distances,
)
from brainiarb.gait.tables import measure_gaits
from brainiarb.statistics.measures import ABSENT, Measure, qualified
from builders import planted_walks

BAND = (0.3, 20.0)


def spectrum(**planted):
    (walk,) = planted_walks(**planted)
    return posture_spectrum(walk, 1024)


def test_another_gait_is_further_away_than_the_expert_from_itself():
    groups = [spectrum(noise=0.2, seed=seed) for seed in range(3)]
    within = [distance["spectral_distance"].value for distance in distances_to_rest(groups, BAND)]
    faster = spectral_distances(spectrum(noise=0.2, frequency=1.5, seed=9), groups[0], BAND)
    assert 0 < max(within) < 0.15
    assert faster["spectral_distance"].value > 0.4
    assert faster["log_spectral_distance"].value > 3


def test_a_single_spectrum_has_no_rest_to_be_compared_with():
    (alone,) = distances_to_rest([spectrum()], BAND)
    assert {measure.status for measure in alone.values()} == {ABSENT}


def test_an_agent_that_fell_at_once_has_no_distance():
    fallen = spectral_distances(spectrum(rows=60), spectrum(), BAND)
    for measure in fallen.values():
        assert measure.status == ABSENT
        assert measure.note == "never walked for a whole segment"


def test_spectral_distances_see_the_band_of_the_settings_alone():
    # The two gaits differ in their fundamental, below the narrow band, and share its harmonics.
    (expert,) = planted_walks(harmonics=(1.0, 0.0, 0.4), noise=0.02)
    clones = planted_walks(0, harmonics=(0.1, 0.0, 0.4), noise=0.02, seed=1)
    distances = {}
    for lowest, highest in ((0.3, 20.0), (3.0, 5.0)):
        tables = measure_gaits(expert, clones, [], GaitSettings(1024, lowest, highest), 2, 0)
        between = tables.distances.query("comparison == 'expert_clone'")
        distances[lowest] = between["spectral_distance"].item()
    assert distances[0.3] > 0.3
    assert distances[3.0] < 0.1
    assert not np.isclose(distances[0.3], distances[3.0])


@pytest.mark.parametrize("name", ["spectral_distance", "log_spectral_distance"])
def test_a_distance_in_a_band_does_not_change_with_what_lies_outside(name):
    base, outside = spectrum(), spectrum()
    outside.density[outside.frequencies > 5] *= 9
    inside = spectral_distances(base, outside, (0.3, 5.0))[name].value
    assert inside == pytest.approx(0, abs=1e-6)
    assert spectral_distances(base, outside, BAND)[name].value > 0.01


def test_a_posture_that_never_moves_has_no_harmonics_and_says_so():
    still = power_spectrum(np.full((3000, 7), 1.25), 125.0)
    measured = harmonic_measures(still, Measure("Hz", 1.25), BAND)
    assert {measure.status for measure in measured.values()} == {ABSENT}
    assert {measure.note for measure in measured.values()} == {"no channel of the posture moves"}


def test_a_gait_without_a_rate_has_no_harmonics_for_the_same_reason():
    measured = harmonic_measures(spectrum(), qualified("Hz", np.nan, "no stable cycle"), BAND)
    assert {(m.status, m.note) for m in measured.values()} == {(ABSENT, "no stable cycle")}
