"""Noise axes: how clones depend on the meaning of the noise and on the number of demonstrations."""

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
"""The columns that name a place on the axes. `held` says that the clones of all numbers of episodes
learn from equally many samples."""


def measure_clones(
    expert: "Actors", clones: "Actors", observations: np.ndarray, returns: pd.DataFrame
) -> pd.DataFrame:
    """Tabulate `clone`, `return`, `survival` and `action_error` of K clones.

    Survival is the share of episodes without a fall. The error is the mean squared difference from
    the mean action of the expert, in squared half-ranges, on `observations` (n, o). `returns` is
    from `rollouts.returns.returns_table`.
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

    The interval comes from a bootstrap of clones within each expert
    (`statistics.methods.stratified_bootstrap`). Columns: those of `PLACE`, `measure`, `estimate`,
    `low`, `high`, `clones`.
    """
    rows = []
    for place, clones in table.groupby(list(PLACE), sort=True):
        by_expert = clones.groupby("expert", sort=True)
        for measure in MEASURES:
            strata = [values.to_numpy(float) for _, values in by_expert[measure]]
            rng = generator(seed, "noise_axes", measure, *(str(part) for part in place))
            result = stratified_bootstrap(strata, interquartile_mean, replicates, rng, 1 - alpha)
            rows.append((*place, measure, result.estimate, result.low, result.high, len(clones)))
    columns = [*PLACE, "measure", "estimate", "low", "high", "clones"]
    return pd.DataFrame(rows, columns=columns)
