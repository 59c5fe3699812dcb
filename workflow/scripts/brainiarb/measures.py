"""Measures: one number for each agent, in one tidy form, whatever analysis it is from."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from brainiarb.rollouts import agent_returns

COLUMNS = ("expert", "level", "clone", "measure", "unit", "value", "note")


def measure_rows(
    expert: str,
    level: int,
    measure: str,
    unit: str,
    values: Mapping[int, float],
    notes: Mapping[int, str] | None = None,
) -> pd.DataFrame:
    """Tabulate one measure of the clones of a level: `values` by clone, -1 for who is no clone.

    An expert has level -1. `notes` say by clone why a value is nan.
    """
    notes = notes or {}
    rows = [
        (expert, level, clone, measure, unit, float(value), notes.get(clone, ""))
        for clone, value in values.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def return_measures(episodes: pd.DataFrame) -> pd.DataFrame:
    """Tabulate return, episode length and survival of every agent.

    `episodes` is from `rollouts.returns_table`, with mean actions. Survival is the share of
    episodes that ended otherwise than by a fall. A demonstrator stands beside the clones of its
    level with measures of its own, over all that it demonstrated. `return_spread` is the standard
    deviation of an expert's episodes.
    """
    agents = agent_returns(episodes)
    frames = [
        measure_rows(str(expert), -1, "return_spread", "reward", {-1: returns.std()})
        for expert, returns in episodes[episodes["agent"] == "expert"].groupby("expert")["return"]
    ]
    for (expert, level, agent), mine in agents.groupby(["expert", "level", "agent"], sort=True):
        of_clone = agent == "clone"
        for measure, unit, values in (
            ("return", "reward", mine["return"]),
            ("episode_length", "steps", mine["length"]),
            ("survival", "1", 1 - mine["fell"]),
        ):
            name = f"demonstrator_{measure}" if agent == "demonstrator" else measure
            by_clone = (
                dict(zip(mine["clone"], values, strict=True))
                if of_clone
                else {-1: np.average(values, weights=mine["episodes"])}
            )
            frames.append(measure_rows(expert, level, name, unit, by_clone))
    return pd.concat(frames, ignore_index=True)
