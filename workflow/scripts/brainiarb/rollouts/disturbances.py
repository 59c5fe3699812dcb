"""Disturbances: every agent walks under the same doses of each, and its episodes are recorded.

| disturbance    | dose                                                 | undisturbed           |
|----------------|------------------------------------------------------|-----------------------|
| `push`         | N on the torso along x, for 50 ms                    | 0                     |
| `friction`     | factor of the friction of all geoms                  | 1                     |
| `mass`         | factor of all masses and inertias                    | 1                     |
| `sensor_noise` | s.d. of normal noise, in s.d. of each observation    | 0                     |
| `action_delay` | steps                                                | 0                     |
| `reset_noise`  | half-width of the noise on the initial state         | the environment's own |
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts, plain_model
from brainiarb.bodies.walkers import Walkers
from brainiarb.bodies.world import World
from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import RETURN_STEPS
from brainiarb.rollouts.recording import Act, record_episodes
from brainiarb.rollouts.returns import episode_returns
from brainiarb.rollouts.survival import episode_falls
from brainiarb.seeds import generator

UNITS = {
    "push": "N",
    "friction": "1",
    "mass": "1",
    "sensor_noise": "sd",
    "action_delay": "steps",
    "reset_noise": "m, rad",
}
"""The disturbances and the units of their doses."""

PUSH_START, PUSH_SECONDS = 1.0, 0.05


Disturb = Callable[[World, np.ndarray, int], None]
"""A disturbance of some walkers (n numbers) before step t."""


@dataclass(frozen=True)
class Dosed:
    """What happens under one dose."""

    act: Act
    """The policy, with what it does not see or do."""
    disturb: Disturb | None = None


def undisturbed_dose(body: Body, disturbance: str) -> float | None:
    """Return the dose of a disturbance that changes nothing.

    It is None if the disturbance makes no sense: the start of a task that has no noise around a
    pose cannot be made noisier.
    """
    if disturbance == "reset_noise":
        return environment_facts(body).reset_noise
    return 1.0 if disturbance in ("friction", "mass") else 0.0


def dose_responses(
    body: Body,
    act: Act,
    doses: Mapping[str, Sequence[float]],
    *,
    agents: int,
    episodes: int,
    observation_std: np.ndarray,
    seed: int,
    threads: int = 1,
) -> pd.DataFrame:
    """Walk every agent under every dose of every disturbance.

    The undisturbed walk is one dose of each disturbance. `act` and `agents` are as in
    `record_episodes`. `doses` maps disturbances to their doses; `observation_std` (o) is the unit
    of sensor noise. For every agent and dose, episode e starts in the same state and is disturbed
    at the same time by the same draws, so all episodes are paired.
    A disturbance that the task has no dose of is left out: where episodes start in a random pose,
    that is `reset_noise`.
    Columns: clone, disturbance, dose, unit, episode, return, length (steps before the fall, at most
    1,000), fell.
    """

    given = [
        (name, dose)
        for name in UNITS
        if doses.get(name) and (neutral := undisturbed_dose(body, name)) is not None
        for dose in sorted({neutral, *doses[name]})
    ]
    disturbed = [(name, dose) for name, dose in given if dose != undisturbed_dose(body, name)]

    def dosed(name: str, dose: float) -> Dosed:
        if name == "sensor_noise":
            return Dosed(noisy_sensors(act, dose * observation_std, episodes, seed))
        if name == "action_delay":
            return Dosed(delayed(act, int(dose)))
        if name == "push":
            return Dosed(act, push(body, dose, episodes))
        if name == "reset_noise":
            return Dosed(act, scaled_reset(body, dose))
        return Dosed(act, scaled_model(MODEL_FIELDS[name], dose))

    undisturbed, *others = walk_side_by_side(
        body, [Dosed(act), *(dosed(*dose) for dose in disturbed)], agents=agents,
        episodes=episodes, seed=seed, threads=threads,
    )  # fmt: skip
    tables = dict(zip(disturbed, others, strict=True))
    frames = [
        tables.get((name, dose), undisturbed).assign(disturbance=name, dose=dose, unit=UNITS[name])
        for name, dose in given
    ]
    columns = ["clone", "disturbance", "dose", "unit", "episode", "return", "length", "fell"]
    return pd.concat(frames, ignore_index=True)[columns]


def walk_side_by_side(
    body: Body, walks: Sequence[Dosed], *, agents: int, episodes: int, seed: int, threads: int = 1
) -> list[pd.DataFrame]:
    """Record all walks at once, each in lanes of its own; return the episodes of each.

    Columns: clone, episode, return, length, fell, as in `dose_responses`. A policy sees the walkers
    of its own walk only, so a walk is the same bit for bit whatever walks beside it.
    """
    lanes = np.arange(len(walks) * agents * episodes).reshape(len(walks), -1)

    def act(observations: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [walk.act(observations[own]) for walk, own in zip(walks, lanes, strict=True)]
        )

    def disturb(walkers: World, t: int) -> None:
        for walk, own in zip(walks, lanes, strict=True):
            if walk.disturb is not None:
                walk.disturb(walkers, own, t)

    rollouts = record_episodes(
        body, act, agents=len(walks) * agents, episodes=episodes, steps=RETURN_STEPS, seed=seed,
        mode="mean", threads=threads, disturb=disturb,
    )  # fmt: skip
    table = episode_returns(rollouts)[["clone", "episode", "return", "fell"]]
    _, table["length"] = episode_falls(rollouts)
    number, table["clone"] = np.divmod(table["clone"], agents)
    return [rows.reset_index(drop=True) for _, rows in table.groupby(number)]


# ---- disturbances

MODEL_FIELDS = {
    "friction": ("geom_friction", "pair_friction"),
    "mass": ("body_mass", "body_inertia"),
}
"""The fields of MuJoCo's model that a disturbance scales."""


def push(body: Body, force: float, episodes: int) -> Disturb:
    """Return a push of the torso by `force` (N) for 50 ms, backwards in every second episode.

    Episode e is pushed 1 + e / episodes seconds after its start, or after the seconds of grace in
    which the walker of some tasks gets up. So the pushes spread evenly over a second, which is
    about one cycle of a walk. A step in which the push begins or ends gets its share of the force,
    so that the impulse is exact.
    """
    facts, trunk = environment_facts(body), plain_model(body).body(body.trunk).id
    step, first = facts.step_seconds, PUSH_START + facts.fall.grace

    def disturb(walkers: World, which: np.ndarray, t: int) -> None:
        episode = which % episodes
        begin = first + episode / episodes
        acting = np.minimum((t + 1) * step, begin + PUSH_SECONDS) - np.maximum(t * step, begin)
        share = np.clip(acting / step, 0.0, 1.0)
        walkers.push(which, trunk, force * share * (1 - 2 * (episode % 2)))

    return disturb


def scaled_model(fields: Sequence[str], factor: float) -> Disturb:
    """Return a disturbance that scales fields of the model by a factor from the first step on."""

    def disturb(walkers: World, which: np.ndarray, t: int) -> None:
        if t == 0:
            walkers.scale(which, fields, factor)

    return disturb


def scaled_reset(body: Body, half_width: float) -> Disturb:
    """Return a disturbance that widens the noise on the initial state to a given half-width.

    Raises Refused if episodes do not start around one pose.
    """
    reset_noise = environment_facts(body).reset_noise
    if reset_noise is None:
        raise Refused(
            f"episodes of {body.name} do not start with noise around a pose, so it cannot be "
            "widened; leave `reset_noise` out"
        )
    factor = half_width / reset_noise
    middle = plain_model(body).qpos0

    def disturb(walkers: World, which: np.ndarray, t: int) -> None:
        if t == 0 and isinstance(walkers, Walkers):
            walkers.qpos[which] += (factor - 1) * (walkers.qpos[which] - middle)
            walkers.qvel[which] *= factor
            walkers.batch.forward(which)

    return disturb


def noisy_sensors(act: Act, std: np.ndarray, episodes: int, seed: int) -> Act:
    """Return a policy whose observations (o) get normal noise, the same in episode e of all agents.

    `std` (o) is the standard deviation of the noise in each dimension.
    """
    draws = [generator(seed, "sensor_noise", episode) for episode in range(episodes)]

    def noisy(observations: np.ndarray) -> np.ndarray:
        unit = np.stack([draw.normal(size=len(std)) for draw in draws])
        return act(observations + np.tile(std * unit, (len(observations) // episodes, 1)))

    return noisy


def delayed(act: Act, steps: int) -> Act:
    """Return a policy whose actions arrive `steps` later; until then the action is 0."""
    waiting: deque[np.ndarray] = deque()

    def late(observations: np.ndarray) -> np.ndarray:
        waiting.append(act(observations))
        return waiting.popleft() if len(waiting) > steps else np.zeros_like(waiting[-1])

    return late
