"""One agent of the explorer: a few seconds of its walk, beside what its network computed there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from brainiarb.activity.unit_phases import preferred_phases
from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import coordinate_rows
from brainiarb.bodies.model import path_columns, plain_model, posture_columns
from brainiarb.bodies.pictures import capsules
from brainiarb.gait.drawn import drawn_episode
from brainiarb.gait.spectra import PowerSpectrum
from brainiarb.gait.stride_measures import stride_table
from brainiarb.gait.walk import SteadyWalk
from brainiarb.pages.packing import pack

SECONDS = 5.0
"""Length of the walk that the explorer shows of an agent (s)."""
LEAST_RATE = 40.0
"""Hz, at least, of the shown samples where the body is recorded so often."""
UNITS = 128
"""The most units of a layer that the explorer shows."""
HIGHEST = 20.0
"""Hz; spectra are shown up to this frequency."""
SPEED = "forward speed"


@dataclass(frozen=True, eq=False)
class ShownWalk:
    """The rows that the explorer shows of an agent: every `step`-th of a part of one episode."""

    walk: SteadyWalk
    """The whole walk of the agent."""
    episode: int
    """The number of the episode among those of the agent."""
    first: int
    """The first shown row of the episode."""
    count: int
    """How many rows are shown."""
    step: int
    fell: bool
    """Whether the last shown row is the last one before a fall."""

    @property
    def rate(self) -> float:
        """Return the shown samples per second (Hz)."""
        return self.walk.sampling_rate / self.step

    @property
    def rows(self) -> slice:
        """Return the shown rows in the recording."""
        start = self.walk.episodes[self.episode].start + self.first
        return slice(start, start + (self.count - 1) * self.step + 1, self.step)

    @property
    def times(self) -> NDArray[np.float64]:
        """Return the time (n) of each shown row since the episode began (s)."""
        return (self.first + self.step * np.arange(self.count)) / self.walk.sampling_rate

    def of_episode(self) -> SteadyWalk:
        """Return the walk of the shown episode alone."""
        return replace(self.walk, episodes=(self.walk.episodes[self.episode],))


def shown_walk(walk: SteadyWalk) -> ShownWalk:
    """Return the rows that are shown of an agent's longest episode.

    An episode that ends by a fall is shown to its end, any other from the end of the start
    transient. A short episode is shown whole.
    """
    drawn = drawn_episode(walk)
    step = max(1, int(walk.sampling_rate / LEAST_RATE))
    most = int(SECONDS * walk.sampling_rate / step) + 1
    if drawn.fell:
        count = min(most, 1 + (len(drawn) - 1) // step)
        first = len(drawn) - 1 - (count - 1) * step
    else:
        first = drawn.first if len(drawn) > drawn.first + step * (most - 1) else 0
        count = min(most, 1 + (len(drawn) - 1 - first) // step)
    return ShownWalk(walk, walk.episodes.index(drawn.rows), first, count, step, drawn.fell)


def signal_rows(body: Body) -> list[dict[str, str]]:
    """Return name and unit of each signal that is shown: the posture, then the forward speed."""
    rows = coordinate_rows(plain_model(body), velocity=False)
    posture = [rows[column] for column in posture_columns(body)]
    return [
        *({"name": row.description, "unit": row.unit} for row in posture),
        {"name": SPEED, "unit": "m/s"},
    ]


def movement(shown: ShownWalk) -> dict[str, Any]:
    """Return what an agent's body does, as entries of the page.

    `points` are the ends of the capsules (m), each start coordinate by coordinate and then each
    end, from the place of the torso; `way` is that place along x (m); `signals` are those of
    `signal_rows`; `contacts` say which feet touch the ground.
    """
    walk, rows = shown.walk, shown.rows
    qpos, path = walk.recording["qpos"][rows], path_columns(walk.body)
    place = np.zeros((len(qpos), 1, 3))
    place[:, 0, : len(path)] = qpos[:, path]
    starts, ends, _ = capsules(walk.body, qpos)
    seen = coordinates(walk.body)
    points = np.stack([starts - place, ends - place], axis=1)[..., seen]
    everywhere = slice(rows.start, rows.stop)
    speed = np.zeros(shown.count)
    if shown.count > 1:
        # The speed is that at the recorded rate, whatever the rate of the shown samples.
        forward = walk.forward(everywhere)
        speed = np.gradient(forward, 1 / walk.sampling_rate)[:: shown.step]
    return {
        "points": pack(points.reshape(len(qpos), -1).T, "uint16"),
        "way": pack(qpos[:, path[:1]].T - qpos[0, path[0]], "uint16"),
        "signals": pack(np.vstack([walk.posture(rows).T, speed]), "uint16"),
        "contacts": walk.touches(everywhere)[:: shown.step].T.astype(int).tolist(),
    }


def coordinates(body: Body) -> tuple[int, ...]:
    """Return the coordinates that are shown: x and z, and y too of a body that is free in space."""
    return (0, 1, 2) if len(path_columns(body)) > 1 else (0, 2)


def strides_of(shown: ShownWalk) -> pd.DataFrame:
    """Return the strides (`stride_table`) of the shown episode that overlap the shown rows."""
    table = stride_table(shown.walk)
    table = table[table["episode"] == shown.episode]
    inside = (table["start"] < shown.times[-1]) & (
        table["start"] + table["seconds"] > shown.times[0]
    )
    return table[inside].drop(columns="episode").reset_index(drop=True)


def phases(shown: ShownWalk, strides: pd.DataFrame) -> NDArray[np.float64]:
    """Return the phase (n) of each shown row in its stride of the reference foot, or nan."""
    phase = np.full(shown.count, np.nan)
    foot = shown.walk.reference_foot
    if foot is None:
        return phase
    own = strides[strides["foot"] == shown.walk.body.feet[foot][0]]
    for start, seconds in zip(own["start"], own["seconds"], strict=True):
        share = (shown.times - start) / seconds
        inside = (share >= 0) & (share < 1)
        phase[inside] = share[inside]
    return phase


def layer_entries(
    layers: Mapping[str, NDArray[np.floating]], phase: NDArray[np.float64]
) -> dict[str, Any]:
    """Return the units of each layer (n, p) that vary most, sorted by their phase, as entries.

    Units without a phase come last. Units that do not vary are counted and not shown.
    """
    entries = {}
    for name, values in layers.items():
        spread = values.std(axis=0)
        varying = np.flatnonzero(spread > 0)
        chosen = np.sort(varying[np.argsort(-spread[varying], kind="stable")[:UNITS]])
        at = preferred_phases(values[:, chosen], phase)
        order = np.argsort(at, kind="stable")
        entries[name] = {
            "units": values.shape[1],
            "still": values.shape[1] - len(varying),
            "shown": chosen[order].tolist(),
            "phases": [None if np.isnan(p) else round(float(p), 3) for p in at[order]],
            "values": pack(values[:, chosen[order]].T, "uint8") if len(chosen) else None,
        }
    return entries


def spectrum_entry(spectrum: PowerSpectrum) -> dict[str, Any] | None:
    """Return the logarithm (base 10) of an agent's spectra up to `HIGHEST`; None without one."""
    shown = (spectrum.frequencies > 0) & (spectrum.frequencies <= HIGHEST)
    density = spectrum.density[shown]
    if not spectrum.n_segments or not len(density):
        return None
    least = np.finfo(float).tiny
    return {
        "lowest": float(spectrum.frequencies[shown][0]),
        "highest": float(spectrum.frequencies[shown][-1]),
        "density": pack(np.log10(np.maximum(density, least)).T, "uint8"),
    }


def place_entry(points: NDArray[np.float64]) -> dict[str, Any] | None:
    """Return places (n, 2) on a map as an entry; None on an empty map."""
    return pack(points.T, "uint16") if len(points) and np.isfinite(points).all() else None


def stride_entries(strides: pd.DataFrame, feet: Sequence[str]) -> list[dict[str, Any]]:
    """Return the strides of the page, with the number of their foot in the place of its name."""
    return [
        {**{k: round(float(v), 4) for k, v in row.items() if k != "foot"},
         "foot": feet.index(str(row["foot"]))}
        for row in strides.to_dict("records")
    ]  # fmt: skip
