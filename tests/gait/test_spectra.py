"""Spectra of sines, noise and known harmonics."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import welch

from brainiarb.gait import spectra

RATE = 125.0
BAND = (0.3, 20.0)


def sine(frequency, amplitude=1.0, seconds=24.0, rate=RATE):
    t = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * frequency * t + 0.4))[:, None]


def noise(rows=100_000, channels=3, sd=2.0, seed=0):
    return sd * np.random.default_rng(seed).standard_normal((rows, channels))


def harmonic_series(f0, amplitudes, seconds=24.0, background=0.02, seed=0):
    signal = sum(sine((k + 1) * f0, a, seconds) for k, a in enumerate(amplitudes))
    return signal + background * np.random.default_rng(seed).standard_normal(signal.shape)


def peak(spectrum):
    return spectrum.frequencies[spectrum.density[:, 0].argmax()]


def integral(spectrum):
    return spectrum.density.sum(axis=0) * spectrum.frequencies[1]


def test_a_two_hertz_sine_peaks_at_two_hertz_with_its_power():
    spectrum = spectra.power_spectrum(sine(2.0, amplitude=3.0), RATE)
    assert abs(peak(spectrum) - 2.0) <= RATE / 1024 / 2
    assert integral(spectrum)[0] == pytest.approx(9 / 2, rel=0.01)


def test_a_wrong_sampling_rate_moves_the_peak():
    x = sine(2.0, rate=40.0, seconds=60)
    assert abs(peak(spectra.power_spectrum(x, 40.0)) - 2.0) <= 40 / 1024 / 2
    assert abs(peak(spectra.power_spectrum(x, 50.0)) - 2.5) <= 50 / 1024 / 2


def test_white_noise_lies_at_twice_its_variance_over_the_rate():
    spectrum = spectra.power_spectrum(noise(sd=2.0), RATE)
    middle = spectrum.density[5:-5].mean(axis=0)
    assert middle == pytest.approx(np.full(3, 2 * 4 / RATE), rel=0.02)


def test_power_of_one_segment_is_that_of_the_windowed_signal():
    x = noise(rows=1024, channels=1) + sine(3.0, seconds=1024 / RATE)
    spectrum = spectra.power_spectrum(x, RATE)
    t = np.arange(1024.0)
    detrended = x[:, 0] - np.polyval(np.polyfit(t, x[:, 0], 1), t)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * t / 1024)
    parseval = ((window * detrended) ** 2).sum() / (window**2).sum()
    assert integral(spectrum)[0] == pytest.approx(parseval, rel=1e-10)


def test_one_episode_equals_welch_of_scipy():
    x = noise(rows=3000)
    spectrum = spectra.power_spectrum(x, RATE)
    frequencies, expected = welch(
        x, RATE, "hann", nperseg=1024, noverlap=512, detrend="linear", axis=0
    )
    assert np.array_equal(spectrum.frequencies, frequencies)
    np.testing.assert_allclose(spectrum.density, expected, rtol=1e-12)
    assert (spectrum.segment, spectrum.n_segments, spectrum.n_episodes) == (1024, 4, 1)


def test_episodes_weigh_by_their_segments():
    long, short = noise(rows=3000, sd=1.0), noise(rows=1100, sd=5.0, seed=1)
    ids = np.repeat([3, 8], [3000, 1100])
    both = spectra.power_spectrum(np.concatenate([long, short]), RATE, episode_ids=ids)
    apart = [spectra.power_spectrum(x, RATE) for x in (long, short)]
    assert [spectrum.n_segments for spectrum in apart] == [4, 1]
    expected = (4 * apart[0].density + apart[1].density) / 5
    np.testing.assert_allclose(both.density, expected, rtol=1e-12)
    assert (both.n_segments, both.n_episodes, both.n_left_out) == (5, 2, 0)


def test_no_segment_spans_a_break():
    x = np.concatenate([np.zeros((1024, 1)), np.ones((1024, 1))])
    ids = np.repeat([0, 1], 1024)
    assert integral(spectra.power_spectrum(x, RATE, episode_ids=ids))[0] == pytest.approx(0)
    assert integral(spectra.power_spectrum(x, RATE))[0] > 0.01


def test_short_episodes_are_left_out_and_counted():
    ids = np.repeat([0, 1, 2], [2000, 900, 100])
    x = noise(rows=3000)
    spectrum = spectra.power_spectrum(x, RATE, episode_ids=ids)
    assert (spectrum.n_episodes, spectrum.n_left_out, spectrum.segment) == (1, 2, 1024)
    assert np.array_equal(spectrum.density, spectra.power_spectrum(x[:2000], RATE).density)


def test_an_agent_that_falls_at_once_has_no_spectrum():
    spectrum = spectra.power_spectrum(noise(rows=100), RATE)
    assert np.isnan(spectrum.density).all()
    assert (spectrum.n_segments, spectrum.n_episodes, spectrum.n_left_out) == (0, 0, 1)
    assert np.isnan(spectra.fundamental(spectrum, band=BAND))
    assert np.isnan(spectra.harmonic_ratios(spectrum, 1.0, band=BAND)).all()
    assert np.isnan(spectra.hellinger(spectrum, spectrum, band=BAND))
    empty = spectra.power_spectrum(np.empty((0, 3)), RATE)
    assert empty.density.shape == (513, 3)
    assert empty.n_left_out == 0


def test_rows_left_out_do_not_count():
    x = noise(rows=3000)
    spoiled = x.copy()
    spoiled[:125] = np.nan
    usable = np.arange(3000) >= 125
    spectrum = spectra.power_spectrum(spoiled, RATE, usable=usable)
    assert np.array_equal(spectrum.density, spectra.power_spectrum(x[125:], RATE).density)


def test_power_grows_with_the_square_of_the_unit():
    x = noise(rows=2000)
    first, second = (spectra.power_spectrum(k * x, RATE).density for k in (1, 10))
    np.testing.assert_allclose(second, 100 * first, rtol=1e-10)


def test_spectra_are_deterministic():
    x = noise(rows=3000)
    first, second = (spectra.power_spectrum(x.copy(), RATE) for _ in range(2))
    assert np.array_equal(first.density, second.density)
    assert spectra.fundamental(first, band=BAND) == spectra.fundamental(second, band=BAND)


@pytest.mark.parametrize("f0", [0.61, 1.09, 1.5, 2.2, 3.87])
@pytest.mark.parametrize("amplitudes", [(1.0,), (1.0, 0.5, 0.3), (0.6, 1.0, 0.5, 0.3, 0.2)])
def test_the_fundamental_is_found_between_the_bins(f0, amplitudes):
    frequency = spectra.fundamental(
        spectra.power_spectrum(harmonic_series(f0, amplitudes), RATE), band=BAND
    )
    assert frequency == pytest.approx(f0, abs=RATE / 1024 / 4)


def test_a_fundamental_below_the_band_is_found_by_its_harmonics():
    spectrum = spectra.power_spectrum(harmonic_series(1.5, (1.0, 0.5, 0.5, 0.5, 0.5)), RATE)
    assert spectra.fundamental(spectrum, band=(2.5, 20.0)) == pytest.approx(1.5, abs=0.02)


def test_every_channel_counts_the_same_for_the_fundamental():
    loud, quiet = 100 * sine(13.0), harmonic_series(1.09, (1.0, 0.8))
    x = np.column_stack([loud, quiet, quiet, quiet])
    assert spectra.fundamental(spectra.power_spectrum(x, RATE), band=BAND) == pytest.approx(
        1.09, abs=0.03
    )


def test_a_still_channel_does_not_hide_the_fundamental():
    x = np.column_stack([sine(2.0), np.zeros(3000)])
    assert spectra.fundamental(spectra.power_spectrum(x, RATE), band=BAND) == pytest.approx(
        2.0, abs=0.03
    )


def test_harmonic_ratios_are_the_shares_of_power():
    amplitudes = np.array([1.0, 2.0, 0.5, 0.25])
    x = harmonic_series(2.0, amplitudes, seconds=60, background=0.0)
    shares = spectra.harmonic_ratios(spectra.power_spectrum(x, RATE), 2.0, band=BAND)
    assert shares.shape == (8, 1)
    np.testing.assert_allclose(shares[:4, 0], amplitudes**2 / (amplitudes**2).sum(), atol=0.005)
    np.testing.assert_allclose(shares[4:], 0, atol=0.005)
    assert 0.99 < shares.sum() <= 1 + 1e-12


def test_harmonic_ratios_of_a_flat_spectrum_are_the_widths():
    flat = spectra.power_spectrum(noise(), RATE)
    flat = replace(flat, density=np.ones_like(flat.density))
    shares = spectra.harmonic_ratios(flat, 1.0, band=BAND)
    np.testing.assert_allclose(shares, 0.3 / 19.7, rtol=1e-9)


def test_harmonics_beyond_the_band_hold_nothing():
    shares = spectra.harmonic_ratios(spectra.power_spectrum(noise(), RATE), 4.0, band=BAND)
    assert (shares[5:] == 0).all()
    assert (shares[:4] > 0).all()


def test_equal_spectra_have_no_distance():
    spectrum = spectra.power_spectrum(noise(), RATE)
    assert spectra.hellinger(spectrum, spectrum, band=BAND) == 0
    assert spectra.log_spectral_distance(spectrum, spectrum, band=BAND) == 0


def test_spectra_without_common_frequencies_are_at_distance_one():
    spectrum = spectra.power_spectrum(noise(), RATE)
    low, high = np.zeros_like(spectrum.density), np.zeros_like(spectrum.density)
    low[5:20], high[30:90] = 1.0, 2.0
    first, second = replace(spectrum, density=low), replace(spectrum, density=high)
    assert spectra.hellinger(first, second, band=BAND) == pytest.approx(1.0)


def test_hellinger_of_two_known_distributions():
    spectrum = spectra.power_spectrum(noise(channels=1), RATE)
    p, q = np.zeros_like(spectrum.density), np.zeros_like(spectrum.density)
    p[10], p[20] = 1.0, 1.0
    q[10], q[20] = 9.0, 1.0
    expected = np.sqrt(1 - (np.sqrt(0.5 * 0.9) + np.sqrt(0.5 * 0.1)))
    first, second = replace(spectrum, density=p), replace(spectrum, density=q)
    assert spectra.hellinger(first, second, band=BAND) == pytest.approx(expected)
    assert spectra.hellinger(second, first, band=BAND) == pytest.approx(expected)


def test_hellinger_sees_shape_only_and_decibels_see_the_level():
    x = noise(rows=5000)
    first, second = (spectra.power_spectrum(k * x, RATE) for k in (1, 10))
    assert spectra.hellinger(first, second, band=BAND) == pytest.approx(0, abs=1e-7)
    assert spectra.log_spectral_distance(first, second, band=BAND) == pytest.approx(20.0)


def test_hellinger_is_a_metric_on_random_spectra():
    one, two, three = (spectra.power_spectrum(noise(5000, seed=s), RATE) for s in range(3))
    far = spectra.hellinger(one, three, band=BAND)
    assert 0 < far < 1
    assert far <= spectra.hellinger(one, two, band=BAND) + spectra.hellinger(two, three, band=BAND)


def test_spectra_of_unequal_resolution_are_not_compared():
    long, short = (spectra.power_spectrum(noise(3000), RATE, size) for size in (1024, 512))
    for distance in (spectra.hellinger, spectra.log_spectral_distance):
        with pytest.raises(ValueError, match="1024 and 512"):
            distance(long, short, band=BAND)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spectra.power_spectrum(np.ones(100), RATE), "shape"),
        (lambda: spectra.power_spectrum(np.full((2000, 1), np.nan), RATE), "finite"),
        (lambda: spectra.power_spectrum(np.ones((2000, 1)), 0.0), "sampling rate"),
        (lambda: spectra.power_spectrum(np.ones((2000, 1)), RATE, segment=1), "segment"),
        (
            lambda: spectra.harmonic_ratios(
                spectra.power_spectrum(sine(2.0), RATE), float("nan"), band=BAND
            ),
            "fundamental",
        ),
        (
            lambda: spectra.fundamental(spectra.power_spectrum(sine(2.0), RATE), band=(1.0, 1.01)),
            "band",
        ),
    ],
)
def test_spectra_refuse_what_they_cannot_read(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0, 1.25, 1e6, -3e5])
@pytest.mark.parametrize("slope", [0.0, 1e-3])
def test_a_channel_without_movement_has_no_power(value, slope):
    still = np.full((3000, 3), value) + slope * np.arange(3000)[:, None]
    spectrum = spectra.power_spectrum(still, RATE)
    assert (spectrum.density == 0).all()
    assert np.isnan(spectra.fundamental(spectrum, band=BAND))
    assert np.isnan(spectra.harmonic_ratios(spectrum, 1.0, band=BAND)).all()
    moving = spectra.power_spectrum(harmonic_series(1.3, [1, 0.5]) * np.ones(3), RATE)
    assert np.isnan(spectra.hellinger(spectrum, moving, band=BAND))
    assert np.isinf(spectra.log_spectral_distance(spectrum, moving, band=BAND))
    assert np.isnan(spectra.log_spectral_distance(spectrum, spectrum, band=BAND))


def test_a_faint_movement_is_no_rounding():
    faint = 1e6 + 1e-6 * harmonic_series(1.3, [1, 0.5])
    spectrum = spectra.power_spectrum(faint, RATE)
    assert spectra.fundamental(spectrum, band=BAND) == pytest.approx(1.3, abs=0.01)


@pytest.mark.parametrize("amplitudes", [[1.0], [1.0, 0.5, 0.3]], ids=str)
@pytest.mark.parametrize("frequency", [0.2, 0.3, 0.4, 5.1, 6.0, 8.0, 12.0])
def test_a_fundamental_outside_the_searched_range_is_nan_and_no_divisor_or_multiple(
    frequency, amplitudes
):
    spectrum = spectra.power_spectrum(harmonic_series(frequency, amplitudes), RATE)
    assert np.isnan(spectra.fundamental(spectrum, band=BAND))
    found = spectra.fundamental(spectrum, band=BAND, lowest=0.25, highest=15.0)
    if frequency > 5:
        assert found == pytest.approx(frequency, rel=0.01)


@pytest.mark.parametrize("frequency", [0.55, 0.7, 4.9])
def test_a_fundamental_near_an_end_of_the_searched_range_is_found(frequency):
    spectrum = spectra.power_spectrum(harmonic_series(frequency, [1.0, 0.5, 0.3]), RATE)
    assert spectra.fundamental(spectrum, band=BAND) == pytest.approx(frequency, rel=0.02)


@pytest.mark.parametrize("frequency", [0.5, 1.27, 3.33, 9.0])
def test_the_spectral_peak_lies_at_the_strongest_wave(frequency):
    x = harmonic_series(frequency, [1.0, 0.8])
    peak = spectra.spectral_peak(spectra.power_spectrum(x, RATE), band=BAND)
    assert peak == pytest.approx(frequency, abs=0.02)
    weak = spectra.power_spectrum(harmonic_series(frequency, [0.8, 1.0]), RATE)
    assert spectra.spectral_peak(weak, band=BAND) == pytest.approx(2 * frequency, abs=0.02)
