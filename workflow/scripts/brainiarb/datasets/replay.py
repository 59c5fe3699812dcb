"""Replay: recordings of a body from the observations, actions and states of a data set."""

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import place_columns
from brainiarb.bodies.model import plain_model, task_of
from brainiarb.bodies.task import OwnEnvironment
from brainiarb.bodies.walkers import Walkers
from brainiarb.datasets.trajectories import Trajectories
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import EPISODE_DTYPES, LEARNT, PART, Rollouts, dtypes, metadata
from brainiarb.rollouts.episodes import episode_lengths, episode_starts
from brainiarb.rollouts.transitions import transitions

TOGETHER = 500
"""How many states are stepped at once."""

LARGEST_ERROR = 0.5
"""The most that half of the replayed steps may miss, in units of what a step changes."""


def demonstrations(
    body: Body, data: Trajectories, rows: np.ndarray, ends: np.ndarray, clones: int
) -> Rollouts:
    """Return rows of a data set as demonstrations, an equal part for each of the clones.

    `ends` says which rows end an episode; those where the data set goes on are cut. The arrays are
    those of demonstrations, with the positions and velocities of the states.
    """
    final = data.next_observations[rows[ends]]
    learnt = {name: getattr(data, of)[rows] for name, of in LEARNT.items()}
    qpos, qvel = states(body, data, rows)
    return {
        "observations": data.observations[rows],
        "actions": data.actions[rows],
        "actions_clean": data.actions[rows],
        "rewards": data.rewards[rows],
        "terminals": data.terminals[rows],
        "timeouts": ends & ~data.terminals[rows],
        "episode_ids": np.cumsum(np.append(False, ends[:-1])).astype(np.int32),
        "clone_ids": np.repeat(np.arange(clones), len(rows) // clones).astype(np.int16),
        "qpos": qpos,
        "qvel": qvel,
        "final_observations": final.astype(EPISODE_DTYPES["final_observations"]),
        **learnt,
        **metadata(body, "mean"),
    }


def replayed(body: Body, walked: Rollouts) -> Rollouts:
    """Return demonstrations with every array of a recording.

    The body takes each step anew, from the recorded state with the recorded action. Heights,
    contacts and the parts of the reward are those of the replayed steps; `rewards` stays that of
    the data set. Where the data set has no place, the places add up the way of the steps. Raises
    Refused if the steps lead elsewhere than in the data set, as those of another body do.
    """
    qpos, qvel = walked["qpos"], walked["qvel"]
    count = len(qpos)
    walkers = Walkers(body, min(TOGETHER, count))
    every = np.arange(len(walkers.qpos))
    walkers.reset(every, every.tolist())
    held: dict[str, list[np.ndarray]] = {}
    for start in range(0, count, len(every)):
        # The last batch is filled with states that were stepped already.
        rows = np.arange(start, start + len(every)) % count
        walkers.qpos[:], walkers.qvel[:] = qpos[rows], qvel[rows]
        step = walkers.step(every, walked["actions"][rows].astype(np.float64))
        results = {
            "heights": step.heights,
            "contact_forces": step.contact_forces,
            "reached": walkers.qpos.copy(),
            "seen": walkers.observations(),
            **{f"{PART}{name}": values for name, values in step.parts.items()},
        }
        for name, values in results.items():
            held.setdefault(name, []).append(values)
    taken = {name: np.concatenate(values)[:count] for name, values in held.items()}
    _check_physics(body, walked, taken.pop("seen"))
    ways = taken.pop("reached") - qpos
    full = {**walked, **taken, "contacts": taken["contact_forces"] > 0}
    full["qpos"] = _placed(body, qpos, ways, walked["episode_ids"])
    # The arrays of a recording have one agent.
    full["clone_ids"] = np.zeros(count)
    return {name: full[name].astype(dtype, copy=False) for name, dtype in dtypes(body).items()} | {
        name: value for name, value in walked.items() if not value.ndim or name in EPISODE_DTYPES
    }


def states(body: Body, data: Trajectories, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions (n, nq) and velocities (n, nv) of rows, read or taken from observations.

    Places along the ground, which are not observed, are 0. Raises Refused if other coordinates are
    not observed, and for a body whose environment alone can step it.
    """
    if isinstance(task_of(body), OwnEnvironment):
        raise Refused(f"{body.name} is no body of this project, and its data cannot be replayed")
    if data.qpos is not None and data.qvel is not None:
        return data.qpos[rows], data.qvel[rows]
    observed = {"qpos": observed_columns(body, "qpos"), "qvel": observed_columns(body, "qvel")}
    places = place_columns(plain_model(body))
    unseen = set(np.flatnonzero(observed["qpos"] < 0)) - {places.get("x"), places.get("y")}
    if unseen or (observed["qvel"] < 0).any():
        raise Refused(
            f"the states of {body.name} do not follow from its observations; add 'infos/qpos' and "
            "'infos/qvel'"
        )
    seen = data.observations[rows].astype(np.float64)
    qpos, qvel = (np.where(columns < 0, 0.0, seen[:, columns]) for columns in observed.values())
    return qpos, qvel


def observed_columns(body: Body, coordinates: str) -> np.ndarray:
    """Return where the observation of a body holds each of its `qpos` or `qvel`, -1 if nowhere."""
    walkers = Walkers(body, 1)
    walkers.reset(np.array([0]), [0])
    values = getattr(walkers, coordinates)
    before = walkers.observations()[0]
    # Powers of two are observed exactly, and no two of them are equal.
    marks = 2.0 ** -np.arange(2, 2 + values.shape[1])
    values[0] = marks
    seen = walkers.observations()[0]
    places = [np.flatnonzero((seen == mark) & (before != mark)) for mark in marks]
    return np.array([place[0] if len(place) == 1 else -1 for place in places])


def _placed(body: Body, qpos: np.ndarray, ways: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return positions whose places, where they are 0 throughout, add up the ways of the steps."""
    placed = qpos.copy()
    places = place_columns(plain_model(body))
    for column in (places[axis] for axis in ("x", "y") if axis in places):
        if not qpos[:, column].any():
            gone = np.cumsum(ways[:, column]) - ways[:, column]
            placed[:, column] = gone - np.repeat(gone[episode_starts(ids)], episode_lengths(ids))
    return placed


def _check_physics(body: Body, walked: Rollouts, seen: np.ndarray) -> None:
    """Refuse steps that lead elsewhere than recorded."""
    following = transitions(walked).next_observations
    changed = np.linalg.norm(following - walked["observations"], axis=1)
    missed = np.linalg.norm(following - seen, axis=1)
    error = float(np.median(missed / np.maximum(changed, 1e-9)))
    if not error <= LARGEST_ERROR:
        raise Refused(
            f"its actions do not lead from one observation to the next in {body.env_id}: half of "
            f"the steps miss by more than {error:.2f} times what they change, so it is of another "
            "body"
        )
