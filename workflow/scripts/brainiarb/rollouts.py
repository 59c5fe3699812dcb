"""Rollouts: the arrays of a recording, and what every reader of one needs.

A recording is a dict of arrays, ready for an .npz file. Row t holds the state in which the action
of row t is taken; the state in which an episode ends has no row. Rows are sorted by clone, then
episode, then time. Nothing is dropped: `transient` (N) marks the rows in the start of an episode
that analyses leave out.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from brainiarb.bodies import Body, environment_facts, get_body
from brainiarb.files import open_npz, read_npz

DTYPES: dict[str, type[np.generic]] = {
    "observations": np.float32,
    "actions": np.float32,
    "actions_clean": np.float32,
    "rewards": np.float64,
    "rewards_forward": np.float64,
    "rewards_healthy": np.float64,
    "rewards_control": np.float64,
    "rewards_contact": np.float64,
    "terminals": np.bool_,
    "timeouts": np.bool_,
    "episode_ids": np.int32,
    "clone_ids": np.int16,
    "qpos": np.float64,
    "qvel": np.float64,
    "heights": np.float32,
    "contacts": np.bool_,
    "contact_forces": np.float32,
}
"""Arrays of every recording, one row per time step."""

LEARNING_DTYPES: dict[str, type[np.generic]] = {"inputs": np.float32, "labels": np.float32}
"""Arrays that demonstrations have besides: what a clone sees and what it should answer."""

METADATA = ("body", "environment", "mode", "versions", "sampling_rate")
"""0-d arrays: strings (`versions` is JSON), and the sampling rate in Hz."""

# An input that varies less than this is a constant, whose rounding errors must not be blown up.
_SMALLEST_STD = 1e-6
_GOLDEN_RATIO = (np.sqrt(5) - 1) / 2

Rollouts = dict[str, np.ndarray]


class Sliceable(Protocol):
    """Rows in memory, or in a file."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def __getitem__(self, rows: slice, /) -> np.ndarray:
        """Return consecutive rows."""


class Scaler(NamedTuple):
    """Standardisation of observations: subtract `mean`, divide by `std`, both (o) float64."""

    mean: np.ndarray
    std: np.ndarray


def row_widths(body: Body) -> dict[str, tuple[int, ...]]:
    """Return the shape of one row of every array: () where a row is a number."""
    facts = environment_facts(body)
    widths: dict[str, tuple[int, ...]] = dict.fromkeys(DTYPES, ())
    for name in ("observations", "inputs"):
        widths[name] = (facts.observations,)
    for name in ("actions", "actions_clean", "labels"):
        widths[name] = (len(body.joints),)
    for name in ("contacts", "contact_forces"):
        widths[name] = (len(body.feet),)
    return widths | {
        "qpos": (facts.nq,),
        "qvel": (facts.nv,),
        "heights": (len(body.height_geoms),),
    }


def read_rollouts(path: str | Path) -> Rollouts:
    """Read a recording; raise ValueError, in one sentence that names the file, unless it is one."""
    arrays = read_npz(path)
    check_rollouts(arrays, str(path))
    return arrays


def open_rollouts(path: str | Path) -> dict[str, Sliceable]:
    """Return the arrays of a recording, whose rows are read only when they are asked for."""
    arrays = open_npz(path)
    for name in DTYPES:
        if name not in arrays:
            raise ValueError(
                f"{path}: the array {name!r} is missing; delete it and record it again"
            )
    return {name: arrays[name] for name in DTYPES}


def clone_episodes(arrays: Mapping[str, Sliceable]) -> dict[int, list[slice]]:
    """Return the rows of every episode, by clone."""
    clones, ids = (arrays[name][:] for name in ("clone_ids", "episode_ids"))
    starts = _starts(ids)
    found: dict[int, list[slice]] = {}
    for start, stop in pairwise([*starts.tolist(), len(ids)]):
        found.setdefault(int(clones[start]), []).append(slice(start, stop))
    return found


def check_rollouts(arrays: Mapping[str, Any], where: str) -> None:
    """Raise ValueError, in one sentence that names `where`, unless the arrays are a recording."""
    again = "delete it and record it again"
    for name in (*METADATA, *DTYPES):
        if name not in arrays:
            raise ValueError(f"{where}: the array {name!r} is missing; {again}")
    body = get_body(str(arrays["body"]))
    rows = len(arrays["rewards"]) if np.ndim(arrays["rewards"]) else 0
    if not rows:
        raise ValueError(f"{where}: the recording has no rows; {again}")
    widths = row_widths(body)
    for name, dtype in (DTYPES | LEARNING_DTYPES).items():
        if name in LEARNING_DTYPES and name not in arrays:
            continue
        values = arrays[name]
        if values.shape != (rows, *widths[name]):
            raise ValueError(
                f"{where}: {name!r} has shape {values.shape} where {body.name} and {rows} rows of "
                f"rewards ask for {(rows, *widths[name])}; {again}"
            )
        if values.dtype != dtype:
            raise ValueError(
                f"{where}: {name!r} holds {values.dtype} instead of {np.dtype(dtype)}; {again}"
            )
        finite = np.isfinite(values.reshape(rows, -1)).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"{where}: {name!r} is not finite in row {int(np.argmin(finite))}; {again}"
            )
    if (np.diff(arrays["episode_ids"]) < 0).any():
        raise ValueError(f"{where}: the episodes are not in ascending order; {again}")


def steps_into_episode(episode_ids: np.ndarray) -> np.ndarray:
    """Return for every row (N) how many rows of its episode lie before it."""
    starts = _starts(episode_ids)
    lengths = np.diff(np.append(starts, len(episode_ids)))
    return np.arange(len(episode_ids)) - np.repeat(starts, lengths)


def drop_transient(episode_ids: np.ndarray, sampling_rate: float, seconds: float) -> np.ndarray:
    """Return a mask (N) of the rows at least `seconds` after the start of their episode."""
    return steps_into_episode(episode_ids) >= round(seconds * sampling_rate)


def mark_transient(arrays: Rollouts, seconds: float) -> Rollouts:
    """Return a recording with `transient` (N): whether a row is of its episode's first seconds."""
    rate = float(arrays["sampling_rate"])
    return arrays | {"transient": ~drop_transient(arrays["episode_ids"], rate, seconds)}


def balanced_rows(agents: np.ndarray, episode_ids: np.ndarray, n: int) -> np.ndarray:
    """Return at most `n` row indices, balanced over agents and over each agent's episodes.

    `agents` and `episode_ids` (N,) name the agent and the episode of each row, rows of an episode
    in order of time. Every agent gives n / agents rows, rounded down, or all it has; its episodes
    give equal shares, and where one is too short the others make up for it. An episode is cut into
    as many equal slices as it gives rows, one row each; its place within the slice follows the
    golden ratio, because a fixed step could lock to the gait and show one pose only. Sorted; the
    same for the same arguments.
    """
    agent, episode = np.asarray(agents), np.asarray(episode_ids)
    if agent.ndim != 1 or agent.shape != episode.shape:
        raise ValueError(
            "expected one agent and one episode for each row, found shapes "
            f"{agent.shape} and {episode.shape}; pass two arrays of the same rows"
        )
    names = np.unique(agent)
    if not len(names):
        return np.empty(0, np.int64)
    if n < len(names):
        raise ValueError(
            f"expected a sample of at least one row for each of {len(names)} agents, found "
            f"n = {n}; raise it"
        )
    chosen = []
    for name in names:
        rows = np.flatnonzero(agent == name)
        ids = episode[rows]
        episodes = [rows[ids == one] for one in np.unique(ids)]
        shares = _equal_shares([len(one) for one in episodes], n // len(names))
        for one, share in zip(episodes, shares, strict=True):
            edges = np.arange(share + 1) * len(one) // max(share, 1)
            within = (np.arange(share) * _GOLDEN_RATIO + 0.5) % 1
            chosen.append(one[edges[:-1] + (within * np.diff(edges)).astype(np.int64)])
    return np.sort(np.concatenate(chosen))


def _equal_shares(sizes: list[int], total: int) -> list[int]:
    shares = [0] * len(sizes)
    left = min(total, sum(sizes))
    # The shortest first: what it cannot give is shared by those that follow.
    order = sorted(range(len(sizes)), key=lambda i: (sizes[i], i))
    for done, i in enumerate(order):
        shares[i] = min(sizes[i], left // (len(sizes) - done))
        left -= shares[i]
    return shares


def episode_returns(arrays: Mapping[str, np.ndarray], steps: int = 1000) -> pd.DataFrame:
    """Tabulate the return of every episode: the reward of its first `steps` steps.

    Columns: `clone`, `episode` (from 0 within each clone), `return` and its parts
    `return_forward`, `return_healthy`, `return_control`, `return_contact`; `length` (rows) and
    `fell` of the whole episode.
    """
    ids = arrays["episode_ids"]
    starts = _starts(ids)
    ends = np.append(starts[1:], len(ids)) - 1
    clones = arrays["clone_ids"][starts].astype(int)
    counted = steps_into_episode(ids) < steps
    table = pd.DataFrame({"clone": clones})
    table["episode"] = table.groupby("clone").cumcount()
    for column, name in (
        ("return", "rewards"),
        ("return_forward", "rewards_forward"),
        ("return_healthy", "rewards_healthy"),
        ("return_control", "rewards_control"),
        ("return_contact", "rewards_contact"),
    ):
        table[column] = np.add.reduceat(np.where(counted, arrays[name], 0.0), starts)
    table["length"] = ends - starts + 1
    table["fell"] = arrays["terminals"][ends]
    return table


def returns_table(
    rollouts: Rollouts, expert: str, agent: str, level: int, mode: str
) -> pd.DataFrame:
    """Tabulate `episode_returns` under the names of the agents, one kind of them.

    `agent` is `expert`, `demonstrator` or `clone`, `level` the noise in percent and -1 for an
    expert, `mode` `mean` or `sampled`. The column `median` marks the clone that stands for all.
    """
    table = episode_returns(rollouts)
    for place, (column, value) in enumerate(
        [("expert", expert), ("agent", agent), ("level", level), ("mode", mode)]
    ):
        table.insert(place, column, value)
    table["median"] = table["clone"] == median_clone(table)
    return table


def agent_returns(episodes: pd.DataFrame) -> pd.DataFrame:
    """Average `episode_returns` over the episodes of every clone, whatever columns name it.

    Columns: those that name the agent, `episodes`, then `return`, its parts and `length` as means,
    `fell` as the share of episodes that ended by a fall.
    """
    parts = [f"return_{part}" for part in ("forward", "healthy", "control", "contact")]
    values = ["return", *parts, "length", "fell"]
    names = [name for name in episodes.columns if name not in (*values, "episode")]
    grouped = episodes.groupby(names, sort=False)
    table = grouped[values].mean()
    table.insert(0, "episodes", grouped.size())
    return table.reset_index()


def median_clone(returns: pd.DataFrame) -> int:
    """Return the clone whose mean return is the median of all clones' (by `episode_returns`).

    Of an even number it is the lower of the two in the middle; equal returns rank by index.
    """
    means = returns.groupby("clone")["return"].mean().sort_index()
    ranked = means.index[np.argsort(means.to_numpy(), kind="stable")]
    return int(ranked[(len(ranked) - 1) // 2])


def observation_scaler(arrays: Mapping[str, np.ndarray]) -> Scaler:
    """Return mean and standard deviation of the recorded observations, over all rows.

    A dimension whose standard deviation is below 1e-6 gets 1, so that a constant becomes zero.
    """
    observations = arrays["observations"].astype(np.float64)
    std = observations.std(axis=0)
    return Scaler(observations.mean(axis=0), np.where(std < _SMALLEST_STD, 1.0, std))


def _starts(episode_ids: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.diff(episode_ids, prepend=episode_ids[0] - 1))
