"""Trajectories: whole episodes of a data set from elsewhere, as demonstrations of clones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts
from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import episode_starts

BEYOND = 1e-3
"""How far, in half-ranges, actions may lie outside of their range by rounding."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """The steps of a data set; the rows of an episode are neighbours, in order of time."""

    observations: np.ndarray
    """(N, o) float32"""
    next_observations: np.ndarray
    """(N, o) float32, across no end of an episode"""
    actions: np.ndarray
    """(N, a) float32 in [-1, 1], in half-ranges of the body's actions"""
    rewards: np.ndarray
    """(N) float64"""
    terminals: np.ndarray
    """(N) bool: the episode ends there by a fall."""
    timeouts: np.ndarray
    """(N) bool: the episode is cut there."""
    episode_ids: np.ndarray
    """(N) int32, ascending"""
    qpos: np.ndarray | None = None
    """(N, nq) float64, if the data set holds positions"""
    qvel: np.ndarray | None = None
    """(N, nv) float64, if the data set holds velocities"""

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.rewards)

    @property
    def ends(self) -> np.ndarray:
        """(N) bool: the episode ends there."""
        return self.terminals | self.timeouts

    @property
    def episodes(self) -> int:
        """The number of episodes."""
        return int(self.ends.sum())


def trajectories(body: Body, arrays: Mapping[str, np.ndarray]) -> Trajectories:
    """Return the trajectories of arrays by D4RL's names, with actions in the body's own units.

    An episode ends with a row that is terminal or a timeout, and with the last row. Without
    `next_observations`, the last row of an episode only tells where the row before it led. Raises
    Refused if no row ends an episode and if actions lie outside of their range.
    """
    terminals = arrays["terminals"].astype(bool)
    timeouts = arrays.get("timeouts", np.zeros(len(terminals))).astype(bool) & ~terminals
    if not (terminals | timeouts).any():
        raise Refused("no step ends an episode: neither 'terminals' nor 'timeouts' is ever true")
    timeouts[-1] = ~terminals[-1]
    ends = terminals | timeouts
    given = {**arrays, "terminals": terminals, "timeouts": timeouts}
    given["episode_ids"] = np.cumsum(np.append(False, ends[:-1]))
    given["actions"] = _in_half_ranges(body, arrays["actions"])
    if "next_observations" not in arrays:
        given["next_observations"] = np.roll(arrays["observations"], -1, axis=0)
        given["timeouts"] = np.append(ends[1:], False)
        given["terminals"] = np.zeros_like(terminals)
        given = {name: values[~ends] for name, values in given.items()}
        if not len(given["rewards"]):
            raise Refused("no episode has two steps, and 'next_observations' is missing")
    states = {
        name: given[name].astype(np.float64) if "qpos" in given and "qvel" in given else None
        for name in ("qpos", "qvel")
    }
    return Trajectories(
        observations=given["observations"].astype(np.float32),
        next_observations=given["next_observations"].astype(np.float32),
        actions=given["actions"].astype(np.float32),
        rewards=given["rewards"].astype(np.float64),
        terminals=given["terminals"],
        timeouts=given["timeouts"],
        episode_ids=given["episode_ids"].astype(np.int32),
        **states,
    )


def joined(body: Body, episodes: Iterable[Mapping[str, np.ndarray]]) -> Trajectories:
    """Return the trajectories of episodes, each with arrays by D4RL's names."""
    listed = list(episodes)
    names = set.intersection(*(set(episode) for episode in listed)) if listed else set()
    for number, episode in enumerate(listed):
        ends = episode["terminals"].astype(bool) | episode["timeouts"].astype(bool)
        if not ends[-1] or ends[:-1].any():
            raise Refused(f"episode {number} does not end with its last step, and there alone")
    return trajectories(
        body, {name: np.concatenate([e[name] for e in listed]) for name in sorted(names)}
    )


def dealt(
    data: Trajectories, clones: int, samples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows for each clone, (clones * samples) numbers, and which of them end an episode.

    The episodes are shuffled and laid end to end, and each clone gets the next `samples` rows. So
    no two clones learn from the same row, and an episode that is cut goes on at the next clone.
    Raises Refused if there are too few rows.
    """
    if len(data) < clones * samples:
        raise Refused(
            f"it has {len(data):,} time steps where {clones} clones with {samples:,} each need "
            f"{clones * samples:,}; lower noise.clones or noise.samples"
        )
    starts = episode_starts(data.episode_ids)
    episodes = np.split(np.arange(len(data)), starts[1:])
    order = np.random.default_rng(seed).permutation(len(episodes))
    rows = np.concatenate([episodes[number] for number in order])[: clones * samples]
    ends = data.ends[rows]
    ends[samples - 1 :: samples] = True
    return rows, ends


def spread(data: Trajectories, episodes: int) -> np.ndarray:
    """Return the rows of at most `episodes` episodes, evenly over the data set."""
    starts = episode_starts(data.episode_ids)
    count = min(episodes, len(starts))
    chosen = np.unique(np.linspace(0, len(starts) - 1, count).round().astype(int))
    return np.flatnonzero(np.isin(data.episode_ids, data.episode_ids[starts[chosen]]))


def _in_half_ranges(body: Body, actions: np.ndarray) -> np.ndarray:
    """Return actions of the environment in [-1, 1]."""
    facts = environment_facts(body)
    scaled = (actions.astype(np.float64) - facts.action_centre) / facts.action_half_range
    largest = np.abs(scaled).max()
    if largest > 1 + BEYOND:
        raise Refused(
            f"its actions go to {largest:.3g} half-ranges of the body's actions where 1 is most"
        )
    return np.clip(scaled, -1, 1)
