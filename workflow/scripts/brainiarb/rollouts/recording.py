"""Recording: many walkers step together, and each step calls the policy once for all of them."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from brainiarb.bodies.body import Body
from brainiarb.bodies.world import World, world_of
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import (
    DTYPES,
    EPISODE_DTYPES,
    PART,
    Rollouts,
    dtypes,
    metadata,
    row_widths,
)
from brainiarb.rollouts.episodes import RETURN_STEPS, steps_into_episode
from brainiarb.rollouts.noise import Noise, Walked, with_learnt
from brainiarb.seeds import derive_seed, generator

MODES = ("mean", "sampled")
"""Whether walkers take the mean action of a policy, or a sample of its distribution."""

FEWEST_EPISODES = 4
"""Least number of demonstrated episodes of a clone."""

_STEP_ARRAYS = (
    "rewards",
    "terminals",
    "heights",
    "contact_forces",
)

Act = Callable[[np.ndarray], np.ndarray]
"""A policy: observations (n, o) float64 -> actions (n, a) in [-1, 1]."""

Disturb = Callable[[World, int], None]
"""A disturbance of the walkers before step t, such as a push or a change of friction."""


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
    """Record episodes of every agent. Each ends when the walker falls or after `steps` rows.

    A simulation that becomes unstable, so that MuJoCo resets it, ends its episode like a fall; the
    log says how many did.

    At every step `act` gets the observations (agents * episodes, o) of all walkers, agent by agent,
    and returns actions (agents * episodes, a) in [-1, 1]. Fallen walkers are among them, so that
    stacked networks keep their shape. The array `clone_ids` tells the agents apart.
    Episode e of every agent starts in the same state, which depends on `seed` and e only.
    `mode` (`mean` or `sampled`) says what `act` does; it is stored. With `progress`, a bar of that
    name is drawn on stderr. If `disturb` is given, it is called before each step.
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
    """Record demonstrations: exactly `samples` rows per agent, in as many episodes as needed.

    Each agent walks in parallel lanes of `steps` rows; its last lane may be shorter. A walker that
    falls starts anew in its lane, and the last episode of a lane is cut (`timeouts`).
    `act` is called as in `record_episodes`, with (agents * lanes, o) rows.
    The starts and the noise of an agent are independent draws, which depend on `seed` and on the
    number of the agent only, so not on how many agents are recorded together.
    Besides the arrays of every recording, `inputs` (N, o) and `labels` (N, a) hold what a clone
    learns under this meaning of the noise.
    """
    noise = noise or Noise()
    lanes = -(-samples // steps)
    quotas = np.full(lanes, steps)
    quotas[-1] = samples - (lanes - 1) * steps
    draws = [generator(seed, "noise", agent) for agent in range(agents)]
    # The noise is drawn row by row, so that it does not depend on the number of lanes. The unused
    # end of the last lane stays 0.
    action_noise = np.zeros((agents, lanes * steps, len(body.joints)))
    for agent, draw in enumerate(draws):
        action_noise[agent, :samples] = draw.uniform(
            -noise.scale, noise.scale, (samples, len(body.joints))
        )

    arrays = _record(
        body,
        act,
        agents=agents,
        quotas=np.tile(quotas, agents),
        reset_seed=lambda lane, number: derive_seed(
            seed, "demonstration", lane // lanes, lane % lanes, number
        ),
        again=True,
        noise=action_noise.reshape(agents * lanes, steps, -1) if noise.executed else None,
        mode=mode,
        threads=threads,
        progress=progress,
        disturb=None,
    )
    return with_learnt(Walked(arrays, np.concatenate(action_noise[:, :samples]), draws), noise)


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
    """Record demonstrations: `episodes` per agent, each with the rows it has until it ends.

    An episode ends when the walker falls or after `steps` rows. Everything else is as in
    `record_samples`. An episode does not depend on how many episodes follow it.
    """
    draws = [generator(seed, "noise", agent) for agent in range(agents)]
    shape = (episodes, steps, len(body.joints))
    action_noise = np.concatenate(
        [draw.uniform(-noise.scale, noise.scale, shape) for draw in draws]
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
        noise=action_noise if noise.executed else None,
        mode=mode,
        threads=threads,
        progress=progress,
        disturb=None,
    )
    ids = arrays["episode_ids"]
    return with_learnt(Walked(arrays, action_noise[ids, steps_into_episode(ids)], draws), noise)


@contextmanager
def _one_thread_of_torch() -> Iterator[None]:
    """Let torch compute with one thread: its threads wait busily, and the simulation needs them.

    A policy of torch has loaded it; a policy of anything else needs none.
    """
    torch: Any = sys.modules.get("torch")
    if torch is None:
        yield
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@_one_thread_of_torch()
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
    """Walk in lanes, agent by agent: a walker and its rows are one lane.

    Lane i ends after `quotas[i]` rows. If its walker falls before, it starts `again`, or else the
    lane ends there. `noise` (lanes, steps, a) is added to the actions. `reset_seed` maps a lane and
    the number of its resets so far to the seed of the next reset.
    """
    from tqdm import tqdm

    if mode not in MODES:
        raise Refused(f"mode {mode!r} is not known; use one of {', '.join(MODES)}")
    lanes, steps = len(quotas), int(quotas.max())
    walkers = world_of(body, lanes, threads)
    widths, types = row_widths(body), dtypes(body)
    parts = {f"{PART}{part}": part for part in walkers.facts.parts}
    held = {
        name: np.zeros((steps, lanes, *widths[name]), types[name])
        for name in (
            "observations", "qpos", "qvel", "actions_clean", "actions", *_STEP_ARRAYS, *parts
        )
    }  # fmt: skip
    unstable = 0
    ends: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
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
        clean = _checked(act(observations), (lanes, *widths["actions"]))
        noisy = clean if noise is None else clean + noise[:, t]
        # The stored actions are exactly the executed ones, so they are rounded before the step.
        actions = np.clip(noisy, -1.0, 1.0).astype(DTYPES["actions"])
        for name, values in (
            ("observations", observations),
            ("qpos", walkers.qpos),
            ("qvel", walkers.qvel),
            ("actions_clean", clean),
            ("actions", actions),
        ):
            held[name][t] = values

        step = walkers.step(running, actions[running].astype(np.float64))
        now = slice(None) if len(running) == lanes else running
        for name in _STEP_ARRAYS:
            held[name][t, now] = getattr(step, name)
        for name, part in parts.items():
            held[name][t, now] = step.parts[part]
        unstable += int(step.unstable.sum())
        lengths[running] += 1
        within = quotas[running] > t + 1
        ended = running[step.terminals | ~within]
        if len(ended):
            ends.append((ended, np.full(len(ended), t), walkers.observations()[ended]))
        goes_on = (again | ~step.terminals) & within
        fresh, running = running[goes_on & step.terminals], running[goes_on]
        if not len(running):
            break

    if unstable:
        logging.warning(
            "%d of %d episodes end because their simulation became unstable and MuJoCo reset it; "
            "they count as falls",
            unstable,
            resets.sum(),
        )
    walked = np.arange(steps) < lengths[:, None]
    lane, step_of_lane = np.nonzero(walked)
    rows = {name: values[step_of_lane, lane] for name, values in held.items()}
    lasts = np.cumsum(lengths) - 1
    rows["timeouts"] = np.isin(np.arange(lengths.sum()), lasts) & ~rows["terminals"]
    rows["episode_ids"] = np.cumsum(starts[walked]) - 1
    rows["clone_ids"] = np.repeat(np.arange(lanes) // (lanes // agents), lengths)
    rows["contacts"] = rows["contact_forces"] > 0
    lane_of_end, step_of_end, final = (np.concatenate(part) for part in zip(*ends, strict=True))
    final = final[np.lexsort((step_of_end, lane_of_end))]
    return {name: rows[name].astype(dtype, copy=False) for name, dtype in types.items()} | {
        "final_observations": final.astype(EPISODE_DTYPES["final_observations"]),
        **metadata(body, mode),
    }


def _checked(actions: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the actions of a policy as float64; refuse a wrong shape and infinite numbers."""
    actions = np.asarray(actions, np.float64)
    if actions.shape != shape:
        raise Refused(f"act returned actions of shape {actions.shape} where {shape} is needed")
    if not np.isfinite(actions).all():
        raise Refused("act returned actions that are not finite; the policy has diverged")
    return actions
