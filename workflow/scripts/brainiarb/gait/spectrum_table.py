"""Spectra of recorded movement: which signals of a rollout are analysed, agent by agent."""

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.observations import observation_table
from brainiarb.gait.spectra import fundamental, power_spectrum
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import drop_transient


def posture(body: Body, rollouts: Rollouts) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the body's positions (N, c) with their names and units: heights (m), angles (rad).

    A body free in space has a unit quaternion instead of a pitch. Position in the plane is left
    out: it grows without bound.
    """
    skipped = environment_facts(body).skipped_qpos
    signals = rollouts["qpos"][:, skipped:]
    rows = observation_table(body)[: signals.shape[1]]
    return signals, [row.description for row in rows], [row.unit for row in rows]


def spectrum_table(
    body: Body,
    rollouts: Rollouts,
    transient: float,
    segment: int,
    band: tuple[float, float],
) -> pd.DataFrame:
    """Tabulate the power spectrum of every clone's posture; `band` (Hz) is where gait lies.

    Columns: clone, channel, unit, frequency (Hz), density (unit^2/Hz), fundamental (Hz, of all
    channels together), segments, episodes, left_out (episodes too short for one segment). A clone
    that never walked for a whole segment has one row a channel, with nan.
    """
    rate = float(rollouts["sampling_rate"])
    signals, names, units = posture(body, rollouts)
    usable = drop_transient(rollouts["episode_ids"], rate, transient)
    frames = []
    for clone in np.unique(rollouts["clone_ids"]):
        mine = rollouts["clone_ids"] == clone
        spectrum = power_spectrum(
            signals[mine],
            rate,
            segment,
            shortest=segment,
            episode_ids=rollouts["episode_ids"][mine],
            usable=usable[mine],
        )
        walked = spectrum.n_segments > 0
        shown = slice(None) if walked else slice(0, 1)
        for column, (name, unit) in enumerate(zip(names, units, strict=True)):
            frame = pd.DataFrame(
                {
                    "frequency": spectrum.frequencies[shown],
                    "density": spectrum.density[shown, column],
                }
            )
            frame.insert(0, "clone", int(clone))
            frame.insert(1, "channel", name)
            frame.insert(2, "unit", unit)
            frame["fundamental"] = fundamental(spectrum, band=band) if walked else np.nan
            frame["segments"] = spectrum.n_segments
            frame["episodes"] = spectrum.n_episodes
            frame["left_out"] = spectrum.n_left_out
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)
