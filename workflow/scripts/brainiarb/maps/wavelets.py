"""Morlet wavelets: how strongly a signal swings at each frequency, moment by moment."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import stretches

CENTRE = 5.0
"""omega_0 of Berman et al. (2014): about five swings lie under the window."""


def morlet_amplitudes(
    signals: ArrayLike,
    sampling_rate: float,
    frequencies: ArrayLike,
    episode_ids: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return the amplitude (N, c, f) of signals (N, c) at frequencies (f) in Hz, in their unit.

    Morlet wavelets are scaled as in Berman et al. (2014), so that a sine of amplitude A has the
    amplitude A at the frequency of the sine. Episodes (`episode_ids`, N) are transformed one by
    one, about their mean, and continued by their mirror image. Raises Refused for frequencies that
    the sampling rate (Hz) does not resolve.
    """
    from scipy.fft import fft, fftfreq, ifft, next_fast_len

    x, f = np.asarray(signals, dtype=np.float64), np.asarray(frequencies, dtype=np.float64)
    if f.ndim != 1 or not ((f > 0) & (f < sampling_rate / 2)).all():
        raise Refused(
            f"expected frequencies above 0 and below {sampling_rate / 2:g} Hz, half the sampling "
            f"rate, found {f}; leave the others out"
        )
    amplitudes = np.empty((*x.shape, len(f)))
    for rows in stretches(len(x), episode_ids):
        episode = x[rows] - x[rows].mean(axis=0)
        size = len(episode)
        mirrored = np.pad(episode, ((size, size), (0, 0)), mode="symmetric")
        length = next_fast_len(len(mirrored))
        spectrum = fft(mirrored, length, axis=0)
        at = fftfreq(length, 1 / sampling_rate)
        for i, frequency in enumerate(f):
            gain = 2 * np.exp(-((CENTRE * (at / frequency - 1)) ** 2) / 2) * (at > 0)
            filtered = ifft(spectrum * gain[:, None], axis=0)
            amplitudes[rows, :, i] = np.abs(filtered[size : 2 * size])
    return amplitudes


def wavelet_features(
    signals: ArrayLike,
    sampling_rate: float,
    frequencies: ArrayLike,
    episode_ids: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return rows (N, c f) whose distances tell how differently the body swings around a moment.

    As in MotionMapper (Berman et al. 2014), a moment is described by the distribution of its
    amplitudes over signals and frequencies. The features are the square roots of the shares. Their
    Euclidean distance is Hellinger's, which stands for the divergence that MotionMapper takes.
    """
    amplitudes = morlet_amplitudes(signals, sampling_rate, frequencies, episode_ids)
    rows = amplitudes.reshape(len(amplitudes), -1)
    total = rows.sum(axis=1, keepdims=True)
    # A body that does not move swings at no frequency more than at another.
    return np.sqrt(np.where(total > 0, rows / np.where(total > 0, total, 1), 1 / rows.shape[1]))
