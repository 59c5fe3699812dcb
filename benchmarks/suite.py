"""How fast the walker of dm_control is recorded: python -m benchmarks.suite, or make bench-gaits.

The other side is dm_control's own environments, which are an extra: pip install .[dm_control].
"""

import os
import sys
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.table import Row, show
from benchmarks.turns import alternate, speed, versus
from brainiarb.actors.actors import mean_action, untrained
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.rollouts.recording import Act, record_episodes

BODY = get_body("dm_walker_walk")
WALKERS, STEPS = 64, 200
REPEATS = 5
CORES = 2
BAR = 3.0
"""Least ratio of recorded steps per second to dm_control's, on two cores."""


def record(act: Act) -> int:
    """Make a complete recording of 64 walkers; return the number of steps."""
    rollouts = record_episodes(
        BODY, act, agents=1, episodes=WALKERS, steps=STEPS, seed=0, mode="mean", threads=CORES
    )
    return len(rollouts["rewards"])


def loop(envs: list[Any], act: Act) -> int:
    """Step environments of dm_control in a loop and keep nothing; return the number of steps."""
    steps = [env.reset() for env in envs]
    for _ in range(STEPS):
        observed = [
            np.concatenate([np.ravel(block) for block in step.observation.values()])
            for step in steps
        ]
        actions = act(np.array(observed))
        steps = [env.step(action) for env, action in zip(envs, actions, strict=True)]
    return len(envs) * STEPS


def suite_rows() -> list[Row]:
    """Return the row of recording on two cores; none where dm_control is not installed."""
    os.environ.setdefault("MUJOCO_GL", "disable")
    try:
        from dm_control import suite
    except ModuleNotFoundError:
        print("dm_control is not installed (pip install .[dm_control]): its row is left out")
        return []
    torch.set_num_threads(1)  # the loop is slower with two, and a recording has one by itself
    act = mean_action(untrained(environment_facts(BODY).sizes, [0]))
    envs = [suite.load("walker", "walk", task_kwargs={"random": n}) for n in range(WALKERS)]
    speeds = alternate(
        {
            "ours": partial(speed, partial(record, act)),
            "stock": partial(speed, partial(loop, envs, act)),
        },
        REPEATS,
    )
    what = f"recorded steps/s of walker-walk, {WALKERS} walkers with their policy, cores: {CORES}"
    return [versus(what, speeds, "stock", "dm_control in a loop, nothing kept,", BAR)]


if __name__ == "__main__":
    sys.exit(show(suite_rows()))
