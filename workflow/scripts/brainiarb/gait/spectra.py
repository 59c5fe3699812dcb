"""Power spectra of movement: Welch density, fundamental, harmonics, distance between spectra."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import stretches

# A candidate whose harmonic sum reaches this share of the best one counts as equally good.
EQUAL_SUM = 0.9
FINE_STEPS_PER_BIN = 32
# A channel whose root mean square, without its trend, is at most this share of its largest value
# holds nothing but rounding.
ROUNDING = 100 * np.finfo(np.float64).eps
# The harmonics whose share of power is measured.
HARMONICS = 8


@dataclass(frozen=True, eq=False)
class PowerSpectrum:
    """The mean one-sided power spectral density of several channels."""

    frequencies: NDArray[np.float64]
    """(f) Hz."""
    density: NDArray[np.float64]
    """(f, c) in the squared unit of each channel per Hz; nan where no stretch holds a segment."""
    segment: int
    """Rows of one segment, which set the resolution."""
    n_segments: int
    """The segments that the density is the mean of."""
    n_episodes: int
    """The stretches that hold a whole segment."""
    n_left_out: int
    """The stretches that are too short for a segment."""


def power_spectrum(
    signal: ArrayLike,
    sampling_rate: float,
    segment: int = 1024,
    *,
    episode_ids: ArrayLike | None = None,
    usable: ArrayLike | None = None,
) -> PowerSpectrum:
    """Estimate the power spectral density of every channel by Welch's method (1967).

    `signal` (N, c) at `sampling_rate` Hz. Segments of `segment` rows (Hann window, half overlap,
    linear trend removed) never span two episodes (`episode_ids`, N) or rows that are left out
    (`usable`, N bool), and all count the same. Stretches shorter than a segment are left out and
    counted. The density integrates to the variance of the detrended signal, which is A^2/2 for a
    sine of amplitude A. A channel that is constant or a straight line has the density 0. Without a
    whole segment, as without rows, the density is nan and `n_segments` is 0. Raises Refused for
    values that are nan or infinite in usable rows.

    Examples
    --------
    >>> import numpy as np
    >>> from brainiarb.gait.spectra import power_spectrum
    >>> time = np.arange(4000) / 125.0
    >>> spectrum = power_spectrum(np.sin(2 * np.pi * 2.0 * time)[:, None], 125.0, segment=500)
    >>> float(spectrum.frequencies[spectrum.density[:, 0].argmax()])
    2.0
    >>> round(float(spectrum.density.sum() * spectrum.frequencies[1]), 2)
    0.5
    """
    x = np.asarray(signal, dtype=np.float64)
    if x.ndim != 2:
        raise Refused(
            f"expected a signal of shape (rows, channels), found shape {x.shape}; "
            "add the missing axis"
        )
    pieces = (x[rows] for rows in stretches(len(x), episode_ids, usable))
    return spectrum_of_stretches(pieces, sampling_rate, segment, x.shape[1])


def spectrum_of_stretches(
    pieces: Iterable[NDArray[np.float64]], sampling_rate: float, segment: int, channels: int
) -> PowerSpectrum:
    """Estimate the same as `power_spectrum` from unbroken stretches (rows, channels), one by one.

    Only one stretch is held in memory at a time.
    """
    from scipy.signal import welch

    if segment < 2:
        raise Refused(f"expected a segment of two rows or more, found {segment}; lengthen it")
    if not 0 < sampling_rate < np.inf:
        raise Refused(
            f"expected a sampling rate above 0 Hz, found {sampling_rate}; take it from the body"
        )
    overlap = segment // 2
    frequencies = np.asarray(np.fft.rfftfreq(segment, 1 / sampling_rate), dtype=np.float64)
    total = np.zeros((len(frequencies), channels))
    n_segments = n_episodes = n_left_out = 0
    for piece in pieces:
        if not np.isfinite(piece).all():
            raise Refused(
                "expected finite values in the signal, found nan or infinity in a usable row; "
                "leave such rows out by usable"
            )
        if len(piece) < segment:
            n_left_out += 1
            continue
        _, density = welch(
            piece,
            sampling_rate,
            window="hann",
            nperseg=segment,
            noverlap=overlap,
            detrend="linear",
            scaling="density",
            axis=0,
        )
        # Removing the trend of a straight line leaves rounding, whose spectrum has a shape, too.
        still = (
            density.sum(axis=0) / segment * sampling_rate
            <= (ROUNDING * np.abs(piece).max(axis=0)) ** 2
        )
        density[:, still] = 0.0
        count = 1 + (len(piece) - segment) // (segment - overlap)
        total += count * density
        n_segments += count
        n_episodes += 1
    return PowerSpectrum(
        frequencies=frequencies,
        density=total / n_segments if n_segments else np.full_like(total, np.nan),
        segment=segment,
        n_segments=n_segments,
        n_episodes=n_episodes,
        n_left_out=n_left_out,
    )


def merge_spectra(first: PowerSpectrum, second: PowerSpectrum) -> PowerSpectrum:
    """Return the spectrum of the segments of both spectra, all of which count the same.

    The density is nan if neither has a segment. Raises Refused for spectra of different frequencies
    or channels.
    """
    _check_comparable(first, second)
    both = first, second
    count = first.n_segments + second.n_segments
    density = np.full_like(first.density, np.nan)
    if count:
        weighted = [np.nan_to_num(part.density) * part.n_segments for part in both]
        density = (weighted[0] + weighted[1]) / count
    return PowerSpectrum(
        first.frequencies,
        density,
        first.segment,
        count,
        first.n_episodes + second.n_episodes,
        first.n_left_out + second.n_left_out,
    )


def spectral_peak(spectrum: PowerSpectrum, *, band: tuple[float, float]) -> float:
    """Return the frequency (Hz) of most power in `band` (Hz), of all channels together.

    Every channel is scaled to unit power in the band and the channels are averaged. The centre of
    mass of five bins around the highest one gives the frequency between the bins. Channels without
    power, such as constant ones, do not count; nan where no channel has power, as in a spectrum
    without segments.
    """
    f, power = _mean_power(spectrum, band)
    if not len(f):
        return float("nan")
    lobe = _lobe(int(power.argmax()))
    return float((f[lobe] * power[lobe]).sum() / power[lobe].sum())


def fundamental(
    spectrum: PowerSpectrum,
    *,
    band: tuple[float, float],
    lowest: float = 0.5,
    highest: float = 5.0,
    harmonics: int = 5,
) -> float:
    """Return the frequency (Hz) whose first `harmonics` multiples hold the most power.

    Every channel is scaled to unit power in `band` (Hz) and the channels are averaged, so that no
    joint outweighs the others. Every divisor of the fundamental collects the same power. So the
    highest candidate is taken whose harmonic sum reaches 90 % of the best one. The centres of mass
    of its harmonics, weighted by their power and order, then give the frequency between the bins.
    Channels without power, such as constant ones, do not count; nan where no channel has power, as
    in a spectrum without segments.

    Candidates begin at `lowest` Hz and end with the band. The frequency is nan if it lies above
    `highest`, and if most power, or the frequency, lies below `lowest`: a divisor or a multiple
    inside of the range is not returned in its place.

    Examples
    --------
    >>> import numpy as np
    >>> from brainiarb.gait.spectra import fundamental, power_spectrum
    >>> angle = 2 * np.pi * 1.3 * np.arange(4000) / 125.0
    >>> gait = np.column_stack([np.sin(angle) + np.sin(2 * angle), np.sin(angle)])
    >>> round(fundamental(power_spectrum(gait, 125.0), band=(0.3, 20.0)), 2)
    1.3
    """
    f, power = _mean_power(spectrum, band)
    if not len(f):
        return float("nan")
    resolution = f[1] - f[0]
    if f[power.argmax()] < lowest - resolution / 2:
        return float("nan")
    step = resolution / FINE_STEPS_PER_BIN
    candidates = np.arange(lowest, max(f[-1], highest) + step / 2, step)
    order = np.arange(1, harmonics + 1)
    multiples = candidates[:, None] * order
    sums = np.interp(multiples, f, power, left=0.0, right=0.0).sum(axis=1)
    highest_equal = candidates[sums >= EQUAL_SUM * sums.max()][-1]
    # The sum has a broad top: step back from its upper flank to the summit.
    near = np.abs(candidates - highest_equal) <= resolution
    rough = candidates[near][sums[near].argmax()]

    weighted, weights = 0.0, 0.0
    for k in order[(f[0] <= rough * order) & (rough * order <= f[-1])]:
        close = np.flatnonzero(np.abs(f - k * rough) <= resolution)
        top = close[power[close].argmax()]
        lobe = _lobe(int(top))
        mass = power[lobe].sum()
        weighted += k * (f[lobe] * power[lobe]).sum()
        weights += k**2 * mass
    frequency = float(weighted / weights)
    inside_range = lowest - resolution / 2 <= frequency <= highest + resolution / 2
    return frequency if inside_range else float("nan")


def harmonic_ratios(
    spectrum: PowerSpectrum,
    frequency: float,
    *,
    band: tuple[float, float],
    harmonics: int = HARMONICS,
    half_width: float = 0.15,
) -> NDArray[np.float64]:
    """Return the share of each channel's power that lies at each harmonic of `frequency` (Hz).

    Shape (harmonics, c), row k - 1 for the k-th harmonic: the power within `half_width` times
    `frequency` around k times `frequency`, over the power in `band` (Hz). A bin that lies partly
    inside counts in part, so that the shares change smoothly with the frequency. Harmonics beyond
    the band are 0; channels without power, such as constant ones, are nan. Raises Refused unless
    `frequency` is above 0 and finite.
    """
    if not 0 < frequency < np.inf:
        raise Refused(
            f"expected a fundamental above 0 Hz, found {frequency}; leave agents without one out"
        )
    f = spectrum.frequencies
    low, high = band
    centres = frequency * np.arange(1, harmonics + 1)
    starts = np.clip(centres - half_width * frequency, low, high)
    stops = np.clip(centres + half_width * frequency, low, high)
    weights = np.stack([_overlap(f, a, b) for a, b in zip(starts, stops, strict=True)])
    inside = np.einsum("kf,fc->kc", weights, spectrum.density)
    total = np.einsum("f,fc->c", _overlap(f, low, high), spectrum.density)
    return np.divide(inside, total, out=np.full_like(inside, np.nan), where=total > 0)


def hellinger(first: PowerSpectrum, second: PowerSpectrum, *, band: tuple[float, float]) -> float:
    """Return the Hellinger distance of two spectra, 0 (same shape) to 1 (no common frequency).

    Each channel is scaled to unit power in `band` (Hz), so that only the shape counts; the
    distances of the channels are averaged. nan where a channel has no power, for example a
    constant one. Raises Refused for spectra of different frequencies or channels.
    """
    _check_comparable(first, second)
    p, q = (_normalised(spectrum, band) for spectrum in (first, second))
    return float(np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum(axis=0) / 2).mean())


def log_spectral_distance(
    first: PowerSpectrum, second: PowerSpectrum, *, band: tuple[float, float]
) -> float:
    """Return the root mean square difference of two spectra in decibels, averaged over channels.

    Only frequencies in `band` (Hz) count. Unlike `hellinger` this distance sees the level, and weak
    frequencies count as much as strong ones. 0 for equal spectra; infinite where only one of them
    has power, and nan where neither has, for example in a constant channel. Raises Refused for
    spectra of different frequencies or channels.
    """
    _check_comparable(first, second)
    inside = _inside(first.frequencies, band)
    with np.errstate(divide="ignore", invalid="ignore"):
        decibels = 10 * np.log10(first.density[inside] / second.density[inside])
    return float(np.sqrt((decibels**2).mean(axis=0)).mean())


def _mean_power(
    spectrum: PowerSpectrum, band: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the frequencies in a band and the power there, the mean of the scaled channels.

    Both are empty where no channel has power.
    """
    share = _normalised(spectrum, band)
    moving = ~np.isnan(share).any(axis=0)
    if not moving.any():
        return np.zeros(0), np.zeros(0)
    return spectrum.frequencies[_inside(spectrum.frequencies, band)], share[:, moving].mean(axis=1)


def _lobe(top: int) -> slice:
    """Return the bins around the highest bin of a peak that hold its power."""
    return slice(max(top - 2, 0), top + 3)


def _normalised(spectrum: PowerSpectrum, band: tuple[float, float]) -> NDArray[np.float64]:
    density = spectrum.density[_inside(spectrum.frequencies, band)]
    total = density.sum(axis=0)
    return np.divide(density, total, out=np.full_like(density, np.nan), where=total > 0)


def _inside(frequencies: NDArray[np.float64], band: tuple[float, float]) -> NDArray[np.bool_]:
    inside = (frequencies >= band[0]) & (frequencies <= band[1])
    if inside.sum() < 2:
        raise Refused(
            f"expected a band that holds several frequencies, found {band} Hz in a spectrum up to "
            f"{frequencies[-1]:g} Hz; widen it"
        )
    return inside


def _overlap(frequencies: NDArray[np.float64], start: float, stop: float) -> NDArray[np.float64]:
    half = (frequencies[1] - frequencies[0]) / 2
    inside = np.minimum(frequencies + half, stop) - np.maximum(frequencies - half, start)
    return np.clip(inside, 0, None)


def _check_comparable(first: PowerSpectrum, second: PowerSpectrum) -> None:
    same = first.density.shape == second.density.shape and np.array_equal(
        first.frequencies, second.frequencies
    )
    if not same:
        raise Refused(
            "expected two spectra of the same frequencies and channels, found segments of "
            f"{first.segment} and {second.segment} samples and shapes {first.density.shape} and "
            f"{second.density.shape}; compute both with one segment and sampling rate"
        )
