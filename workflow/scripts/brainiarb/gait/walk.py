"""The steady walk of an agent: its episodes without their start, its period and its strikes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import (
    environment_facts,
    joint_columns,
    path_columns,
    posture_columns,
)
from brainiarb.gait.contacts import foot_strikes, touches
from brainiarb.gait.path import along_path
from brainiarb.gait.period import GaitPeriod, period_of_stretches
from brainiarb.gait.strides import cut_strides
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.rollouts.episodes import Sliceable, clone_episodes, transient_rows
from brainiarb.rollouts.returns import median_of

NO_WALK = "never walked longer than the start transient"
NO_PERIOD = "no stable cycle: no period was found"
NO_STRIDES = "no foot strikes twice in an episode"
NO_FEET = "the body has no feet"
ONE_FOOT = "one foot only"


@dataclass(frozen=True, eq=False)
class SteadyWalk:
    """How one agent walks in its recording after the start transient of every episode.

    Rows are rows of the recording; the signals of rows are read each time they are asked for.
    Period, strikes and strides are computed at the first use and kept. Pass other `episodes` to
    `dataclasses.replace` for a walk of fewer episodes.
    """

    expert: str
    """The expert that the agent is, or that it was cloned from."""
    level: int
    """Noise in percent; -1 for the expert."""
    clone: int
    """-1 for the expert."""
    median: bool
    """Whether the agent is the clone of median return, which is drawn for its level."""
    body: Body
    recording: Mapping[str, Sliceable]
    episodes: tuple[slice, ...]
    """The rows of every episode, start transient included; the episodes follow each other."""
    transient: float
    """Length of the start transient (s)."""

    @property
    def agent(self) -> str:
        """Return `expert` or `clone`."""
        return "expert" if self.level < 0 else "clone"

    @property
    def sampling_rate(self) -> float:
        """Return the rows per second (Hz)."""
        return environment_facts(self.body).sampling_rate

    @property
    def rows(self) -> slice:
        """Return the rows from the first episode to the last one."""
        return slice(self.episodes[0].start, self.episodes[-1].stop)

    @cached_property
    def steady(self) -> dict[int, slice]:
        """Return the rows after the transient by number of the episode, where two or more are."""
        skipped = transient_rows(self.sampling_rate, self.transient)
        return {
            number: slice(rows.start + skipped, rows.stop)
            for number, rows in enumerate(self.episodes)
            if rows.stop - rows.start > skipped + 1
        }

    def steady_rows(self) -> NDArray[np.int64]:
        """Return all steady rows (n) in order of time, counted from the agent's first row."""
        parts = [np.arange(rows.start, rows.stop) for rows in self.steady.values()]
        return np.concatenate([np.zeros(0, np.int64), *parts]) - self.rows.start

    # ---- signals of consecutive rows

    def episode_ids(self, rows: slice) -> NDArray[np.int64]:
        """Return the number of the episode, in the recording, of each row (T)."""
        return self.recording["episode_ids"][rows]

    def heights(self, rows: slice) -> NDArray[np.float64]:
        """Return the heights (T, g) of the body's parts in m."""
        return self.recording["heights"][rows].astype(np.float64)

    def joints(self, rows: slice) -> NDArray[np.float64]:
        """Return the joint angles (T, joints) in rad."""
        return self.recording["qpos"][rows][:, joint_columns(self.body)]

    def posture(self, rows: slice) -> NDArray[np.float64]:
        """Return all positions (T, c) but the place in the plane, which grows without bound."""
        columns = posture_columns(self.body)
        first, last = columns[0], columns[-1]
        # Neighbouring columns are a view: a copy has another layout, in which sums round otherwise.
        together = columns == list(range(first, last + 1))
        return self.recording["qpos"][rows][:, slice(first, last + 1) if together else columns]

    def forward(self, rows: slice) -> NDArray[np.float64]:
        """Return the place (T) along the way in m: x in a plane, and else the way along the path.

        Only differences within the rows have a meaning.
        """
        qpos, (x, *y) = self.recording["qpos"][rows], path_columns(self.body)
        return along_path(qpos[:, [x, *y]], self.sampling_rate) if y else qpos[:, x]

    def touches(self, rows: slice) -> NDArray[np.bool_]:
        """Return whether each foot touches the ground (T, feet), without flicker."""
        return touches(self.recording["contacts"][rows], self.sampling_rate)

    # ---- the gait cycle

    @cached_property
    def period(self) -> GaitPeriod:
        """Return the length of the full gait cycle, from the joint angles of all steady rows."""
        angles = (self.joints(rows) for rows in self.steady.values())
        lowest, highest = self.body.rates
        return period_of_stretches(
            angles, self.sampling_rate, shortest=1 / highest, longest=1 / lowest
        )

    @property
    def cycle_length(self) -> float:
        """Return the length of the full gait cycle in rows; nan without a period."""
        return self.period.seconds * self.sampling_rate

    @cached_property
    def strikes(self) -> list[tuple[NDArray[np.int64], ...]]:
        """Return the strikes of each foot in each steady episode, counted from its first row."""
        return [
            foot_strikes(self.recording["contacts"][rows], self.sampling_rate)
            for rows in self.steady.values()
        ]

    @cached_property
    def strides(self) -> list[list[NDArray[np.int64]]]:
        """Return for each foot the rows (n, 2) of its strides in each steady episode.

        Rows are counted from the first row of the steady episode; see `cut_strides`.
        """
        feet = range(len(self.body.feet))
        return [cut_strides([strikes[foot] for strikes in self.strikes]) for foot in feet]

    @property
    def reference_foot(self) -> int | None:
        """Return the foot whose strikes begin the phase of the gait; None without strides.

        It is the first foot of the body that has a quarter of the strides of the busiest one or
        more, so that agents are compared by the same foot wherever they can be.
        """
        counts = [sum(map(len, cuts)) for cuts in self.strides]
        most = max(counts, default=0)
        return next((foot for foot, n in enumerate(counts) if 4 * n >= most > 0), None)

    @property
    def strideless(self) -> str:
        """Return why the agent has no strides, if it has none."""
        return self.footless or NO_STRIDES

    @property
    def footless(self) -> str:
        """Return that the body has no feet; empty where it has one."""
        return "" if self.body.feet else NO_FEET

    @property
    def alone(self) -> str:
        """Return why no two feet can be compared; empty where the body has two or more."""
        return self.footless or (ONE_FOOT if len(self.body.feet) == 1 else "")

    @property
    def missing(self) -> str:
        """Return why there is no gait cycle; empty where there is one."""
        if not self.steady:
            return NO_WALK
        return "" if np.isfinite(self.period.seconds) else NO_PERIOD

    @property
    def unstable(self) -> str:
        """Return why the gait cycle cannot be relied on; empty where it is stable."""
        if self.period.stable:
            return ""
        strength = self.period.strength
        return (
            f"no stable cycle: autocorrelation {strength:.2f}"
            if np.isfinite(strength)
            else NO_PERIOD
        )


def walks_of(
    body: Body, recording: Mapping[str, Sliceable], expert: str, level: int, transient: float
) -> list[SteadyWalk]:
    """Return the walks of all agents of a recording: of an expert (level -1), or of clones.

    The arrays of the recording may lie in memory or in a file (`open_rollouts`).
    """
    median = median_of(recording)
    return [
        SteadyWalk(
            expert=expert,
            level=level,
            clone=clone if level >= 0 else -1,
            median=clone == median,
            body=body,
            recording=recording,
            episodes=tuple(episodes),
            transient=transient,
        )
        for clone, episodes in clone_episodes(recording).items()
    ]


def walks_of_levels(
    body: Body,
    recordings: Mapping[int, Mapping[str, Sliceable]],
    expert: str,
    transient: float,
) -> list[SteadyWalk]:
    """Return the walks of all agents of several recordings, which are given by level."""
    return [
        walk
        for level, recording in recordings.items()
        for walk in walks_of(body, recording, expert, level, transient)
    ]


def read_walks(
    body: Body, files: Iterable[str | Path], levels: Iterable[int], expert: str, transient: float
) -> list[SteadyWalk]:
    """Return the walks of an expert and of its clones at some levels, read from their files.

    The first file is the recording of the expert; the others are those of the `levels`, in turn.
    """
    recordings = dict(zip([-1, *levels], map(read_rollouts, files), strict=True))
    return walks_of_levels(body, recordings, expert, transient)


def episode_groups(walk: SteadyWalk, size: int) -> list[SteadyWalk]:
    """Return the walks of groups of `size` episodes, as many as an agent to compare has.

    Episodes that do not fill a group belong to none. Where the episodes do not fill two groups, the
    groups are halves.
    """
    episodes = walk.episodes
    size = min(size, max(len(episodes) // 2, 1))
    return [
        replace(walk, episodes=episodes[i : i + size])
        for i in range(0, len(episodes) - size + 1, size)
    ]
