"""Settling: when the gait of an agent has become the one that it keeps.

Walkers start near a standing pose. Some reach their gait within a second, and others approach it
for many strides, which are then neither spread nor mean of the gait that they keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from brainiarb.gait.strides import variation
from brainiarb.gait.strike_poses import StrikePoses, strike_poses
from brainiarb.gait.walk import SteadyWalk
from brainiarb.statistics.measures import Measure, qualified

# The last part of every episode, to which the rest of it is compared.
LATE = 1 / 3
# A gait has settled if poses at strikes are at most this many times as far from the late pose as
# late ones are. Irregular gaits vary by 1.5 times between windows that have few strikes.
SETTLED = 2.0
# A gait that repeats itself this well (standard deviations of the posture) has settled.
REPEATS = 0.05
# Windows of this length (s) are judged, each `STEP` seconds after the one before.
WINDOW, STEP = 2.0, 1.0
# Late strikes of a foot, in all episodes, without which nothing can be compared.
LEAST_LATE = 6


@dataclass(frozen=True)
class Settling:
    """When a gait has settled."""

    seconds: float
    """After the first row of the poses; nan where the gait does not settle."""
    missing: str
    """Why there is no such time; empty where there is one."""


def settling(
    feet: Sequence[Sequence[StrikePoses]], lengths: Sequence[int], sampling_rate: float
) -> Settling:
    """Return from when on the poses at strikes are like those of the last third of the episodes.

    `feet` holds for each foot its poses at strikes in each episode (`strike_poses`), `lengths` the
    rows of the episodes at `sampling_rate` Hz. The deviation of a strike is the distance of its
    pose from the mean pose at the strikes in the last third of its own episode, over the median of
    this distance in the last thirds of all episodes. The gait has settled at the start of the first
    window of two seconds in which the median deviation of all feet and episodes is 2 or less;
    windows start every second and end before the last third. So an irregular gait settles at once,
    however far its strides lie apart, and so does a gait that alternates. It never settles if no
    window before the last third of the longest episode is like that third, and nothing can be said
    with fewer than six late strikes. A strike whose pose holds nan or infinity is left out.
    """
    times, deviations = [np.empty(0)], [np.empty(0)]
    for episodes in feet:
        rows, distances, late = _distances(episodes, lengths)
        if late.sum() >= LEAST_LATE:
            scale = max(float(np.median(distances[late])), REPEATS)
            times.append(rows / sampling_rate)
            deviations.append(distances / scale)
    time, deviation = np.concatenate(times), np.concatenate(deviations)
    if not len(time):
        return Settling(float("nan"), f"no foot has {LEAST_LATE} strikes in the last third")
    last = (1 - LATE) * max(lengths) / sampling_rate
    for start in np.arange(0.0, max(last - WINDOW, 0.0) + STEP / 2, STEP):
        window = deviation[(time >= start) & (time < start + WINDOW)]
        if len(window) and np.median(window) <= SETTLED:
            return Settling(float(start), "")
    return Settling(float("nan"), "the gait does not settle before the last third of its episodes")


def settled(walk: SteadyWalk) -> tuple[SteadyWalk, dict[str, Measure]]:
    """Return the walk of an agent from when its gait has settled, and the settling time (s).

    The time counts from the start of an episode, and is never shorter than the transient of the
    walk. An agent that does not settle keeps its transient.
    """
    lengths = [rows.stop - rows.start for rows in walk.steady.values()]
    found = settling(strike_poses(walk), lengths, walk.sampling_rate)
    if found.missing:
        missing = walk.footless or found.missing
        return walk, {"settling_time": qualified("s", np.nan, missing)}
    start = walk.transient + found.seconds
    kept = walk if found.seconds == 0 else replace(walk, transient=start)
    return kept, {"settling_time": Measure("s", start)}


def late_early_measures(walk: SteadyWalk) -> dict[str, Measure]:
    """Return the variation of stride times late in episodes, over that early in them.

    Strides that end in the first third of the steady rows of an episode are early, and strides that
    begin in the last third are late. The coefficients of variation within episodes (`variation`)
    are averaged over the feet that have both. The ratio is below 1 if strides become more regular.
    """
    feet = []
    for cuts in walk.strides:
        values: tuple[list[float], list[float]] = ([], [])
        episodes: tuple[list[int], list[int]] = ([], [])
        for number, (cut, rows) in enumerate(zip(cuts, walk.steady.values(), strict=True)):
            third = (rows.stop - rows.start) / 3
            chosen = (cut[cut[:, 0] >= 2 * third], cut[cut[:, 1] <= third])
            for strides, seconds, names in zip(chosen, values, episodes, strict=True):
                seconds += list(strides[:, 1] - strides[:, 0])
                names += [number] * len(strides)
        feet.append([variation(*part) for part in zip(values, episodes, strict=True)])
    known = np.array([pair for pair in feet if np.isfinite(pair).all()]).reshape(-1, 2)
    few = walk.footless or "no foot has two strides in the first and last third"
    missing = "" if len(known) else few
    late, early = known.mean(axis=0) if len(known) else (np.nan, np.nan)
    if early == 0:
        missing = "strides do not vary in the first third"
    ratio = np.nan if missing else late / early
    return {"stride_time_cv_late_early": qualified("1", ratio, missing, walk.unstable)}


def _distances(
    episodes: Sequence[StrikePoses], lengths: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return row, distance from the late pose of its episode, and lateness of each strike (n)."""
    rows, distances, late = [np.empty(0, np.int64)], [np.empty(0)], [np.empty(0, bool)]
    for at, length in zip(episodes, lengths, strict=True):
        known = np.isfinite(at.poses).all(axis=1)
        at_strikes, poses = at.rows[known], at.poses[known]
        is_late = at_strikes >= (1 - LATE) * length
        if is_late.any():
            apart = poses - poses[is_late].mean(axis=0)
            rows.append(at_strikes)
            distances.append(np.sqrt((apart**2).sum(axis=1)))
            late.append(is_late)
    return np.concatenate(rows), np.concatenate(distances), np.concatenate(late)
