"""What the shared gait map says of every agent: regions, transitions, distance to the expert."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from brainiarb.gait.walk import Walk
from brainiarb.maps.regions import region_of
from brainiarb.maps.shared import BANDWIDTHS, MapSettings, SharedMap, fit_map, regions_at
from brainiarb.maps.transitions import (
    jensen_shannon,
    modal_cycle,
    net_flux,
    recurrence,
    reversed_null,
    shuffled_null,
    split_null,
    transition_counts,
    visits,
)
from brainiarb.statistics.measures import Measure, Named, measures_table, of_agent
from brainiarb.statistics.methods import p_value

PLACED_RATE = 60.0  # Hz; a gait passes a handful of regions a second
BRIEFEST = 0.024  # s; shorter stays in a region are ripples
REPLICATES = 1000
SEEDS = 5  # that stability is told over
PERPLEXITIES = (0.3, 3.0)  # times that of the map


@dataclass(frozen=True, eq=False)
class Placed:
    """Frames of one agent on the shared map, or of all clones of a level (`agent` is `level`)."""

    agent: str
    level: int
    clone: int
    """-1 for the expert and for a level."""
    regions: np.ndarray
    """(n) of frames in order of time, 0 outside."""
    stretch_ids: np.ndarray
    """(n) One stretch of even steps for each episode."""
    sampling_rate: float
    """Hz, of the placed frames."""
    seconds: float
    """Length of the agent's gait cycle; nan where none was found."""

    def episodes(self, n_regions: int) -> np.ndarray:
        """Return how many frames of each episode lie in each region, the outside first (E, k)."""
        names, rows = np.unique(self.stretch_ids, return_inverse=True)
        counts = np.zeros((len(names), n_regions + 1))
        np.add.at(counts, (rows, self.regions), 1)
        return counts


def stretch_rows(walk: Walk, length: int, step: int) -> np.ndarray:
    """Return from the middle of each episode's steady part `length` rows, `step` apart."""
    chosen = [np.zeros(0, np.int64)]
    for one in np.unique(walk.episode_ids):
        rows = np.flatnonzero((walk.episode_ids == one) & walk.steady)
        count = min(length, -(-len(rows) // step))
        first = (len(rows) - ((count - 1) * step + 1)) // 2
        chosen.append(rows[first : first + count * step : step] if count else rows)
    return np.concatenate(chosen)


def place_agents(walks: Sequence[Walk], shared: SharedMap, frames: int) -> list[Placed]:
    """Place stretches of every agent on the map, then gather those of every level.

    A clone gives `frames` frames, evenly from all its episodes as far as they last; the expert
    stretches of the same length from all of its own.
    """
    rate = walks[0].sampling_rate
    step = max(1, int(rate / PLACED_RATE))
    episodes = max(len(np.unique(w.episode_ids)) for w in (walks[1:] or walks))
    placed = []
    for agent, w in enumerate(walks):
        rows = stretch_rows(w, max(frames // episodes, 1), step)
        placed.append(
            Placed(
                agent=w.agent,
                level=w.level,
                clone=w.clone,
                regions=shared.place(agent, rows)[1],
                stretch_ids=w.episode_ids[rows],
                sampling_rate=rate / step,
                seconds=w.seconds,
            )
        )
    for level in sorted({w.level for w in walks if w.level >= 0}):
        mine = [p for p in placed if p.level == level]
        regions, ids = (
            np.concatenate([getattr(p, name) for p in mine]) for name in ("regions", "stretch_ids")
        )
        placed.append(replace(mine[0], agent="level", clone=-1, regions=regions, stretch_ids=ids))
    return placed


def occupancy_table(placed: Sequence[Placed], shared: SharedMap) -> pd.DataFrame:
    """Tabulate the share of its frames that each agent spends in each region, 0 being outside.

    Columns: agent, level, clone, region, x, y (the region's centre of mass), share.
    """
    mean = np.mean(list(shared.densities.values()), axis=0)
    x, y = np.meshgrid(shared.axis, shared.axis)
    numbers = np.arange(1, shared.regions.max() + 1)
    held = [mean * (shared.regions == number) for number in numbers]
    centres = np.array([[(x * m).sum(), (y * m).sum()] / m.sum() for m in held]).reshape(-1, 2)
    frames = []
    for p in placed:
        counts = p.episodes(len(numbers)).sum(axis=0)
        frame = pd.DataFrame({"region": np.arange(len(numbers) + 1)})
        frame[["x", "y"]] = np.vstack([[np.nan, np.nan], centres])
        frame["share"] = counts / max(counts.sum(), 1)
        frames.append(_named(frame, p))
    return pd.concat(frames, ignore_index=True)


def transition_table(
    placed: Sequence[Placed], n_regions: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Tabulate every agent's transitions between regions, with what its whole path amounts to.

    Columns: agent, level, clone, source, target, count, probability (of the target, given the
    source), then the same in all rows of an agent: transitions, stretches, net_flux, reversed_95
    and p_reversed (its null, see `reversed_null`), shuffled_95 and p_shuffled, modal_cycle (regions
    in turn), modal_cycle_share, note. An agent without transitions has one row, without regions.
    """
    frames = []
    for p in placed:
        paths = _paths(p)
        counts = transition_counts(paths, n_regions)
        source, target = np.nonzero(counts)
        found = counts[source, target]
        frame = pd.DataFrame({"source": source + 1, "target": target + 1, "count": found})
        frame["probability"] = found / counts.sum(axis=1)[source]
        if not len(frame):
            frame = pd.DataFrame([[0, 0, 0, np.nan]], columns=frame.columns)
        flux = float(net_flux(counts))
        frame["transitions"], frame["stretches"] = counts.sum(), len(paths)
        frame["net_flux"] = flux
        for name, null in (("reversed", reversed_null), ("shuffled", shuffled_null)):
            values = null(paths, n_regions, REPLICATES, rng)
            known = values[np.isfinite(values)]
            frame[f"{name}_95"] = np.percentile(known, 95) if len(known) else np.nan
            frame[f"p_{name}"] = p_value(flux, values)
        tour, share = modal_cycle(paths)
        frame["modal_cycle"] = "-".join(map(str, tour)) or "none"
        frame["modal_cycle_share"] = share
        frame["note"] = "" if counts.any() else "no transition between regions"
        frames.append(_named(frame, p))
    table = pd.concat(frames, ignore_index=True)
    return table.astype({"count": int, "transitions": int})


def distance_table(
    placed: Sequence[Placed], n_regions: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Tabulate the Jensen-Shannon distance of every agent's occupancy to the expert's.

    Columns: agent, level, clone, frames, distance (bits^0.5), null_median, null_95 (of as many of
    the expert's episodes to its others, at most half, see `split_null`), p, note. The expert's own
    distance is the median of its null.
    """
    expert = placed[0].episodes(n_regions)
    rows = []
    for p in placed:
        counts = p.episodes(n_regions)
        null = split_null(expert, len(counts), REPLICATES, rng)
        median, highest = np.percentile(null, [50, 95]) if len(null) else (np.nan, np.nan)
        distance = jensen_shannon(counts.sum(axis=0), expert.sum(axis=0))
        note = "" if np.isfinite(distance) else "fell before the start transient was over"
        if p.level < 0:
            distance, note = median, "of a half of its episodes to the other"
        if not len(null):
            note = "no null: the expert walked in one episode only"
        rows.append(
            (p.agent, p.level, p.clone, len(p.regions), distance, median, highest,
             p_value(distance, null) if p.level >= 0 else np.nan, note)
        )  # fmt: skip
    return pd.DataFrame(
        rows,
        columns=[
            "agent", "level", "clone", "frames", "distance", "null_median", "null_95", "p", "note",
        ],
    )  # fmt: skip


def map_measures(
    expert: str, placed: Sequence[Placed], transitions: pd.DataFrame, distances: pd.DataFrame
) -> pd.DataFrame:
    """Tabulate the measures of every agent that follow from the map (see `measures_table`)."""
    paths = transitions.drop_duplicates(["agent", "level", "clone"])
    named: list[Named] = []
    for p, (_, path), (_, away) in zip(placed, paths.iterrows(), distances.iterrows(), strict=True):
        if p.agent == "level":
            continue
        back, why = np.nan, "no gait period"
        if np.isfinite(p.seconds):
            lag = round(p.seconds * p.sampling_rate)
            back = recurrence(p.regions, p.stretch_ids, lag)
            why = "" if np.isfinite(back) else "too short, or in one region throughout"
        measures = {
            "map_distance": Measure("bits^0.5", away["distance"], note=away["note"]),
            "net_flux": Measure("1", path["net_flux"], note=path["note"]),
            "modal_cycle_share": Measure("1", path["modal_cycle_share"], note=path["note"]),
            "map_recurrence": Measure("1", back, note=why),
        }
        named.extend(of_agent(expert, p.level, p.clone, measures))
    return measures_table(named)


def stability_table(walks: Sequence[Walk], settings: MapSettings, seed: int) -> pd.DataFrame:
    """Tabulate how alike the regions of the same frames are when the map is made otherwise.

    Columns: changed (`seed`, `perplexity` or `bandwidth`), value, regions, adjusted_rand (Hubert
    and Arabie 1985: 1 the same division, 0 by chance) against the map as it is.
    """
    usual = fit_map(walks, settings, seed)

    def labels(shared: SharedMap, regions: np.ndarray) -> np.ndarray:
        return region_of(shared.embedding.points, regions, shared.limit)

    rows: list[tuple[str, float, np.ndarray]] = []
    for other in range(1, SEEDS):
        again = fit_map(walks, settings, (seed + other) % 2**32)
        rows.append(("seed", other, labels(again, again.regions)))
    for ratio in PERPLEXITIES:
        perplexity = min(ratio * usual.embedding.perplexity, (len(usual.levels) - 1) // 3)
        again = fit_map(walks, replace(settings, perplexity=max(perplexity, 1)), seed)
        rows.append(("perplexity", again.embedding.perplexity, labels(again, again.regions)))
    for bandwidth in BANDWIDTHS:
        rows.append(("bandwidth", bandwidth, labels(usual, regions_at(usual, settings, bandwidth))))
    before = labels(usual, usual.regions)
    return pd.DataFrame(
        [
            (changed, value, int(after.max()), adjusted_rand_score(before, after))
            for changed, value, after in rows
        ],
        columns=["changed", "value", "regions", "adjusted_rand"],
    )


def _paths(placed: Placed) -> list[np.ndarray]:
    shortest = max(1, int(np.ceil(BRIEFEST * placed.sampling_rate)))
    return visits(placed.regions, placed.stretch_ids, shortest)


def _named(frame: pd.DataFrame, placed: Placed) -> pd.DataFrame:
    for place, name in enumerate(("agent", "level", "clone")):
        frame.insert(place, name, getattr(placed, name))
    return frame
