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
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts, plain_model
from brainiarb.bodies.walkers import Walkers
from brainiarb.bodies.world import World
from brainiarb.errors import Refused
from brainiarb.rollouts.episodes import RETURN_STEPS
from brainiarb.rollouts.recording import Act, Disturb, record_episodes
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

    def walk(act: Act, disturb: Disturb | None = None) -> pd.DataFrame:
        rollouts = record_episodes(
            body, act, agents=agents, episodes=episodes, steps=RETURN_STEPS, seed=seed, mode="mean",
            threads=threads, disturb=disturb,
        )  # fmt: skip
        returns = episode_returns(rollouts)[["clone", "episode", "return", "fell"]]
        _, survived = episode_falls(rollouts)
        return returns.assign(length=survived)

    def walk_disturbed(name: str, dose: float) -> pd.DataFrame:
        if name == "sensor_noise":
            return walk(noisy_sensors(act, dose * observation_std, episodes, seed))
        if name == "action_delay":
            return walk(delayed(act, int(dose)))
        if name == "push":
            return walk(act, push(body, dose, episodes))
        if name == "reset_noise":
            return walk(act, scaled_reset(body, dose))
        return walk(act, scaled_model(MODEL_FIELDS[name], dose))

    undisturbed = walk(act)
    frames = []
    for name, unit in UNITS.items():
        neutral = undisturbed_dose(body, name)
        given = doses.get(name, ())
        for dose in sorted({neutral, *given}) if given and neutral is not None else ():
            table = undisturbed if dose == neutral else walk_disturbed(name, dose)
            frames.append(table.assign(disturbance=name, dose=dose, unit=unit))
    columns = ["clone", "disturbance", "dose", "unit", "episode", "return", "length", "fell"]
    return pd.concat(frames, ignore_index=True)[columns]


# ---- disturbances

MODEL_FIELDS = {"friction": ("geom_friction",), "mass": ("body_mass", "body_inertia")}
"""The fields of MuJoCo's model that a disturbance scales."""


def push(body: Body, force: float, episodes: int) -> Disturb:
    """Return a push of the torso by `force` (N) for 50 ms, backwards in every second episode.

    Episode e is pushed 1 + e / episodes seconds after its start. So the pushes spread evenly over a
    second, which is about one cycle of a walk. A step in which the push begins or ends gets its
    share of the force, so that the impulse is exact.
    """
    step, trunk = environment_facts(body).step_seconds, plain_model(body).body(body.trunk).id

    def disturb(walkers: World, t: int) -> None:
        episode = np.arange(len(walkers.qpos)) % episodes
        begin = PUSH_START + episode / episodes
        acting = np.minimum((t + 1) * step, begin + PUSH_SECONDS) - np.maximum(t * step, begin)
        share = np.clip(acting / step, 0.0, 1.0)
        walkers.push(trunk, force * share * (1 - 2 * (episode % 2)))

    return disturb


def scaled_model(fields: Sequence[str], factor: float) -> Disturb:
    """Return a disturbance that scales fields of the model by a factor from the first step on."""

    def disturb(walkers: World, t: int) -> None:
        if t == 0:
            walkers.scale(fields, factor)

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

    def disturb(walkers: World, t: int) -> None:
        if t == 0 and isinstance(walkers, Walkers):
            walkers.qpos[:] += (factor - 1) * (walkers.qpos - middle)
            walkers.qvel[:] *= factor
            walkers.batch.forward()

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
