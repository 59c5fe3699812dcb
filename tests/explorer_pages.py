"""Explorers of planted studies, whose cycle, feet and speed are known."""

import numpy as np
import pandas as pd

from brainiarb.gait.walk import walks_of
from brainiarb.maps.shared import MapSettings, fit_map
from brainiarb.maps.stored import read_map, write_map
from brainiarb.pages.agents import Agent
from brainiarb.pages.explorer import Family, explorer_data, explorer_page
from builders import planted_recording
from conftest import ROOT

PARTS = ROOT / "workflow" / "report" / "explorer"
SCRIPTS = (
    "reading", "drawing", "bodies", "panels", "state", "choosing", "showing", "moving", "controls",
)  # fmt: skip
MAPPING = MapSettings(
    points=200, perplexity=15, bandwidth=0.03, grid=32, prominence=0.05, features="joint_angles"
)
UNITS = 24


def network(seed, inputs):
    """A small network: what it computes of observations (n, o), as the next layer reads it."""
    rng = np.random.default_rng([seed + 10])
    first, mean = rng.normal(size=(inputs, UNITS)), rng.normal(size=(UNITS, 3))

    def respond(observations):
        hidden = observations @ first
        hidden[:, 0] = -1.0  # a unit that is silent
        fired = np.maximum(hidden, 0)
        return {"linear1": fired, "mean_linear": fired @ mean}

    return respond


def agents_of(expert, level, body="walker2d", lengths=None, falls=False, **planted):
    """The agents of one planted recording; `lengths` cuts the first episode of each clone."""
    planted = {"rows": 800, "episodes": 1, **planted}
    body, arrays = planted_recording(body, **planted)
    arrays["observations"] = np.resize(
        arrays["qpos"] - arrays["qpos"][:, :1], arrays["observations"].shape
    ).astype(np.float32)
    if lengths:
        kept = np.concatenate(
            [k * planted["rows"] + np.arange(length) for k, length in enumerate(lengths)]
        )
        rows = len(arrays["rewards"])
        arrays = {
            name: values[kept] if np.shape(values)[:1] == (rows,) else values
            for name, values in arrays.items()
        }
    if falls:
        arrays["terminals"][np.cumsum(lengths) - 1] = True
    walks = walks_of(body, arrays, expert, level, 1.0)
    inputs = arrays["observations"].shape[1]
    return [
        Agent(walk, network(10 * level + number, inputs), (f"{expert}/{level}/rollouts.npz",))
        for number, walk in enumerate(walks)
    ]


def similarity(expert, levels, clones, peers):
    """A table of similarities with the comparisons that the explorer draws."""
    rows = [("expert_untrained", "expert", f"untrained_{k}", -1, k, 0.3) for k in range(clones)]
    rows += [("expert_seed", "expert", peer, -1, -1, 0.6) for peer in peers]
    for level in levels:
        rows += [("expert_clone", "expert", f"clone_{k}", level, k, 0.9) for k in range(clones)]
    table = pd.DataFrame(
        rows, columns=["comparison", "first", "second", "level", "clone", "cka"]
    ).assign(expert=expert, stimuli="common")
    layers = [table.assign(layer_first=name, layer_second=name) for name in ("linear1", "actions")]
    return pd.concat(layers, ignore_index=True)


def measures(agents):
    """A table of measures: the return of every agent, which is its level where it is a clone."""
    return pd.DataFrame(
        [
            (a.walk.expert, a.walk.level, a.walk.clone, "return", "reward", 4000.0 - a.walk.level)
            for a in agents
        ],
        columns=["expert", "level", "clone", "measure", "unit", "value"],
    )


def family(folder, expert, agents):
    """The map of an expert and its clones, written to a file and read again."""
    walks = [agent.walk for agent in agents if agent.walk.expert == expert]
    path = folder / "gait_map.npz"
    write_map(path, fit_map(walks, MAPPING, 0), MAPPING.features)
    return Family(expert, *read_map(path))


def write_page(folder, agents, families, tables, level=40, left_out=0):
    """Write the page and return its path and its data."""
    body = agents[0].walk.body
    first = (agents[0].walk.expert, level)
    data = explorer_data(body, agents, families, tables, 256, first, left_out)
    page, style, *scripts = (
        (PARTS / name).read_text("utf-8")
        for name in ("explorer.html", "explorer.css", *(f"{name}.js" for name in SCRIPTS))
    )
    path = folder / "explorer.html"
    path.write_text(explorer_page(data, page, style, scripts), "utf-8")
    return path, data


def small_study(folder, body="walker2d", clones=None, peers=(), levels=(40,)):
    """Write the page of an expert `walks`, its clones and other experts; return path and data."""
    agents = agents_of("walks", -1, body)
    for level in levels:
        agents += agents_of("walks", level, body, clones=2, frequency=1.1, **(clones or {}))
    for peer in peers:
        agents += agents_of(peer, -1, body, frequency=1.4)
    tables = {
        "measures": measures(agents),
        "similarity": similarity("walks", levels, 2, peers),
    }
    families = [family(folder, "walks", agents)]
    return write_page(folder, agents, families, tables, levels[-1])
