"""Returns: what every episode and every agent earned."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from brainiarb.rollouts.arrays import PART, Rollouts
from brainiarb.rollouts.episodes import (
    RETURN_STEPS,
    Sliceable,
    clone_episodes,
    episode_lengths,
    episode_starts,
    episode_sums,
)
from brainiarb.rollouts.survival import episode_falls
from brainiarb.statistics.measures import (
    DEMONSTRATOR,
    EPISODE_SD,
    Measure,
    Named,
    measures_table,
)

OF_RETURN = f"of the first {RETURN_STEPS:,} steps"
OF_EPISODES = "of whole episodes"
"""What a measure is of, for its note."""


def episode_returns(arrays: Mapping[str, np.ndarray], steps: int = RETURN_STEPS) -> pd.DataFrame:
    """Tabulate the return of every episode: the reward of its first `steps` steps.

    Columns: `clone`, `episode` (from 0 within each clone), `return`, the sum of each part of the
    reward as `return_<part>`; `length` (rows) and `fell` of the whole episode (`episode_falls`).
    """
    ids = arrays["episode_ids"]
    starts, lengths = episode_starts(ids), episode_lengths(ids)
    clones = arrays["clone_ids"][starts].astype(int)
    table = pd.DataFrame({"clone": clones})
    table["episode"] = table.groupby("clone").cumcount()
    for name in ("rewards", *(name for name in arrays if name.startswith(PART))):
        column = name.replace("rewards", "return", 1)
        table[column] = episode_sums(arrays[name], ids, steps)
    table["length"] = lengths
    table["fell"], _ = episode_falls(arrays)
    return table


def returns_table(
    rollouts: Rollouts, expert: str, agent: str, level: int, mode: str, method: str = ""
) -> pd.DataFrame:
    """Tabulate `episode_returns` with the columns that name the agents, all of one kind.

    `agent` is `expert`, `demonstrator` or `clone`. `level` is the noise in percent; an expert has
    level -1 and clone -1. `mode` is `mean` or `sampled`. `method` is that by which clones learnt,
    and is empty for other agents. The column `median` marks the clone of
    median return, which is drawn where a level is drawn by one clone.
    """
    table = episode_returns(rollouts)
    if level < 0:
        table["clone"] = -1
    for place, (column, value) in enumerate(
        [
            ("expert", expert),
            ("agent", agent),
            ("method", method),
            ("level", level),
            ("mode", mode),
        ]
    ):
        table.insert(place, column, value)
    table["median"] = table["clone"] == median_clone(table)
    return table


def agent_returns(episodes: pd.DataFrame) -> pd.DataFrame:
    """Average `episode_returns` over the episodes of every clone, whatever columns name it.

    Columns: those that name the agent, `episodes`, then `return`, its parts and `length` as means,
    `fell` as the share of episodes that ended by a fall.
    """
    parts = [name for name in episodes.columns if name.startswith("return_")]
    values = ["return", *parts, "length", "fell"]
    names = [name for name in episodes.columns if name not in (*values, "episode")]
    grouped = episodes.groupby(names, sort=False, dropna=False)
    table = grouped[values].mean()
    table.insert(0, "episodes", grouped.size())
    return table.reset_index()


def median_clone(returns: pd.DataFrame) -> int:
    """Return the clone whose mean return is the median over clones (`returns`: `episode_returns`).

    With an even number of clones it is the lower of the two in the middle. Clones of equal return
    rank by their number.
    """
    means = returns.groupby("clone")["return"].mean().sort_index()
    ranked = means.index[np.argsort(means.to_numpy(), kind="stable")]
    return int(ranked[(len(ranked) - 1) // 2])


def median_of(recording: Mapping[str, Sliceable]) -> int:
    """Return the number, in a recording, of the clone of median return: the one that is drawn.

    Tables of returns carry the same choice in their column `median`. Rewards are read episode by
    episode, so that memory does not grow with the recording.
    """
    returns = [
        (clone, episode_sums(recording["rewards"][rows], recording["episode_ids"][rows]).item())
        for clone, episodes in clone_episodes(recording).items()
        for rows in episodes
    ]
    return median_clone(pd.DataFrame(returns, columns=["clone", "return"]))


def return_measures(episodes: pd.DataFrame) -> pd.DataFrame:
    """Tabulate return, episode length and survival of every agent (see `measures_table`).

    `episodes` is from `returns_table`, with mean actions. Survival is the share of episodes that
    did not end by a fall. A demonstrator has measures of its own, over all that it demonstrated to
    the clones of its level. `return_episode_sd` is the standard deviation of an expert's episodes.
    """
    named: list[Named] = [
        (str(expert), -1, -1, f"return{EPISODE_SD}", Measure("reward", returns.std()))
        for expert, returns in episodes[episodes["agent"] == "expert"].groupby("expert")["return"]
    ]
    averaged = agent_returns(episodes)
    for (expert, level, kind), agents in averaged.groupby(["expert", "level", "agent"], sort=True):
        for measure, unit, values, note in (
            ("return", "reward", agents["return"], OF_RETURN),
            ("episode_length", "steps", agents["length"], OF_EPISODES),
            ("survival", "1", 1 - agents["fell"], OF_EPISODES),
        ):
            name = f"{DEMONSTRATOR}{measure}" if kind == "demonstrator" else measure
            if kind == "clone":
                by_clone = dict(zip(agents["clone"], values, strict=True))
            else:
                by_clone = {-1: np.average(values, weights=agents["episodes"])}
            named += [
                (str(expert), level, clone, name, Measure(unit, value, note=note))
                for clone, value in by_clone.items()
            ]
    return measures_table(named)
