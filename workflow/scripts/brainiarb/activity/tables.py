"""Dynamics and decoding of all networks on the walk of an expert: the tables behind the figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from brainiarb.activity.decoding import area_under_curve, decode, undecodable
from brainiarb.activity.jpca import (
    SURROGATES,
    Jpca,
    jpca,
    principal_components,
    soft_normalise,
    surrogate_r2,
    too_few_changes,
)
from brainiarb.activity.networks import EXPERT, PREFIXES, ShownNetwork
from brainiarb.activity.walk_activity import ShownWalk
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.gait.walk import NO_FEET
from brainiarb.seeds import derive_seed
from brainiarb.statistics.intervals import central_interval
from brainiarb.statistics.measures import Measure, Named, measures_table
from brainiarb.statistics.methods import p_value

SHOWN_SECONDS = 3.0
DECODED_EVERY = 4
"""Rows from one decoded row to the next: neighbours at 125 Hz tell nearly the same."""
NO_REFERENCE = "undefined: the observations have no rotation"
LEAST_ROWS = 100
"""Steady rows that a walk needs."""
ROTATION_COLUMNS = [
    "plane",
    "frequency",
    "plane_variance",
    "concentration",
    "components",
    "variance",
    "participation_ratio",
    "r2",
    "r2_gain",
    "r2_unconstrained",
    "r2_left_out",
    *(f"{kind}_{part}" for kind in SURROGATES for part in ("p", "low", "high")),
    "rows",
    "episodes",
    "note",
]
TARGETS = {"phase": "R2", "contact": "AUC"}
"""What is decoded from a layer, and by which score. The observation holds neither of them."""


@dataclass(frozen=True)
class Settings:
    """How dynamics are analysed; the fields are keys of the config."""

    components: int
    """Principal components that jPCA is fitted to."""
    surrogates: int
    """Surrogates of each kind, for the networks that are drawn."""
    alpha: float = 0.05
    """The intervals of surrogates hold 1 - alpha."""


OBSERVED = {
    "network": OBSERVATIONS, "level": -1, "clone": -1, "drawn": True, "layer": OBSERVATIONS,
}  # fmt: skip
"""The columns that name the observations in a table."""


def dynamics_tables(
    walk: ShownWalk, networks: Sequence[ShownNetwork], settings: Settings, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return jPCA, its drawn trajectories, and decoding of networks that were shown a walk.

    Linear2 is analysed, because what linear1 tells is nearly the same, or the only hidden layer.
    All tables begin with expert, network, level, clone, drawn, layer (the analysed one); beside the
    expert, the observations have rows too. jPCA has a row for each plane: plane (from 1), frequency
    (Hz), plane_variance, concentration; then, equal for all planes of a fit, components, variance
    (the share that the components hold), participation_ratio, r2, r2_gain (r2 less that of the
    observations),
    r2_unconstrained, r2_left_out, for each kind of surrogate `<kind>_p`, `_low` and `_high` (the
    central share 1 - alpha of the surrogates lies between them), rows, episodes, note.
    Trajectories: time (s), x, y in the first plane. Decoding: target, score, value, rows, episodes,
    note.
    """
    with_expert = any(network.network == EXPERT for network in networks)
    observed = settings if with_expert else replace(settings, surrogates=0)
    planes, track = rotate(walk.observations, walk, observed, seed)
    planes = planes.reindex(columns=ROTATION_COLUMNS)
    reference = planes["r2"].iloc[0]
    rotations, trajectories, decoded = [], [], []
    if with_expert:
        rotations.append(planes.assign(**OBSERVED))
        trajectories.append(track.assign(**OBSERVED))
        decoded.append(read_targets(walk.observations, walk).assign(**OBSERVED))
    for network in networks:
        layer = network.activations.architecture.probed
        named, values = network.named | {"layer": layer}, walk.layer(network.activations, layer)
        of_network = settings if network.drawn else replace(settings, surrogates=0)
        # One seed for all networks: they meet the same permutations.
        planes, track = rotate(values, walk, of_network, seed)
        planes = planes.reindex(columns=ROTATION_COLUMNS)
        rotations.append(planes.assign(r2_gain=planes["r2"] - reference, **named))
        if network.drawn:
            trajectories.append(track.assign(**named))
        decoded.append(read_targets(values, walk).assign(**named))
    names = ["expert", *OBSERVED]
    return tuple(
        _with_first(pd.concat(tables, ignore_index=True).assign(expert=walk.expert), names)
        for tables in (rotations, trajectories, decoded)
    )


def rotate(
    values: np.ndarray, walk: ShownWalk, settings: Settings, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the planes of one layer (see `dynamics_tables`) and its track in the first plane."""
    track = pd.DataFrame({"time": [], "x": [], "y": []})
    sizes = {"rows": len(values), "episodes": len(np.unique(walk.episode_ids))}
    if len(values) < LEAST_ROWS:
        return pd.DataFrame([sizes | {"note": f"fewer than {LEAST_ROWS} steady rows"}]), track
    leading = principal_components(soft_normalise(values), settings.components)
    if leading.scores.shape[1] < 2:
        return pd.DataFrame([sizes | {"note": "fewer than two directions of variance"}]), track
    if fault := too_few_changes(leading.scores, walk.episode_ids):
        return pd.DataFrame([sizes | {"note": fault}]), track
    fitted = jpca(leading.scores, walk.episode_ids, walk.sampling_rate)
    table = planes_table(fitted, leading.variance).assign(
        components=leading.scores.shape[1],
        variance=leading.variance,
        participation_ratio=leading.participation_ratio,
        r2=fitted.r2,
        r2_unconstrained=fitted.r2_unconstrained,
        r2_left_out=fitted.r2_left_out,
    )
    for kind, surrogate in SURROGATES.items():
        null = surrogate_r2(
            leading.scores,
            walk.episode_ids,
            surrogate,
            settings.surrogates,
            np.random.default_rng(derive_seed(seed, kind)),
        )
        table[f"{kind}_p"] = p_value(fitted.r2, null)
        table[f"{kind}_low"], table[f"{kind}_high"] = central_interval(null, settings.alpha)
    episodes, lengths = np.unique(walk.episode_ids, return_counts=True)
    shown = np.flatnonzero(walk.episode_ids == episodes[lengths.argmax()])
    shown = shown[: round(SHOWN_SECONDS * walk.sampling_rate)]
    track = pd.DataFrame({"time": np.arange(len(shown)) / walk.sampling_rate})
    track[["x", "y"]] = leading.scores[shown] @ fitted.planes[0]
    return table.assign(**sizes, note=""), track


def planes_table(fitted: Jpca, variance: float) -> pd.DataFrame:
    """Return a row for each plane: plane, frequency (Hz), plane_variance, concentration.

    `variance` is the share of the layer's variance that the fitted signals hold; plane_variance is
    a share of the layer's variance, too.
    """
    return pd.DataFrame(
        {
            "plane": np.arange(len(fitted.planes)) + 1,
            "frequency": fitted.frequencies,
            "plane_variance": fitted.variances * variance,
            "concentration": fitted.concentrations,
        }
    )


def read_targets(values: np.ndarray, walk: ShownWalk) -> pd.DataFrame:
    """Return how well each target is read from a layer: target, score, value, rows, episodes, note.

    The contact of each foot is regressed like a number and scored by the area under the curve. With
    two kinds of rows this orders them as a linear discriminant does, at a fraction of the cost of a
    logistic regression. Feet are averaged.
    """
    # One set of rows for all targets: those with a phase, unless too few episodes have one.
    phased = np.isfinite(walk.targets["phase"]).all(axis=1)
    has_phase = len(np.unique(walk.episode_ids[phased])) > 1
    rows = np.flatnonzero(phased | (not has_phase))[::DECODED_EVERY]
    ids = walk.episode_ids[rows]
    targets = {name: walk.targets[name] for name in TARGETS if name != "phase" or has_phase}
    table = pd.DataFrame({"target": TARGETS.keys(), "score": TARGETS.values(), "value": np.nan})
    table = table.assign(rows=len(rows), episodes=len(np.unique(ids)), note="")
    if table["episodes"][0] < 2 or len(rows) * DECODED_EVERY < LEAST_ROWS:
        return table.assign(note=f"fewer than two episodes or {LEAST_ROWS} steady rows")
    if fault := undecodable(ids):
        return table.assign(note=f"two episodes are needed for decoding, but there are {fault}")
    columns = np.concatenate([signal[rows].astype(np.float64) for signal in targets.values()], 1)
    decoded = decode(values[rows], columns, ids)
    ends = np.cumsum([signal.shape[1] for signal in targets.values()])
    for name, stop in zip(targets, ends, strict=True):
        chosen = range(stop - targets[name].shape[1], stop)
        scores = decoded.r2[chosen]
        if name == "contact":
            scores = np.array(
                [
                    area_under_curve(decoded.predictions[:, c], columns[:, c] > 0.5, ids)
                    for c in chosen
                ]
            )
        row = table["target"] == name
        if np.isfinite(scores).any():
            table.loc[row, "value"] = np.nanmean(scores)
        else:
            table.loc[row, "note"] = "does not vary" if len(chosen) else NO_FEET
    if not has_phase:
        reason = walk.note or "one episode has a phase"
        table.loc[table["target"] == "phase", "note"] = reason
    return table


def dynamics_measures(rotations: pd.DataFrame, decoded: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the measures of expert, clones and untrained networks from `dynamics_tables`.

    `jpca_r2_gain` is the R^2 of the rotation of a layer less that of the observations, which are
    the same for all networks. An untrained network is the floor of the clone that began as it.
    A measure is named after the layer that was analysed.
    Columns: see `measures_table`.
    """
    first = rotations[rotations["plane"].fillna(1) == 1]
    fits = first[first["network"].isin(PREFIXES)]
    named: list[Named] = [
        (fit.expert, fit.level, fit.clone, f"{PREFIXES[fit.network]}{name}_{fit.layer}",
         Measure("1", value, note=fit.note or (NO_REFERENCE if np.isnan(value) else "")))
        for name, column in (
            ("jpca_r2_gain", "r2_gain"), ("participation_ratio", "participation_ratio"),
        )
        for fit, value in zip(fits.itertuples(), fits[column], strict=True)
    ]  # fmt: skip
    named += [
        (score.expert, score.level, score.clone,
         f"{PREFIXES[score.network]}decode_{score.target}_{score.layer}",
         Measure(score.score, score.value, note=score.note))
        for score in decoded[decoded["network"].isin(PREFIXES)].itertuples()
    ]  # fmt: skip
    return measures_table(named)


def _with_first(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return a table with the named columns in front."""
    return table[[*names, *(name for name in table.columns if name not in names)]]
