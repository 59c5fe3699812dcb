"""Morlet wavelets of sines whose amplitude and frequency are known."""

import numpy as np
import pytest

from brainiarb.maps.wavelets import morlet_amplitudes, wavelet_features

RATE = 125.0
FREQUENCIES = np.geomspace(0.5, 16, 11)
TIME = np.arange(1000) / RATE


@pytest.mark.parametrize("place", [4, 6, 8])
def test_a_sine_has_its_amplitude_at_its_own_frequency_and_less_elsewhere(place):
    sine = 3 * np.sin(2 * np.pi * FREQUENCIES[place] * TIME) + 7
    amplitudes = morlet_amplitudes(sine[:, None], RATE, FREQUENCIES)[250:750, 0]
    assert (amplitudes.argmax(axis=1) == place).all()
    np.testing.assert_allclose(amplitudes[:, place], 3, rtol=0.03)


def test_amplitudes_follow_the_signal_in_time():
    early = np.where(TIME < 4, 1.0, 0.2) * np.sin(2 * np.pi * 8 * TIME)
    amplitudes = morlet_amplitudes(early[:, None], RATE, [8.0])[:, 0, 0]
    np.testing.assert_allclose(amplitudes[[250, 750]], [1, 0.2], rtol=0.03)


def test_episodes_do_not_see_each_other():
    x = np.random.default_rng(0).standard_normal((300, 2))
    together = morlet_amplitudes(x, RATE, FREQUENCIES, np.repeat([0, 1], [200, 100]))
    apart = [morlet_amplitudes(part, RATE, FREQUENCIES) for part in (x[:200], x[200:])]
    np.testing.assert_array_equal(together, np.concatenate(apart))


def test_features_are_roots_of_shares_and_blind_to_the_phase():
    waves = np.sin(2 * np.pi * 2 * TIME[:, None] + [0.0, 1.0])
    rows = wavelet_features(waves, RATE, FREQUENCIES)
    assert rows.shape == (1000, 22)
    np.testing.assert_allclose((rows**2).sum(axis=1), 1)
    np.testing.assert_allclose(rows[400], rows[470], atol=0.05)
    still = wavelet_features(np.ones((5, 2)), RATE, FREQUENCIES)
    np.testing.assert_allclose(still**2, 1 / 22)


def test_frequencies_beyond_half_the_sampling_rate_are_refused():
    with pytest.raises(ValueError, match=r"below 62\.5 Hz"):
        morlet_amplitudes(np.ones((9, 1)), RATE, [70.0])
