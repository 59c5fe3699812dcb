"""Dynamics and decoding of every network on its own walk: the tables behind the figures.

Each network is shown what it met itself (the stimuli `own`), in order of time, after the start
transient. Hidden layers count as the next layer reads them, after the ReLU: before it, linear1 is
the observation but for a linear map. The log s.d. head is clamped. The observation is analysed
like a layer: it is the reference of all of them, because the actor has no memory.
"""

from dataclasses import dataclass

import h5py
import numpy as np
import pandas as pd

from brainiarb.activity.activations import Activations, read_by_next
from brainiarb.activity.decoding import area_under_curve, decode
from brainiarb.activity.jpca import (
    SURROGATES,
    Jpca,
    jpca,
    principal_components,
    soft_normalise,
    surrogate_r2,
)
from brainiarb.activity.stimuli import own
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.bodies.body import Body
from brainiarb.bodies.model import joint_columns
from brainiarb.errors import Refused
from brainiarb.gait.contacts import foot_strikes
from brainiarb.gait.period import period
from brainiarb.gait.strides import cut_strides, find_anchor, stride_phase
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import drop_transient, stretches
from brainiarb.rollouts.returns import episode_returns, median_clone
from brainiarb.seeds import derive_seed
from brainiarb.statistics.measures import Measure, Named, measures_table
from brainiarb.statistics.methods import p_value

MEASURED = (OBSERVATIONS, "linear1", "linear2")  # layers whose values become measures
SHOWN = (OBSERVATIONS, "linear2")  # layers whose trajectories are drawn
SHOWN_SECONDS = 3.0
DECODED_EVERY = 4  # rows: neighbours at 125 Hz tell nearly the same
LEAST_ROWS = 100  # of an agent's steady walk
ROTATION_COLUMNS = [
    "plane",
    "frequency",
    "plane_variance",
    "concentration",
    "components",
    "variance",
    "participation_ratio",
    "r2",
    "r2_unconstrained",
    "r2_left_out",
    *(f"{kind}_{part}" for kind in SURROGATES for part in ("p", "low", "high")),
    "rows",
    "episodes",
    "note",
]
TARGETS = {"phase": "R2", "speed": "R2", "joints": "R2", "contact": "AUC"}


@dataclass(frozen=True)
class Settings:
    """How dynamics are analysed; the fields are keys of the config."""

    components: int
    """Principal components that jPCA is fitted to."""
    surrogates: int
    """Of each kind, for the agents that are drawn."""
    transient: float
    """s of every episode's start that are left out."""


@dataclass(frozen=True, eq=False)
class OwnWalk:
    """What one agent met and computed on its own, n steady rows in order of time."""

    layers: dict[str, np.ndarray]
    """(n, p) by name, observations first."""
    episode_ids: np.ndarray
    """(n)."""
    targets: dict[str, np.ndarray]
    """(n, q): cosine and sine of the phase, forward speed (m/s), joint angles (rad), contacts."""
    sampling_rate: float
    """Hz."""
    note: str
    """Why there is no phase; empty where there is one."""


def own_walk(
    body: Body, rollouts: Rollouts, activations: h5py.File, agent: int, transient: float
) -> OwnWalk:
    """Return the walk that the stimuli `own` of one network of a file are from.

    Raises ValueError where the recording is not the one that the network was shown.
    """
    recorded = Activations(activations, "own", agent)
    met = own(rollouts, agent, recorded.rows)
    if met.digest != recorded.digest:
        raise Refused(
            f"expected the rollouts that the activations were recorded from, found others (agent "
            f"{agent}); record the activations again"
        )
    rate = float(rollouts["sampling_rate"])
    rows = np.flatnonzero(rollouts["clone_ids"] == agent)[: recorded.rows]
    steady = drop_transient(met.episode_ids, rate, transient)
    rows, ids = rows[steady], met.episode_ids[steady]
    layers = {OBSERVATIONS: met.observations}
    layers |= {name: read_by_next(name, values) for name, values in recorded.layers().items()}
    joints = rollouts["qpos"][rows][:, joint_columns(body)]
    contacts = rollouts["contacts"][rows]
    phase, note = gait_phase(joints, contacts, ids, rate)
    return OwnWalk(
        layers={name: values[steady] for name, values in layers.items()},
        episode_ids=ids,
        targets={
            "phase": np.exp(2j * np.pi * phase[:, None]).view(float),
            "speed": rollouts["qvel"][rows][:, :1],
            "joints": joints,
            "contact": contacts,
        },
        sampling_rate=rate,
        note=note,
    )


def gait_phase(
    joints: np.ndarray, contacts: np.ndarray, episode_ids: np.ndarray, sampling_rate: float
) -> tuple[np.ndarray, str]:
    """Return the phase (n), 0 to 1 from anchor to anchor, nan out of strides, and why it has none.

    `joints` (n, q) rad, `contacts` (n, feet) bool. Anchors are the strikes of the foot that
    `brainiarb.strides` counts cycles by. Where a cycle takes several of them, each begins anew:
    which of them comes first is chance in each episode, and could not be read across episodes.
    """
    found = period(joints, sampling_rate, episode_ids=episode_ids)
    phase = np.full(len(joints), np.nan)
    if not found.stable:
        return phase, "no stable cycle"
    length = found.seconds * sampling_rate
    episodes = list(stretches(len(joints), episode_ids))
    strikes = [foot_strikes(contacts[rows], sampling_rate) for rows in episodes]
    anchor = find_anchor(strikes, length)
    if anchor is None:
        return phase, "no foot strikes in the rhythm of the cycle"
    for rows, feet in zip(episodes, strikes, strict=True):
        strides, _ = cut_strides(feet[anchor.foot], 1, length / anchor.every)
        phase[rows] = stride_phase(rows.stop - rows.start, strides)
    return phase, ""


def dynamics_tables(
    body: Body,
    rollouts: Rollouts,
    activations: h5py.File,
    expert: str,
    level: int,
    settings: Settings,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return jPCA, its drawn trajectories and decoding of all agents of a recording.

    jPCA has a row for each plane: expert, level, clone (-1: the expert), median, layer, plane (from
    1), frequency (Hz), plane_variance, concentration; and of the whole fit components, variance
    (that they hold), participation_ratio, r2, r2_unconstrained, r2_left_out, of each kind of
    surrogate `<kind>_p`, `_low`, `_high` (95 % of them), rows, episodes, note. Trajectories: layer,
    time (s), x, y in the first plane. Decoding: layer, target, score, value, rows, episodes, note.
    """
    chosen = median_clone(episode_returns(rollouts))
    rotations, trajectories, decoded = [], [], []
    for agent in np.unique(rollouts["clone_ids"]).tolist():
        walk = own_walk(body, rollouts, activations, agent, settings.transient)
        drawn = agent == chosen
        count = settings.surrogates if drawn else 0
        agent_seed = derive_seed(seed, agent)
        named = {"expert": expert, "level": level, "clone": agent if level >= 0 else -1}
        parts = {
            name: rotate(values, walk, settings.components, count, agent_seed)
            for name, values in walk.layers.items()
        }
        for name, (table, track) in parts.items():
            table = table.reindex(columns=ROTATION_COLUMNS)
            rotations.append(table.assign(**named, median=drawn, layer=name))
            if drawn and name in SHOWN:
                trajectories.append(track.assign(**named, median=drawn, layer=name))
        decoded += [
            read_targets(values, walk).assign(**named, median=drawn, layer=name)
            for name, values in walk.layers.items()
        ]
    names = ["expert", "level", "clone", "median", "layer"]
    return tuple(
        _first(pd.concat(tables, ignore_index=True), names)
        for tables in (rotations, trajectories, decoded)
    )


def rotate(
    values: np.ndarray, walk: OwnWalk, components: int, surrogates: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the planes of one layer (see `dynamics_tables`) and its track in the first of them."""
    track = pd.DataFrame({"time": [], "x": [], "y": []})
    sizes = {"rows": len(values), "episodes": len(np.unique(walk.episode_ids))}
    if len(values) < LEAST_ROWS:
        return pd.DataFrame([sizes | {"note": f"fewer than {LEAST_ROWS} steady rows"}]), track
    leading = principal_components(soft_normalise(values), components)
    if leading.scores.shape[1] < 2:
        return pd.DataFrame([sizes | {"note": "fewer than two directions of variance"}]), track
    found = jpca(leading.scores, walk.episode_ids, walk.sampling_rate)
    table = planes_table(found, leading.variance).assign(
        components=leading.scores.shape[1],
        variance=leading.variance,
        participation_ratio=leading.participation_ratio,
        r2=found.r2,
        r2_unconstrained=found.r2_unconstrained,
        r2_left_out=found.r2_left_out,
    )
    for kind, surrogate in SURROGATES.items():
        # One seed for all layers: they meet the same permutations.
        made = surrogate_r2(
            leading.scores,
            walk.episode_ids,
            surrogate,
            surrogates,
            np.random.default_rng(derive_seed(seed, kind)),
        )
        low, high = np.percentile(made, [2.5, 97.5]) if len(made) else (np.nan, np.nan)
        table[f"{kind}_p"], table[f"{kind}_low"] = p_value(found.r2, made), low
        table[f"{kind}_high"] = high
    longest = np.bincount(walk.episode_ids - walk.episode_ids.min()).argmax()
    mine = np.flatnonzero(walk.episode_ids - walk.episode_ids.min() == longest)
    mine = mine[: round(SHOWN_SECONDS * walk.sampling_rate)]
    track = pd.DataFrame({"time": np.arange(len(mine)) / walk.sampling_rate})
    track[["x", "y"]] = leading.scores[mine] @ found.planes[0]
    return table.assign(**sizes, note=""), track


def planes_table(found: Jpca, variance: float) -> pd.DataFrame:
    """Return a row for each plane: plane, frequency (Hz), plane_variance, concentration.

    `variance` is the share of the layer's variance that the fitted signals hold; that of a plane
    is of the layer's too.
    """
    return pd.DataFrame(
        {
            "plane": np.arange(len(found.planes)) + 1,
            "frequency": found.frequencies,
            "plane_variance": found.variances * variance,
            "concentration": found.concentrations,
        }
    )


def read_targets(values: np.ndarray, walk: OwnWalk) -> pd.DataFrame:
    """Return how well each target is read from a layer: target, score, value, rows, episodes, note.

    The contact of each foot is regressed like a number and scored by the area under its curve: with
    two kinds of rows that orders them as a linear discriminant does, at a fraction of the cost of
    a logistic regression. Joints and feet are averaged.
    """
    # One set of rows for all targets: those with a phase, unless too few episodes have one.
    phased = np.isfinite(walk.targets["phase"]).all(axis=1)
    has_phase = len(np.unique(walk.episode_ids[phased])) > 1
    rows = np.flatnonzero(phased | (not has_phase))[::DECODED_EVERY]
    ids = walk.episode_ids[rows]
    targets = {n: walk.targets[n] for n in TARGETS if n != "phase" or has_phase}
    table = pd.DataFrame({"target": TARGETS.keys(), "score": TARGETS.values(), "value": np.nan})
    table = table.assign(rows=len(rows), episodes=len(np.unique(ids)), note="")
    if table["episodes"][0] < 2 or len(rows) * DECODED_EVERY < LEAST_ROWS:
        return table.assign(note=f"fewer than two episodes or {LEAST_ROWS} steady rows")
    columns = np.concatenate([targets[n][rows].astype(np.float64) for n in targets], axis=1)
    found = decode(values[rows], columns, ids)
    ends = np.cumsum([targets[n].shape[1] for n in targets])
    for name, stop in zip(targets, ends, strict=True):
        chosen = range(stop - targets[name].shape[1], stop)
        scores = found.r2[chosen]
        if name == "contact":
            scores = np.array(
                [
                    area_under_curve(found.predictions[:, c], columns[:, c] > 0.5, ids)
                    for c in chosen
                ]
            )
        here = table["target"] == name
        if np.isfinite(scores).any():
            table.loc[here, "value"] = np.nanmean(scores)
        else:
            table.loc[here, "note"] = "does not vary"
    if not has_phase:
        table.loc[table["target"] == "phase", "note"] = walk.note or "one episode has a phase"
    return table


def dynamics_measures(rotations: pd.DataFrame, decoded: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the measures of every agent that follow from `dynamics_tables`.

    Hidden layers and the observation have measures. `jpca_r2_gain` of a hidden layer is the R^2 of
    its rotation less the R^2 of the observation's. Columns: see `measures_table`.
    """
    agent = ["expert", "level", "clone"]
    first = rotations[rotations["plane"].fillna(1) == 1]
    fits = first[first["layer"].isin(MEASURED)].copy()
    fits["ratio"] = fits["r2"] / fits["r2_unconstrained"]
    reference = fits[fits["layer"] == OBSERVATIONS].set_index(agent)["r2"]
    fits["gain"] = fits["r2"] - reference.reindex(pd.MultiIndex.from_frame(fits[agent])).to_numpy()
    hidden = fits[fits["layer"] != OBSERVATIONS]
    named: list[Named] = []
    for name, column, rows in (
        ("jpca_r2", "r2", fits),
        ("jpca_r2_ratio", "ratio", fits),
        ("jpca_r2_gain", "gain", hidden),
        ("participation_ratio", "participation_ratio", fits),
    ):
        named += [
            (fit.expert, fit.level, fit.clone, f"{name}_{fit.layer}",
             Measure("1", getattr(fit, column), note=fit.note))
            for fit in rows.itertuples()
        ]  # fmt: skip
    named += [
        (score.expert, score.level, score.clone, f"decode_{score.target}_{score.layer}",
         Measure(score.score, score.value, note=score.note))
        for score in decoded[decoded["layer"].isin(MEASURED)].itertuples()
    ]  # fmt: skip
    return measures_table(named)


def _first(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return a table with the named columns in front."""
    return table[[*names, *(c for c in table.columns if c not in names)]]
