"""The episode of an agent that is drawn, its most typical gait cycle, and poses of that cycle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainiarb.gait.contacts import foot_strikes
from brainiarb.gait.cycles import Cycle, choose_cycle
from brainiarb.gait.walk import SteadyWalk
from brainiarb.rollouts.episodes import transient_rows

NO_CYCLE = "no full cycle was found"
TOO_SHORT = "the walker hardly outlasts the start transient"


@dataclass(frozen=True, eq=False)
class DrawnEpisode:
    """The longest episode of an agent, the first of equally long ones."""

    walk: SteadyWalk
    rows: slice
    """Its rows in the recording, start transient included."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.rows.stop - self.rows.start

    @property
    def number(self) -> int:
        """Return the episode's number in the recording."""
        return int(self.walk.recording["episode_ids"][self.rows][0])

    @property
    def fell(self) -> bool:
        """Return whether the episode ends by a fall."""
        return bool(self.walk.recording["terminals"][self.rows][-1])

    @property
    def first(self) -> int:
        """Return the row of the episode at which the transient is over, at most its length."""
        skipped = transient_rows(self.walk.sampling_rate, self.walk.transient)
        return min(skipped, len(self))

    def cycle(self, stop: int | None = None) -> Cycle | None:
        """Return the most typical cycle (`choose_cycle`), before row `stop` of the episode."""
        pose = self.walk.heights(self.rows)[:stop]
        contacts, rate = self.walk.recording["contacts"][self.rows], self.walk.sampling_rate
        return choose_cycle(
            pose,
            self.walk.period.seconds,
            rate,
            start=min(self.first, len(pose)),
            strikes=[foot[foot < len(pose)] for foot in foot_strikes(contacts, rate)],
        )

    def poses(self, count: int) -> tuple[NDArray[np.int64], str]:
        """Return `count` rows of the episode that show how the agent walks, and a note.

        The rows lie at even phases of the most typical cycle, both ends included. Without a cycle
        they lie evenly between the start transient and the end of the episode. An episode with
        fewer steady rows than `count` is shown whole. The note says why no cycle is shown.
        """
        cycle, last = self.cycle(), len(self) - 1
        if cycle is not None:
            first, last, note = cycle.start, cycle.stop, ""
        elif len(self) - self.first >= count:
            first, note = self.first, NO_CYCLE
        else:
            first, note = 0, TOO_SHORT
        return np.linspace(first, last, count).round().astype(np.int64), note


def drawn_episode(walk: SteadyWalk) -> DrawnEpisode:
    """Return the episode that is drawn of an agent."""
    return DrawnEpisode(walk, max(walk.episodes, key=lambda rows: rows.stop - rows.start))
