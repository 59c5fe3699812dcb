"""What the shared gait map says of every agent: regions, transitions, distance to the expert."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.gait.walk import SteadyWalk
from brainiarb.maps.placed import Placed, place_agents
from brainiarb.maps.published import published_maps
from brainiarb.maps.shared import MapSettings, SharedMap, bandwidth_sweep, fit_map
from brainiarb.maps.tracks import shared_tracks
from brainiarb.maps.transitions import (
    grouped_distance,
    modal_cycle,
    net_flux,
    recurrence,
    reversed_null,
    shuffled_null,
    split_null,
    transition_counts,
    visits,
)
from brainiarb.statistics.measures import Measure, Named, measures_table, of_agent, qualified
from brainiarb.statistics.methods import p_value

BRIEFEST_STAY = 0.024
"""s; a shorter stay in a region is a ripple at its border."""
REPLICATES = 1000
"""Replicates of each null of transitions and distances."""
FLUXES = ("net_flux", "modal_cycle_share")
"""Measures of a path that depend on its number of transitions."""


@dataclass(frozen=True, eq=False)
class MapTables:
    """The gait maps of an expert and its clones; every table begins with the column expert."""

    shared: SharedMap
    """The map that all of them share."""
    cells: pd.DataFrame
    """Of the shared and of the published maps; see `cell_table`."""
    cycles: pd.DataFrame
    """On the shared and on the published maps; see `track_table`."""
    bandwidths: pd.DataFrame
    """See `bandwidth_sweep`."""
    occupancy: pd.DataFrame
    """See `occupancy_table`."""
    transitions: pd.DataFrame
    """See `transition_table`."""
    distances: pd.DataFrame
    """See `distance_table`."""
    measures: pd.DataFrame
    """See `map_measures` and `published_measures`."""


def map_tables(
    walks: Sequence[SteadyWalk],
    settings: MapSettings,
    seed: int,
    published: SteadyWalk | None = None,
) -> MapTables:
    """Map the gaits of an expert, the first of the `walks`, and of its clones, and compare them.

    `published` is another walk of the expert, which then stands in its map as published.
    """
    shared = fit_map(walks, settings, seed)
    maps = [shared_tracks(walks, shared)]
    read: list[Named] = []
    if settings.published_frames:
        own = published_maps([published or walks[0], *walks[1:]], settings.published_frames, seed)
        maps.append((own.cells, own.tracks))
        read = own.measures
    cells, cycles = (pd.concat(parts, ignore_index=True) for parts in zip(*maps, strict=True))
    placed = place_agents(walks, shared, settings.frames)
    n_regions, rng = int(shared.regions.max()), np.random.default_rng(seed)
    transitions = transition_table(placed, n_regions, rng)
    distances = distance_table(placed, n_regions, rng)
    if shared.missing:
        transitions["note"] = distances["note"] = f"no map: {shared.missing}"
    expert = walks[0].expert
    compared = map_measures(placed, transitions, distances, expert)
    measures = pd.concat([compared, measures_table(read)], ignore_index=True) if read else compared
    tables = {
        "cells": cells,
        "cycles": cycles,
        "bandwidths": bandwidth_sweep(shared, settings),
        "occupancy": occupancy_table(placed, shared),
        "transitions": transitions,
        "distances": distances,
    }
    for table in tables.values():
        table.insert(0, "expert", expert)
    return MapTables(shared=shared, **tables, measures=measures)


def occupancy_table(placed: Sequence[Placed], shared: SharedMap) -> pd.DataFrame:
    """Tabulate the share of its frames that each agent spends in each region, 0 being outside.

    Columns: agent, level, clone, region, x, y (the region's centre of mass), share.
    """
    densities = list(shared.densities.values())
    x, y = np.meshgrid(shared.axis, shared.axis)
    numbers = np.arange(1, shared.regions.max() + 1)
    masses = [np.mean(densities, axis=0) * (shared.regions == number) for number in numbers]
    centres = np.array([[(x * m).sum(), (y * m).sum()] / m.sum() for m in masses]).reshape(-1, 2)
    frames = []
    for agent in placed:
        counts = agent.frames_by_region(len(numbers)).sum(axis=0)
        frame = pd.DataFrame({"region": np.arange(len(numbers) + 1)})
        frame[["x", "y"]] = np.vstack([[np.nan, np.nan], centres])
        frame["share"] = counts / max(counts.sum(), 1)
        frames.append(_named(frame, agent))
    return pd.concat(frames, ignore_index=True)


def transition_table(
    placed: Sequence[Placed], n_regions: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Tabulate every agent's transitions between regions, and the summary of its whole path.

    Columns: agent, level, clone, source, target, count, probability (of the target, given the
    source). The columns that follow are equal in all rows of an agent: transitions, stretches,
    net_flux, reversed_95 and p_reversed (see `reversed_null`), shuffled_95 and p_shuffled (see
    `shuffled_null`), least_p_reversed (the smallest p_reversed that so few stretches can give:
    0.125 of 4), modal_cycle (regions in turn), modal_cycle_share, note. An agent without
    transitions has one row, with the regions 0.
    """
    frames = []
    for agent in placed:
        paths = _paths(agent)
        counts = transition_counts(paths, n_regions)
        source, target = np.nonzero(counts)
        passages = counts[source, target]
        frame = pd.DataFrame({"source": source + 1, "target": target + 1, "count": passages})
        frame["probability"] = passages / counts.sum(axis=1)[source]
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
        frame["least_p_reversed"] = min(1.0, 2.0 ** (1 - len(paths)))
        tour, share = modal_cycle(paths)
        frame["modal_cycle"] = "-".join(map(str, tour)) or "none"
        frame["modal_cycle_share"] = share
        frame["note"] = "" if counts.any() else "no transition between regions"
        frames.append(_named(frame, agent))
    table = pd.concat(frames, ignore_index=True)
    return table.astype({"count": int, "transitions": int})


def distance_table(
    placed: Sequence[Placed], n_regions: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Tabulate how far the occupancy of clones lies from their expert's, and that of its own parts.

    Both sides of a distance have as many episodes (see `grouped_distance`): those of a clone, at
    most half of the expert's. A group of the expert's episodes is compared with its other episodes.
    The expert's own distance is the mean of its groups.

    Columns: agent (expert, group or clone), level, clone, frames, episodes (on each side), distance
    (bits^0.5), null_median and null_95 (median and 95th percentile of `split_null` of so many
    episodes), p, note.
    """
    expert = placed[0].frames_by_region(n_regions)
    nulls: dict[int, np.ndarray] = {}
    rows = []
    for agent in (agent for agent in placed if agent.agent != "level"):
        counts, others = agent.frames_by_region(n_regions), expert
        if agent.agent == "group":
            others = expert[~np.isin(np.unique(placed[0].stretch_ids), agent.stretch_ids)]
        size = min(len(counts), len(expert) // 2)
        if size not in nulls:
            nulls[size] = split_null(expert, size, REPLICATES, rng)
        null = nulls[size]
        median, highest = np.percentile(null, [50, 95]) if len(null) else (np.nan, np.nan)
        distance = np.nan if agent.agent == "expert" else grouped_distance(counts, others, size)
        note = "" if len(counts) else "fell before the start transient was over"
        if len(expert) < 2:
            walked = "one episode only" if len(expert) else "no episode"
            note = f"no null: the expert walked in {walked}"
        rows.append(
            (agent.agent, agent.level, agent.clone, len(agent.regions), size, distance, median,
             highest, p_value(distance, null) if agent.agent == "clone" else np.nan, note)
        )  # fmt: skip
    table = pd.DataFrame(
        rows,
        columns=[
            "agent", "level", "clone", "frames", "episodes", "distance", "null_median", "null_95",
            "p", "note",
        ],
    )  # fmt: skip
    groups = table[table["agent"] == "group"]
    parts = ["episodes", "distance", "null_median", "null_95"]
    table.loc[table["agent"] == "expert", parts] = groups[parts].mean().to_numpy()
    return table.astype({"episodes": int})


def map_measures(
    placed: Sequence[Placed], transitions: pd.DataFrame, distances: pd.DataFrame, expert: str
) -> pd.DataFrame:
    """Tabulate the measures of every agent that follow from the map (see `measures_table`).

    `net_flux`, `modal_cycle_share` and `map_distance` of the expert are the means of groups of as
    many of its episodes as a clone has, because they depend on the number of transitions.
    `net_flux_p` is the p of the net flux of the whole path against the same visits in random order
    (see `shuffled_null`). `map_recurrence` is `unstable` where the gait has no stable cycle to
    return after.
    """
    keys = ["agent", "level", "clone"]
    paths = transitions.drop_duplicates(keys).set_index(keys)
    lengths = distances.set_index(keys)
    groups = paths.loc[paths.index.get_level_values("agent") == "group"]
    named: list[Named] = []
    for agent in (agent for agent in placed if agent.agent in ("expert", "clone")):
        key = agent.agent, agent.level, agent.clone
        path, distance = paths.loc[key], lengths.loc[key]
        few = path if agent.agent == "clone" else groups[[*FLUXES, "transitions"]].mean()
        note = path["note"] or f"of {few['transitions']:.0f} transitions"
        if agent.agent == "expert":
            note = path["note"] or f"mean of {len(groups)} groups of its episodes, {note} each"
        measures = {
            "map_distance": Measure("bits^0.5", distance["distance"], note=distance["note"]),
            **{name: Measure("1", few[name], note=note) for name in FLUXES},
            "net_flux_p": Measure("1", path["p_shuffled"], note=path["note"]),
            "map_recurrence": _recurrence(agent),
        }
        named += of_agent(expert, agent.level, agent.clone, measures)
    return measures_table(named)


def _recurrence(agent: Placed) -> Measure:
    """Return how reliably an agent is back in its region one gait cycle later."""
    if not np.isfinite(agent.seconds):
        return qualified("1", np.nan, "no gait period")
    lag = round(agent.seconds * agent.sampling_rate)
    value = recurrence(agent.regions, agent.stretch_ids, lag)
    absent = "" if np.isfinite(value) else "too short, or in one region throughout"
    return qualified("1", value, absent, agent.unstable)


def _paths(agent: Placed) -> list[np.ndarray]:
    """Return the regions that an agent enters in turn in each stretch."""
    shortest = max(1, int(np.ceil(BRIEFEST_STAY * agent.sampling_rate)))
    return visits(agent.regions, agent.stretch_ids, shortest)


def _named(frame: pd.DataFrame, agent: Placed) -> pd.DataFrame:
    for place, name in enumerate(("agent", "level", "clone")):
        frame.insert(place, name, getattr(agent, name))
    return frame
