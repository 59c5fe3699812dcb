"""The table of power spectra: which signals of a walk are analysed, agent by agent."""

from collections.abc import Sequence

import pandas as pd

from brainiarb.bodies.observations import posture_table
from brainiarb.gait.measures import GaitSettings
from brainiarb.gait.spectra import fundamental
from brainiarb.gait.spectral_measures import posture_spectrum
from brainiarb.gait.walk import SteadyWalk


def spectrum_table(walks: Sequence[SteadyWalk], settings: GaitSettings) -> pd.DataFrame:
    """Tabulate the power spectrum of every agent's posture: heights (m) and angles (rad).

    A body free in space has a unit quaternion instead of a pitch. Columns: expert, agent, level,
    clone, channel, unit, frequency (Hz), density (unit^2/Hz), fundamental (Hz, of all channels
    together by their harmonic sum; nan outside of the rates of the body), segments, episodes,
    left_out (episodes that outlast the start transient by less than a segment), median. An agent
    that never walked for a whole segment has one row for each channel, with nan.
    """
    frames = []
    for walk in walks:
        spectrum = posture_spectrum(walk, settings.segment)
        walked = spectrum.n_segments > 0
        shown = slice(None) if walked else slice(0, 1)
        lowest, highest = walk.body.rates
        frequency = fundamental(spectrum, band=settings.band, lowest=lowest, highest=highest)
        channels = posture_table(walk.body)
        for column, channel in enumerate(channels):
            frame = pd.DataFrame(
                {
                    "frequency": spectrum.frequencies[shown],
                    "density": spectrum.density[shown, column],
                }
            )
            for place, (name, value) in enumerate(
                (
                    ("expert", walk.expert),
                    ("agent", walk.agent),
                    ("level", walk.level),
                    ("clone", walk.clone),
                    ("channel", channel.description),
                    ("unit", channel.unit),
                )
            ):
                frame.insert(place, name, value)
            frame["fundamental"] = frequency
            frame["segments"] = spectrum.n_segments
            frame["episodes"] = spectrum.n_episodes
            frame["left_out"] = spectrum.n_left_out
            frame["median"] = walk.median
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)
