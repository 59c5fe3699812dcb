"""How fast gaits are recorded and analysed on this machine: python -m benchmarks.gaits.

Blocks of both sides of a row alternate, and the ratio is the median of the ratios of neighbours,
so that other work on the machine weighs on both.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import gymnasium
import mujoco
import torch

from benchmarks.experts import alternate, versus
from benchmarks.table import Row, show
from brainiarb.bodies import environment_facts, get_body
from brainiarb.policies import mean_action, read_archive
from brainiarb.recording import Act, record_episodes

ROOT = Path(__file__).resolve().parents[1]
EXPERT = ROOT / "workflow/resources/checkpoints/walker2d/crossq_0.zip"
BODY = get_body("walker2d")
WALKERS, STEPS = 64, 400
REPEATS = 5


def speed(work: Callable[[], int]) -> float:
    """Return how much of a piece of work was done in a second; `work` says how much there was."""
    start = time.perf_counter()
    return work() / (time.perf_counter() - start)


# ---- recording


def record(act: Act, walkers: int, steps: int, threads: int) -> int:
    """Record episodes of one agent, everything that a recording holds; return the steps."""
    rollouts = record_episodes(
        BODY, act, agents=1, episodes=walkers, steps=steps, seed=0, mode="mean", threads=threads
    )
    return len(rollouts["rewards"])


def step_vector(envs: gymnasium.vector.VectorEnv, act: Act, steps: int) -> int:
    """Step Gymnasium's vector environment and keep nothing; return the steps."""
    observations, _ = envs.reset(seed=0)
    for _ in range(steps):
        observations, *_ = envs.step(act(observations))
    return steps * envs.num_envs


def recording_rows() -> list[Row]:
    """Return rows of recording on two cores and on one, against Gymnasium's vector environment."""
    sizes = environment_facts(BODY).sizes
    act = mean_action(read_archive(EXPERT, sizes, BODY.name))
    envs = gymnasium.vector.SyncVectorEnv([partial(gymnasium.make, BODY.env_id)] * WALKERS)
    bars = {2: 2.0, 1: 0.0}  # by cores; no bar on one
    blocks = {
        f"{cores}": partial(speed, partial(record, act, WALKERS, STEPS, cores)) for cores in bars
    }
    speeds = alternate(
        {**blocks, "stock": partial(speed, partial(step_vector, envs, act, STEPS))}, REPEATS
    )
    what = f"recorded steps/s, {WALKERS} walkers with their policy, cores:"
    peer = "Gymnasium's SyncVectorEnv, nothing kept,"
    return [
        versus(f"{what} {cores}", {**speeds, "ours": speeds[f"{cores}"]}, "stock", peer, bar)
        for cores, bar in bars.items()
    ]


def main() -> int:
    """Measure, print the table and return the exit code."""
    torch.set_num_threads(1)
    rows = [row for part in (recording_rows,) for row in part()]
    print(f"{os.cpu_count()} cores, torch {torch.__version__}, mujoco {mujoco.__version__}\n")
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
