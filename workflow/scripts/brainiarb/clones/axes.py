"""Noise axes: what clones make of the noise's meaning and of the number of demonstrations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from brainiarb.actors.actions import action_mse
from brainiarb.rollouts.returns import agent_returns
from brainiarb.seeds import generator
from brainiarb.statistics.methods import interquartile_mean, stratified_bootstrap

if TYPE_CHECKING:
    from brainiarb.actors.actors import Actors

MEASURES = ("return", "survival", "action_error")
PLACE = ("meaning", "episodes", "held", "level")


def measure_clones(
    expert: "Actors", clones: "Actors", observations: np.ndarray, returns: pd.DataFrame
) -> pd.DataFrame:
    """Tabulate `clone`, `return`, `survival` and `action_error` of K clones.

    Survival is the share of episodes without a fall; the error is the mean squared difference from
    the expert's mean action, in half-ranges, on `observations` (n, o). `returns` is from
    `rollouts.returns_table`.
    """
    agents = agent_returns(returns).sort_values("clone")
    of_expert, of_clones = (
        np.tanh(actors.respond(observations)["mean_linear"]) for actors in (expert, clones)
    )
    return pd.DataFrame(
        {
            "clone": agents["clone"].to_numpy(),
            "return": agents["return"].to_numpy(),
            "survival": 1 - agents["fell"].to_numpy(float),
            "action_error": action_mse(of_expert[0], of_clones),
        }
    )


def axis_intervals(table: pd.DataFrame, seed: int, replicates: int, alpha: float) -> pd.DataFrame:
    """Tabulate the interquartile mean of each measure at each place, with its interval.

    Bootstrap stratified by expert, clones as units (`stats.stratified_bootstrap`). Columns: those
    of the place, `measure`, `estimate`, `low`, `high`, `clones`.
    """
    rows = []
    for place, mine in table.groupby(list(PLACE), sort=True):
        for measure in MEASURES:
            strata: Sequence[np.ndarray] = [
                values.to_numpy(float) for _, values in mine.groupby("expert", sort=True)[measure]
            ]
            rng = generator(seed, "noise_axes", measure, *(str(part) for part in place))
            found = stratified_bootstrap(strata, interquartile_mean, replicates, rng, 1 - alpha)
            rows.append((*place, measure, found.estimate, found.low, found.high, len(mine)))
    columns = [*PLACE, "measure", "estimate", "low", "high", "clones"]
    return pd.DataFrame(rows, columns=columns)
