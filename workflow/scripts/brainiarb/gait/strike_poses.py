"""The pose at each strike of a foot: one point for each stride, as in a section of Poincare."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainiarb.gait.walk import SteadyWalk


@dataclass(frozen=True, eq=False)
class StrikePoses:
    """The poses at the strikes of one foot in one episode."""

    rows: NDArray[np.int64]
    """(n) The rows of the strikes, from the first steady row of the episode."""
    poses: NDArray[np.float64]
    """(n, c) The poses at these rows."""


def poses_at_strikes(pose: ArrayLike, strikes: ArrayLike) -> StrikePoses:
    """Return the poses at strikes, without the error of when a strike was sampled.

    `pose` (N, c) is of one episode, in any unit; `strikes` are rows of it. A strike is known to a
    row only, so that a stride of a number of rows and a half would seem to alternate. The mean
    direction in which the pose moves at strikes is therefore taken out of the differences between
    strikes. Strikes in the first and in the last row are left out.
    """
    x, rows = np.asarray(pose, dtype=np.float64), np.asarray(strikes, dtype=np.int64)
    rows = rows[(rows > 0) & (rows < len(x) - 1)]
    poses = x[rows]
    if len(rows):
        moving = (x[rows + 1] - x[rows - 1]).mean(axis=0)
        length = np.sqrt((moving**2).sum())
        direction = moving / length if length > 0 else moving
        along = np.einsum("ic,c->i", poses - poses.mean(axis=0), direction)
        poses = poses - along[:, None] * direction
    return StrikePoses(rows, poses)


def strike_poses(walk: SteadyWalk) -> list[list[StrikePoses]]:
    """Return for each foot of an agent the poses at its strikes in each steady episode.

    The unit of a pose is the standard deviation of each position within episodes. Positions that
    do not vary are 0.
    """
    variance = np.zeros(1)
    for rows in walk.steady.values():
        variance = variance + (rows.stop - rows.start) * walk.posture(rows).var(axis=0)
    total = sum(rows.stop - rows.start for rows in walk.steady.values())
    scale = np.sqrt(variance / max(total, 1))
    feet: list[list[StrikePoses]] = [[] for _ in walk.body.feet]
    for rows, strikes in zip(walk.steady.values(), walk.strikes, strict=True):
        pose = walk.posture(rows)
        z = np.divide(pose, scale, out=np.zeros_like(pose), where=scale > 0)
        for foot, events in zip(feet, strikes, strict=True):
            foot.append(poses_at_strikes(z, events))
    return feet
