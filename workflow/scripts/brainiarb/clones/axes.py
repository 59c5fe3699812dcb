"""Noise axes: how clones depend on the meaning of the noise and on the number of demonstrations."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from brainiarb.actors.actions import action_mse
from brainiarb.rollouts.returns import agent_returns
from brainiarb.seeds import generator
from brainiarb.statistics.methods import Inference, interquartile_mean, stratified_bootstrap
from brainiarb.statistics.shares import wilson

if TYPE_CHECKING:
    from brainiarb.actors.actors import Actors

MEASURES = ("walks", "return", "action_error")
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
        actors.architecture.action(actors.respond(observations)["mean_linear"])
        for actors in (expert, clones)
    )
    return pd.DataFrame(
        {
            "clone": agents["clone"].to_numpy(),
            "return": agents["return"].to_numpy(),
            "survival": 1 - agents["fell"].to_numpy(float),
            "action_error": action_mse(of_expert[0], of_clones),
        }
    )


def axis_intervals(
    table: pd.DataFrame, seed: int, replicates: int, alpha: float, walking: float
) -> pd.DataFrame:
    """Tabulate the share of clones that walk at each place, and the measures of those that walk.

    A clone walks if at least the share `walking` of its episodes ends without a fall. Clones that
    walk and clones that fall are two modes, which have no mean: the measure `walks` is the share
    with its interval (`statistics.shares.wilson`), `return` is the interquartile mean of the clones
    that walk, and `action_error` that of all clones, each with the interval of a bootstrap within
    each expert (`statistics.methods.stratified_bootstrap`). Columns: those of `PLACE`, `measure`,
    `estimate`, `low`, `high`, `clones` (their number), `experts`. A measure of no clones is nan.
    """
    rows = []
    for place, clones in table.groupby(list(PLACE), sort=True):
        walkers = clones["survival"] >= walking
        by_expert = [walkers[rows].to_numpy() for rows in clones.groupby("expert").groups.values()]
        found = {"walks": (wilson(by_expert, 1 - alpha), clones)}
        for measure, kept in (("return", clones[walkers]), ("action_error", clones)):
            strata = [values.to_numpy(float) for _, values in kept.groupby("expert")[measure]]
            rng = generator(seed, "noise_axes", measure, *(str(part) for part in place))
            result = Inference(float("nan"))
            if strata:
                result = stratified_bootstrap(
                    strata, interquartile_mean, replicates, rng, 1 - alpha
                )
            found[measure] = result, kept
        for measure, (result, kept) in found.items():
            counts = len(kept), kept["expert"].nunique()
            rows.append((*place, measure, result.estimate, result.low, result.high, *counts))
    columns = [*PLACE, "measure", "estimate", "low", "high", "clones", "experts"]
    return pd.DataFrame(rows, columns=columns)
