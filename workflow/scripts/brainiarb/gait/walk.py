"""The steady walk of an agent: its rows after the start transient, its period and its strikes."""

from dataclasses import dataclass, replace

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import joint_columns
from brainiarb.gait.contacts import foot_strikes
from brainiarb.gait.cycles import Cycle, choose_cycle
from brainiarb.gait.period import period
from brainiarb.rollouts.arrays import Rollouts
from brainiarb.rollouts.episodes import drop_transient
from brainiarb.rollouts.returns import episode_returns, median_clone


@dataclass(frozen=True, eq=False)
class Walk:
    """What one agent's recording says about its gait; rows are those of one clone."""

    agent: str
    """`expert` or `clone`."""
    level: int
    """Noise in percent; -1 for the expert."""
    clone: int
    """-1 for the expert."""
    median: bool
    """Whether it is the clone of median return, which stands for its level where one is drawn."""
    heights: np.ndarray
    """(N, g) m."""
    angles: np.ndarray
    """(N, joints) of the joints, as recorded."""
    episode_ids: np.ndarray
    """(N)."""
    steady: np.ndarray
    """(N) False in the start transient."""
    episode: slice
    """The rows of the longest episode, the first of equals: the one that is drawn."""
    fell: bool
    """Whether that episode ended by a fall."""
    seconds: float
    """Length of the full gait cycle; nan where none was found."""
    strength: float
    """The autocorrelation at that length."""
    strikes: tuple[np.ndarray, ...]
    """The rows of the drawn episode at which each foot strikes the ground."""
    sampling_rate: float
    """Hz."""

    @property
    def first(self) -> int:
        """The row of the drawn episode at which its start transient is over."""
        return int(np.argmax(np.append(self.steady[self.episode], True)))

    def cycle(self, stop: int | None = None) -> Cycle | None:
        """Return the drawn episode's most typical cycle, before its row `stop` where given."""
        pose = self.heights[self.episode][:stop]
        strikes = [foot[foot < len(pose)] for foot in self.strikes]
        return choose_cycle(
            pose,
            self.seconds,
            self.sampling_rate,
            start=min(self.first, len(pose)),
            strikes=strikes,
        )


def walks_of(body: Body, rollouts: Rollouts, level: int, transient: float) -> list[Walk]:
    """Return the walking of every clone of a recording (or of the expert, level -1)."""
    median = median_clone(episode_returns(rollouts))
    clones = np.unique(rollouts["clone_ids"]).tolist()
    return [_walk(body, rollouts, level, transient, clone, clone == median) for clone in clones]


def walk(body: Body, rollouts: Rollouts, agent: str, level: int, transient: float) -> Walk:
    """Return the walking of the median clone (or of the expert) of a recording."""
    clone = median_clone(episode_returns(rollouts))
    return replace(_walk(body, rollouts, level, transient, clone, True), agent=agent)


def _walk(
    body: Body, rollouts: Rollouts, level: int, transient: float, clone: int, median: bool
) -> Walk:
    rate = float(rollouts["sampling_rate"])
    mine = rollouts["clone_ids"] == clone
    ids = rollouts["episode_ids"][mine]
    steady = drop_transient(ids, rate, transient)
    _, starts, lengths = np.unique(ids, return_index=True, return_counts=True)
    longest = int(np.argmax(lengths))
    episode = slice(int(starts[longest]), int(starts[longest] + lengths[longest]))
    contacts = rollouts["contacts"][mine]
    angles = rollouts["qpos"][mine][:, joint_columns(body)]
    found = period(angles, rate, episode_ids=ids, usable=steady)
    return Walk(
        agent="expert" if level < 0 else "clone",
        level=level,
        clone=-1 if level < 0 else clone,
        median=median,
        heights=rollouts["heights"][mine].astype(np.float64),
        angles=angles,
        episode_ids=ids,
        steady=steady,
        episode=episode,
        fell=bool(rollouts["terminals"][mine][episode][-1]),
        seconds=found.seconds,
        strength=found.strength,
        strikes=foot_strikes(contacts[episode], rate),
        sampling_rate=rate,
    )


def cycle_rows(walked: Walk, count: int) -> np.ndarray:
    """Return `count` rows of the drawn episode at even phases of its cycle, both ends included.

    Without a cycle they lie evenly between the start transient and the end of the episode.
    """
    cycle = walked.cycle()
    last = len(walked.heights[walked.episode]) - 1
    ends = (min(walked.first, last), last) if cycle is None else (cycle.start, cycle.stop)
    return np.linspace(*ends, count).round().astype(int)
