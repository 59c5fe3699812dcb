"""Functional similarity: how alike two policies act in the same states, however they compute.

| measure      | comparison, averaged over states                                                 |
|--------------|----------------------------------------------------------------------------------|
| `action_mse` | mean actions: squared difference, averaged over the joints                       |
| `action_r2`  | mean actions: share of the expert's variance that the other policy explains      |
| `mean_kl`    | Gaussians before the tanh: divergence of the other policy from the expert, if it |
|              | had the expert's standard deviations                                             |

The demonstrations are the expert's mean actions under uniform noise. So the standard deviation of a
clone's Gaussian is that of the noise in its demonstrations and not the expert's: it differs by
construction, and is left out of the comparison.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from brainiarb.actors.actions import action_mse
from brainiarb.actors.architecture import DEFAULT, Architecture
from brainiarb.actors.response import log_std
from brainiarb.statistics.measures import FLOOR, Named, measures_table, qualified

if TYPE_CHECKING:
    from brainiarb.actors.actors import Actors

UNITS = {"action_mse": "1", "action_r2": "1", "mean_kl": "nat"}
"""The unit of each measure. Actions are shares of the half-range, so their error has no unit."""


class Gaussian(NamedTuple):
    """Diagonal Gaussians of n states, before the bound: mean and log standard deviation (n, a)."""

    mean: np.ndarray
    log_std: np.ndarray
    """nan if the actor has no spread."""
    actor: Architecture = DEFAULT
    """It says how the mean becomes an action."""

    @property
    def finite(self) -> bool:
        """Whether all numbers are finite."""
        return bool(np.isfinite([self.mean, self.log_std]).all())


def action_gaussian(actor: "Actors", states: np.ndarray) -> Gaussian:
    """Return the Gaussians of a stack of one actor in states (n, o), in float64."""
    layers = actor.respond(states)
    spread = log_std(actor.arrays(), actor.architecture, layers)
    mean = layers["mean_linear"]
    return Gaussian(mean[0].astype(np.float64), spread[0].astype(np.float64), actor.architecture)


def r2(expected: np.ndarray, predicted: np.ndarray) -> float:
    """Return 1 - (squared error of the prediction) / (squared deviation from the expected mean).

    Errors and deviations (n, p) are summed over rows and columns. At most 1; 0 for the mean in
    every row, negative for a worse prediction; nan if nothing varies, without rows, and if a number
    is nan or infinite.
    """
    if not (len(expected) and np.isfinite(expected).all() and np.isfinite(predicted).all()):
        return np.nan
    if not np.ptp(expected, axis=0).any():
        return np.nan
    deviation = np.sum((expected - expected.mean(axis=0)) ** 2)
    return float(1 - np.sum((expected - predicted) ** 2) / deviation)


def gaussian_kl(first: Gaussian, second: Gaussian) -> float:
    """Return KL(first || second) in nats, summed over actions and averaged over states.

    sum_a [ln(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2]: at least 0; nan without rows, if a
    number is nan or infinite, and if the two bound their actions otherwise. The divergence of the
    bounded actions is the same, because one tanh is applied to both. Kullback and Leibler 1951,
    section 4.
    """
    if not len(first.mean) or not (first.finite and second.finite):
        return np.nan
    if first.actor.bound != second.actor.bound:
        return np.nan
    spread = 2 * (first.log_std - second.log_std)
    shift = (first.mean - second.mean) ** 2 * np.exp(-2 * second.log_std)
    return float(np.mean(np.sum(np.expm1(spread) - spread + shift, axis=1)) / 2)


def compare_gaussians(expert: Gaussian, policy: Gaussian) -> dict[str, float]:
    """Return every measure of this module for an expert and another policy in the same states."""
    actions = expert.actor.action(expert.mean), policy.actor.action(policy.mean)
    return {
        "action_mse": float(action_mse(*actions)),
        "action_r2": r2(*actions),
        "mean_kl": gaussian_kl(expert, policy._replace(log_std=expert.log_std)),
    }


def compare_functions(
    expert: "Actors",
    policies: "Actors",
    states: np.ndarray,
    name: str,
    expert_name: str,
    level: int,
) -> pd.DataFrame:
    """Tabulate how alike an expert acts with each of K policies in states (n, o).

    `name` has a placeholder for the measure, such as `{}_expert` in the expert's states;
    `expert_name` and `level` name the agents. Columns: see `statistics.measures`; policy k is clone
    k.
    """
    reference = action_gaussian(expert, states)
    gaussians = [action_gaussian(policies.only(k), states) for k in range(len(policies))]
    compared = [compare_gaussians(reference, gaussian) for gaussian in gaussians]

    def reason(measure: str, policy: Gaussian) -> str:
        if not len(reference.mean):
            return "undefined: no rows"
        if measure == "mean_kl" and reference.actor.spread == "none":
            return "undefined: the actions of the expert have no spread"
        if measure == "mean_kl" and reference.actor.bound != policy.actor.bound:
            return "undefined: one network bounds its actions by tanh, the other by a clip"
        return "undefined: no variance"

    rows: list[Named] = [
        (expert_name, level, k, name.format(measure),
         qualified(unit, value, absent=reason(measure, policy) if np.isnan(value) else ""))
        for measure, unit in UNITS.items()
        for k, (policy, values) in enumerate(zip(gaussians, compared, strict=True))
        for value in [values[measure]]
    ]  # fmt: skip
    return measures_table(rows)


def level_functions(
    expert: "Actors",
    clones: "Actors",
    floor: "Actors",
    states: Mapping[str, np.ndarray],
    expert_name: str,
    level: int,
) -> pd.DataFrame:
    """Tabulate how alike an expert acts with the clones of a level and with untrained networks.

    `states` (n, o) are `common`, `expert` and `level` (see `activity.stimuli`). Clones are compared
    in all of them, and the untrained networks `floor` in the level's. Columns: see
    `statistics.measures`.
    """
    compared = [(clones, name, f"{{}}_{name}") for name in ("common", "expert", "level")]
    compared.append((floor, "level", f"{FLOOR}{{}}_level"))
    return pd.concat(
        [
            compare_functions(expert, policies, states[name], measure, expert_name, level)
            for policies, name, measure in compared
        ],
        ignore_index=True,
    )


def floor_functions(
    expert: "Actors", floor: "Actors", states: Mapping[str, np.ndarray], expert_name: str
) -> pd.DataFrame:
    """Tabulate how alike an expert acts with untrained networks at no level.

    `states` (n, o) are `common` and `expert`. Columns: see `statistics.measures`.
    """
    return pd.concat(
        [
            compare_functions(expert, floor, states[name], f"{FLOOR}{{}}_{name}", expert_name, -1)
            for name in ("common", "expert")
        ],
        ignore_index=True,
    )


def named_functions(
    expert: "Actors", others: Mapping[str, "Actors"], states: np.ndarray, expert_name: str
) -> pd.DataFrame:
    """Tabulate how alike an expert acts with other networks, given by name, in states (n, o).

    Columns: expert, network, clone (its number among those of one name), measure, unit, value,
    status, note.
    """
    tables = [
        compare_functions(expert, actors, states, "{}_common", expert_name, -1).assign(network=name)
        for name, actors in others.items()
    ]
    columns = ["expert", "network", "clone", "measure", "unit", "value", "status", "note"]
    return pd.concat(tables, ignore_index=True)[columns]
