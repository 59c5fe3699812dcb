"""The page `explorer.html`: two agents side by side, moving, with what their networks compute."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import legs, plain_model
from brainiarb.bodies.pictures import capsules
from brainiarb.gait.spectral_measures import posture_spectrum
from brainiarb.gait.walk import SteadyWalk
from brainiarb.maps.shared import SharedMap
from brainiarb.maps.stored import with_agents
from brainiarb.pages.agents import Agent
from brainiarb.pages.packing import largest_error, pack
from brainiarb.pages.shown import (
    ShownWalk,
    coordinates,
    layer_entries,
    movement,
    phases,
    place_entry,
    shown_walk,
    signal_rows,
    spectrum_entry,
    stride_entries,
    strides_of,
)

FACTS = ("return", "survival", "speed", "stride_frequency", "stride_time_cv", "spectral_distance",
         "map_distance")  # fmt: skip
"""The measures that stand beside an agent, where `tables/measures.csv` has them."""


@dataclass(frozen=True, eq=False)
class Family:
    """The map of a cloned expert, on which its clones and all experts are placed."""

    expert: str
    shared: SharedMap
    kind: str
    """The features of the map; see `map_features`."""
    scaled_by: str = ""
    """The expert whose walk scales the features, if that is another one."""


def explorer_data(
    body: Body,
    agents: Sequence[Agent],
    families: Sequence[Family],
    tables: Mapping[str, pd.DataFrame],
    segment: int,
    first: tuple[str, int],
    left_out: int,
) -> dict[str, Any]:
    """Return all that the page shows, ready for JSON.

    `agents` are the experts and the chosen clones; `tables` are `measures` and `similarity`;
    `segment` is that of the spectra; `first` are the expert, and the level of the clone beside it,
    with which the page opens; `left_out` is the number of clones of the study that the page does
    not hold.
    """
    shown = {agent.key: shown_walk(agent.walk) for agent in agents}
    places = _places(agents, shown, families)
    planar = len(coordinates(body)) == 2
    return {
        "body": body.name,
        "environment": body.env_id,
        "views": [["side", 0, 1]] if planar else [["side", 0, 2], ["front", 1, 2], ["top", 0, 1]],
        "dimensions": len(coordinates(body)),
        "radii": capsules(body, np.zeros((0, plain_model(body).nq)))[2].round(4).tolist(),
        "legs": list(legs(body)),
        "feet": [name for name, _ in body.feet],
        "signals": signal_rows(body),
        "errors": {kind: largest_error(kind) for kind in ("uint8", "uint16")},
        "first": {"expert": first[0], "level": first[1]},
        "left_out": left_out,
        "maps": {family.expert: _map_entry(family) for family in families},
        "agents": [
            _agent_entry(agent, shown[agent.key], places[agent.key], tables["measures"], segment)
            for agent in agents
        ],
        "similarity": similarity_entries(tables["similarity"]),
    }


def _agent_entry(
    agent: Agent,
    shown: ShownWalk,
    places: Mapping[str, Any],
    measures: pd.DataFrame,
    segment: int,
) -> dict[str, Any]:
    walk, strides = agent.walk, strides_of(shown)
    layers = agent.respond(walk.recording["observations"][shown.rows])
    foot = walk.reference_foot
    return {
        "key": agent.key,
        "expert": walk.expert,
        "level": walk.level,
        "clone": walk.clone,
        "median": walk.median,
        "files": list(agent.files),
        "episode": shown.episode,
        "episodes": len(walk.episodes),
        "start": float(shown.times[0]),
        "rate": shown.rate,
        "count": shown.count,
        "fell": shown.fell,
        "facts": _facts(measures, walk),
        **movement(shown),
        "strides": stride_entries(strides, [name for name, _ in walk.body.feet]),
        "foot": foot,
        "no_cycle": "" if foot is not None else walk.missing or walk.strideless,
        "places": places,
        "layers": layer_entries(layers, phases(shown, strides)),
        "spectrum": spectrum_entry(posture_spectrum(walk, segment)),
    }


def _facts(measures: pd.DataFrame, walk: SteadyWalk) -> list[dict[str, Any]]:
    """Return the `FACTS` of an agent that the table of measures has a value of."""
    own = measures[
        (measures["expert"] == walk.expert)
        & (measures["level"] == walk.level)
        & (measures["clone"] == walk.clone)
        & measures["value"].notna()
    ].set_index("measure")
    return [
        {"name": name, "unit": own.loc[name, "unit"], "value": float(own.loc[name, "value"])}
        for name in FACTS
        if name in own.index
    ]


def _places(
    agents: Sequence[Agent], shown: Mapping[str, ShownWalk], families: Sequence[Family]
) -> dict[str, dict[str, Any]]:
    """Return where each agent is on each map that it can be shown on: its own, experts on all."""
    places: dict[str, dict[str, Any]] = {agent.key: {} for agent in agents}
    for family in families:
        (expert,) = (
            a
            for a in agents
            if a.walk.expert == (family.scaled_by or family.expert) and a.walk.level < 0
        )
        placed = [a for a in agents if a.walk.level < 0 or a.walk.expert == family.expert]
        episodes = [shown[agent.key].of_episode() for agent in placed]
        shared = with_agents(family.shared, family.kind, expert.walk, episodes)
        for number, agent in enumerate(placed):
            part = shown[agent.key]
            rows = part.first + part.step * np.arange(part.count)
            places[agent.key][family.expert] = place_entry(shared.place(number, rows)[0])
    return places


def _map_entry(family: Family) -> dict[str, Any] | None:
    """Return the density of all levels and the regions of a map; None for an empty map."""
    shared = family.shared
    if shared.empty:
        return None
    density = np.mean(list(shared.densities.values()), axis=0)
    return {
        "limit": shared.limit,
        "grid": len(shared.axis),
        "density": pack(density.reshape(1, -1), "uint8"),
        "regions": pack(shared.regions.reshape(1, -1), "uint16"),
    }


def similarity_entries(table: pd.DataFrame) -> dict[str, list[list[Any]]]:
    """Return by expert the CKA of equal layers on the common states: a list for each comparison.

    A row holds the comparison, the first network, the second one, the level, the clone and the
    values by layer. Comparisons that do not concern the expert or its clones are left out.
    """
    paired = table[
        (table["stimuli"] == "common")
        & (table["layer_first"] == table["layer_second"])
        & ~table["comparison"].isin(["random_heads", "expert_observation", "clone_observation"])
    ]
    keys = ["expert", "comparison", "first", "second", "level", "clone"]
    entries: dict[str, list[list[Any]]] = {}
    for (expert, comparison, first, second, level, clone), rows in paired.groupby(keys, sort=False):
        if str(comparison) in ("expert_seed", "expert_algorithm") and first != "expert":
            continue
        values = {
            layer: round(float(cka), 4)
            for layer, cka in zip(rows["layer_first"], rows["cka"], strict=True)
            if np.isfinite(cka)
        }
        entries.setdefault(str(expert), []).append(
            [comparison, first, second, int(level), int(clone), values]
        )
    return entries


def explorer_page(data: Mapping[str, Any], page: str, style: str, scripts: Sequence[str]) -> str:
    """Return the page as one text: a `page` with marks for its title, style, data and scripts.

    No text of the data can end the element that holds it, because every `<` is written as an
    escape of JSON.
    """
    content = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    marks = {
        "body": escape(str(data["body"])),
        "style": style,
        "data": content.replace("<", "\\u003c"),
        "script": "\n".join(scripts),
    }
    return re.sub(r"\{\{ (\w+) \}\}", lambda mark: marks[mark[1]], page)
