"""The frames of every agent on the shared map: which are placed, and in which regions they lie."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from brainiarb.gait.walk import SteadyWalk, episode_groups
from brainiarb.maps.shared import SharedMap

PLACED_RATE = 60.0
"""Hz, at least: a gait passes through several regions in a second."""


@dataclass(frozen=True, eq=False)
class Placed:
    """Frames of one agent on the shared map, or of several or of a part of one.

    `agent` is `expert`, `group` (as many episodes of the expert as a clone has), `clone`, or
    `level` (all clones of a level).
    """

    agent: str
    level: int
    clone: int
    """-1 for the expert and for a level; the number of a group."""
    regions: NDArray[np.int32]
    """(n) of frames in order of time, 0 outside."""
    stretch_ids: NDArray[np.int64]
    """(n) The episode of each frame; the frames of one episode follow at even steps."""
    sampling_rate: float
    """Hz, of the placed frames."""
    seconds: float
    """Length of the agent's gait cycle; nan without a period."""
    unstable: str
    """Why that cycle cannot be relied on; empty where it is stable."""

    def frames_by_region(self, n_regions: int) -> NDArray[np.float64]:
        """Return the number of frames of each episode in each region, the outside first (E, k)."""
        names, rows = np.unique(self.stretch_ids, return_inverse=True)
        counts = np.zeros((len(names), n_regions + 1))
        np.add.at(counts, (rows, self.regions), 1)
        return counts


def stretch_rows(walk: SteadyWalk, length: int, step: int) -> NDArray[np.int64]:
    """Return `length` rows, `step` apart, from the middle of the steady part of each episode.

    Rows are counted from the agent's first row. A shorter episode gives all rows that it has at
    this step.
    """
    chosen = [np.zeros(0, np.int64)]
    for rows in walk.steady.values():
        steady = rows.stop - rows.start
        count = min(length, -(-steady // step))
        left_out = (steady - ((count - 1) * step + 1)) // 2
        chosen.append(rows.start - walk.rows.start + left_out + step * np.arange(count))
    return np.concatenate(chosen)


def place_agents(walks: Sequence[SteadyWalk], shared: SharedMap, frames: int) -> list[Placed]:
    """Place stretches of every agent on the map, then gather the clones of every level.

    A clone gives at most `frames` frames, evenly from all of its episodes. The expert gives
    stretches of the same length from all of its own. The levels follow the agents, and then the
    groups of the expert's episodes, each as large as the recording of a clone: what depends on the
    number of transitions is compared with them. On an empty map nobody has frames.
    """
    rate = walks[0].sampling_rate
    step = max(1, int(rate / PLACED_RATE))
    episodes = max(len(walk.episodes) for walk in (walks[1:] or walks))
    placed = []
    for agent, walk in enumerate(walks):
        rows = stretch_rows(walk, 0 if shared.empty else max(frames // episodes, 1), step)
        placed.append(
            Placed(
                agent=walk.agent,
                level=walk.level,
                clone=walk.clone,
                regions=shared.place(agent, rows)[1],
                stretch_ids=walk.episode_ids(walk.rows)[rows],
                sampling_rate=rate / step,
                seconds=walk.period.seconds,
                unstable=walk.unstable,
            )
        )
    for level in sorted({walk.level for walk in walks if walk.level >= 0}):
        clones = [agent for agent in placed if agent.level == level]
        regions, ids = (
            np.concatenate([getattr(clone, name) for clone in clones])
            for name in ("regions", "stretch_ids")
        )
        gathered = replace(clones[0], agent="level", clone=-1, regions=regions, stretch_ids=ids)
        placed.append(gathered)
    expert = placed[0]
    for number, group in enumerate(episode_groups(walks[0], episodes)):
        inside = np.isin(expert.stretch_ids, group.episode_ids(group.rows))
        regions, ids = expert.regions[inside], expert.stretch_ids[inside]
        part = replace(expert, agent="group", clone=number, regions=regions, stretch_ids=ids)
        placed.append(part)
    return placed
