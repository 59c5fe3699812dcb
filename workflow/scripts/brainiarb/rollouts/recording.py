"""Recording: many walkers in lockstep, with one call of the policy per step for all of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import gymnasium
import mujoco
import numpy as np
from tqdm import tqdm

from brainiarb.bodies.body import Body
from brainiarb.bodies.walkers import Walkers
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import DTYPES, LEARNING_DTYPES, Rollouts, row_widths
from brainiarb.rollouts.episodes import RETURN_STEPS, steps_into_episode
from brainiarb.seeds import derive_seed, generator

MEANINGS = ("executed", "clean_label", "label", "observation")
"""What noise can be added to."""

MODES = ("mean", "sampled")
"""Whether a policy's mean action is taken, or a sample of its distribution."""

FEWEST_EPISODES = 4
"""Least number of demonstrated episodes of a clone."""

_STEP_ARRAYS = (
    "rewards",
    "rewards_forward",
    "rewards_healthy",
    "rewards_control",
    "rewards_contact",
    "terminals",
    "heights",
    "contact_forces",
)

Act = Callable[[np.ndarray], np.ndarray]
"""A policy: observations (n, o) float64 to actions (n, a) in [-1, 1]."""

Disturb = Callable[[Walkers, int], None]
"""Something done to the walkers before step t: a push, a change of friction."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise of a level in percent, and what it is added to.

    * `executed`: the action, uniform on +-level/100 of the half-range, clipped, executed and
      learnt (the study's).
    * `clean_label`: the same, but the clean action is learnt (DART, Laskey et al. 2017).
    * `label`: only the learnt action, so that the walker walks undisturbed.
    * `observation`: only the learnt input, normal with level/100 of each dimension's standard
      deviation, which `observation_std` (o) gives.
    """

    level: float = 0.0
    meaning: str = "executed"
    observation_std: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown meaning, a negative level and a missing scale."""
        if self.meaning not in MEANINGS:
            raise Refused(
                f"noise meaning {self.meaning!r} is not known; use one of {', '.join(MEANINGS)}"
            )
        if not self.level >= 0:
            raise Refused(f"noise level {self.level} must be a percentage of at least 0")
        if self.meaning == "observation" and self.observation_std is None:
            raise Refused("noise on observations needs observation_std of the expert's rollouts")


def demonstration_steps(samples: int) -> int:
    """Return the most steps of a demonstrated episode, so that `samples` make at least four.

    A clone is validated on whole episodes, so a single long one would not do.
    """
    return min(RETURN_STEPS, -(-samples // FEWEST_EPISODES))


def record_episodes(
    body: Body,
    act: Act,
    *,
    agents: int,
    episodes: int,
    steps: int,
    seed: int,
    mode: str,
    threads: int = 1,
    progress: str | None = None,
    disturb: Disturb | None = None,
) -> Rollouts:
    """Record episodes of every agent, each until it falls or has `steps` rows.

    `act` gets the observations (agents * episodes, o) of all walkers at every step, agent by
    agent, fallen ones included so that stacked networks keep their shape; it returns actions
    (agents * episodes, a) in [-1, 1]. Agents are told apart by `clone_ids`.
    Episode e of every agent starts in the same state, given by `seed` and e only.
    `mode` (`mean` or `sampled`) says what `act` does and is stored. With `progress`, a bar of
    that name is drawn on stderr. `disturb(walkers, t)`, if given, is called before each step.
    """
    return _record(
        body,
        act,
        agents=agents,
        quotas=np.full(agents * episodes, steps),
        reset_seed=lambda lane, _: derive_seed(seed, "episode", lane % episodes),
        again=False,
        noise=None,
        mode=mode,
        threads=threads,
        progress=progress,
        disturb=disturb,
    )


def record_samples(
    body: Body,
    act: Act,
    *,
    agents: int,
    samples: int,
    steps: int,
    seed: int,
    mode: str,
    noise: Noise | None = None,
    threads: int = 1,
    progress: str | None = None,
) -> Rollouts:
    """Record demonstrations: exactly `samples` rows per agent, however many episodes that takes.

    Each agent's rows are walked in parallel lanes of `steps` rows (the last may be shorter); a
    walker that falls starts anew in its lane, and the last episode of a lane is cut (`timeouts`).
    `act` is called as in `record_episodes`, with (agents * lanes, o) rows.
    The agents' resets and noise are independent draws, each given by `seed` and the agent's number,
    so that neither depends on how many agents are recorded together.
    Besides the arrays of every recording, `inputs` (N, o) and `labels` (N, a) hold what a clone
    learns, whatever the meaning of the noise.
    """
    noise = noise or Noise()
    scale = noise.level / 100
    lanes = -(-samples // steps)
    quotas = np.full(lanes, steps)
    quotas[-1] = samples - (lanes - 1) * steps
    draws = [generator(seed, "noise", agent) for agent in range(agents)]
    # Drawn row by row, so that the lanes do not matter; the unused end of the last lane stays 0.
    action_noise = np.zeros((agents, lanes * steps, len(body.joints)))
    for agent, draw in enumerate(draws):
        action_noise[agent, :samples] = draw.uniform(-scale, scale, (samples, len(body.joints)))

    arrays = _record(
        body,
        act,
        agents=agents,
        quotas=np.tile(quotas, agents),
        reset_seed=lambda lane, number: derive_seed(
            seed, "demonstration", lane // lanes, lane % lanes, number
        ),
        again=True,
        noise=(
            action_noise.reshape(agents * lanes, steps, -1)
            if noise.meaning in ("executed", "clean_label")
            else None
        ),
        mode=mode,
        threads=threads,
        progress=progress,
        disturb=None,
    )
    return _with_learnt(arrays, noise, np.concatenate(action_noise[:, :samples]), draws)


def record_demonstrated_episodes(
    body: Body,
    act: Act,
    *,
    agents: int,
    episodes: int,
    steps: int,
    seed: int,
    noise: Noise,
    mode: str,
    threads: int = 1,
    progress: str | None = None,
) -> Rollouts:
    """Record demonstrations: `episodes` per agent, however many rows they have until they end.

    Each lasts until the walker falls or has `steps` rows. Everything else is as in
    `record_samples`; an episode does not depend on how many follow it.
    """
    scale = noise.level / 100
    draws = [generator(seed, "noise", agent) for agent in range(agents)]
    action_noise = np.concatenate(
        [draw.uniform(-scale, scale, (episodes, steps, len(body.joints))) for draw in draws]
    )
    arrays = _record(
        body,
        act,
        agents=agents,
        quotas=np.full(agents * episodes, steps),
        reset_seed=lambda lane, _: derive_seed(
            seed, "demonstration", lane // episodes, lane % episodes, 0
        ),
        again=False,
        noise=action_noise if noise.meaning in ("executed", "clean_label") else None,
        mode=mode,
        threads=threads,
        progress=progress,
        disturb=None,
    )
    ids = arrays["episode_ids"]
    return _with_learnt(arrays, noise, action_noise[ids, steps_into_episode(ids)], draws)


def _with_learnt(
    arrays: Rollouts, noise: Noise, action_noise: np.ndarray, draws: list[np.random.Generator]
) -> Rollouts:
    """Add `inputs`, `labels`; `action_noise` (N, a) is of every row, `draws` the agents'."""
    inputs, labels = arrays["observations"], arrays["actions"]
    if noise.meaning == "clean_label":
        labels = arrays["actions_clean"]
    elif noise.meaning == "label":
        labels = np.clip(labels + action_noise, -1, 1)
    elif noise.meaning == "observation" and noise.observation_std is not None:
        rows = np.bincount(arrays["clone_ids"], minlength=len(draws))
        unit = np.concatenate(
            [draw.normal(size=(n, inputs.shape[1])) for draw, n in zip(draws, rows, strict=True)]
        )
        inputs = inputs + noise.level / 100 * noise.observation_std * unit
    learnt = {"inputs": inputs, "labels": labels}
    return arrays | {name: learnt[name].astype(LEARNING_DTYPES[name]) for name in learnt}


def _record(
    body: Body,
    act: Act,
    *,
    agents: int,
    quotas: np.ndarray,
    reset_seed: Callable[[int, int], int],
    again: bool,
    noise: np.ndarray | None,
    mode: str,
    threads: int,
    progress: str | None,
    disturb: Disturb | None,
) -> Rollouts:
    """Walk in lanes, agent by agent: lane i for quotas[i] rows, or (not `again`) until it falls.

    `noise` (lanes, steps, a) is added to the actions; `reset_seed` takes a lane and how often it
    was reset before.
    """
    if mode not in MODES:
        raise Refused(f"mode {mode!r} is not known; use one of {', '.join(MODES)}")
    lanes, steps = len(quotas), int(quotas.max())
    walkers = Walkers(body, lanes, threads)
    widths = row_widths(body)
    held = {
        name: np.zeros((lanes, steps, *widths[name]), DTYPES[name])
        for name in ("observations", "qpos", "qvel", "actions_clean", "actions", *_STEP_ARRAYS)
    }
    starts = np.zeros((lanes, steps), bool)
    lengths, resets = np.zeros(lanes, int), np.zeros(lanes, int)
    running = fresh = np.arange(lanes)
    bar = tqdm(range(steps), desc=progress, disable=progress is None, unit="step", mininterval=2.0)
    for t in bar:
        if len(fresh):
            walkers.reset(fresh, [reset_seed(int(lane), int(resets[lane])) for lane in fresh])
            resets[fresh] += 1
            starts[fresh, t] = True
        if disturb is not None:
            disturb(walkers, t)
        observations = walkers.observations()
        held["observations"][running, t] = observations[running]
        held["qpos"][running, t] = walkers.qpos[running]
        held["qvel"][running, t] = walkers.qvel[running]

        clean = _checked(act(observations), (lanes, *widths["actions"]))
        noisy = clean if noise is None else clean + noise[:, t]
        # What is stored is exactly what is executed, so rounding comes first.
        actions = np.clip(noisy, -1.0, 1.0).astype(DTYPES["actions"])[running]
        held["actions_clean"][running, t] = clean[running]
        held["actions"][running, t] = actions

        step = walkers.step(running, actions.astype(np.float64))
        for name in _STEP_ARRAYS:
            held[name][running, t] = getattr(step, name)
        lengths[running] += 1
        on = (again | ~step.terminals) & (quotas[running] > t + 1)
        fresh, running = running[on & step.terminals], running[on]
        if not len(running):
            break

    walked = np.arange(steps) < lengths[:, None]
    rows = {name: values[walked] for name, values in held.items()}
    lasts = np.cumsum(lengths) - 1
    rows["timeouts"] = np.isin(np.arange(lengths.sum()), lasts) & ~rows["terminals"]
    rows["episode_ids"] = np.cumsum(starts[walked]) - 1
    rows["clone_ids"] = np.repeat(np.arange(lanes) // (lanes // agents), lengths)
    rows["contacts"] = rows["contact_forces"] > 0
    versions = {module.__name__: module.__version__ for module in (gymnasium, mujoco, np)}
    return {name: rows[name].astype(dtype, copy=False) for name, dtype in DTYPES.items()} | {
        "body": np.array(body.name),
        "environment": np.array(body.env_id),
        "mode": np.array(mode),
        "versions": np.array(json.dumps(versions)),
        "sampling_rate": np.array(walkers.facts.sampling_rate),
    }


def _checked(actions: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    actions = np.asarray(actions, np.float64)
    if actions.shape != shape:
        raise Refused(f"act returned actions of shape {actions.shape} where {shape} is needed")
    if not np.isfinite(actions).all():
        raise Refused("act returned actions that are not finite; the policy has diverged")
    return actions
