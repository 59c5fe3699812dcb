"""How fast gaits are recorded and analysed on this machine: python -m benchmarks.gaits.

Blocks of both sides of a row alternate, and the ratio is the median of the ratios of neighbours,
so that other work on the machine weighs on both.
"""

import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import gymnasium
import mujoco
import torch

from benchmarks.experts import alternate, median_ratio, versus
from benchmarks.table import Row, show
from brainiarb.bodies import environment_facts, get_body
from brainiarb.files import write_npz
from brainiarb.gaitmeasures import GaitSettings, analyse_gait
from brainiarb.policies import mean_action, read_archive
from brainiarb.recording import Act, record_episodes
from brainiarb.rollouts import clone_episodes, open_rollouts

ROOT = Path(__file__).resolve().parents[1]
EXPERT = ROOT / "workflow/resources/checkpoints/walker2d/crossq_0.zip"
BODY = get_body("walker2d")
WALKERS, STEPS = 64, 400
REPEATS = 5
EPISODES, LONG = 4, 3000  # of a clone in the default study
GROWTH = (1, 2, 4)  # times as many episodes
SLOWER = 1.25  # the most that a frame may cost, and memory grow, at the largest of them


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


# ---- analysis


def repeated(times: int, folder: Path) -> Path:
    """Write a recording of one agent: `times` as many episodes as the first one."""
    sizes = environment_facts(BODY).sizes
    act = mean_action(read_archive(EXPERT, sizes, BODY.name))
    rollouts = record_episodes(
        BODY, act, agents=1, episodes=EPISODES * times, steps=LONG, seed=0, mode="mean"
    )
    path = folder / f"{times}.npz"
    write_npz(path, rollouts)
    return path


def analyse(path: Path) -> int:
    """Analyse the gait of the one agent of a recording; return the frames."""
    recording = open_rollouts(path)
    rate = environment_facts(BODY).sampling_rate
    (episodes,) = clone_episodes(recording).values()
    analyse_gait(BODY, recording, rate, episodes, GaitSettings(1.0, 1024, 0.3, 20.0), 0)
    return len(recording["qpos"])


def peak_memory(path: Path) -> float:
    """Return the most memory (MB) that the analysis holds at once."""
    tracemalloc.start()
    analyse(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def analysis_rows() -> list[Row]:
    """Return the rows of time and memory of a gait analysis as the recording grows."""
    with TemporaryDirectory() as folder:
        paths = {times: repeated(times, Path(folder)) for times in GROWTH}
        speeds = alternate({f"{n}": partial(speed, partial(analyse, paths[n])) for n in GROWTH}, 7)
        memory = {times: peak_memory(path) for times, path in paths.items()}
        frames = {times: len(open_rollouts(path)["qpos"]) for times, path in paths.items()}
    once, most = GROWTH[0], GROWTH[-1]
    slower = median_ratio(speeds[f"{once}"], speeds[f"{most}"])
    growth = memory[most] / memory[once]
    times = [frames[n] / statistics.median(speeds[f"{n}"]) for n in GROWTH]
    what = f"full gait analysis of one more clone, {', '.join(f'{n:,}' for n in frames.values())} frames"
    return [
        Row(
            f"{what}: time", ", ".join(f"{t:.2f} s" for t in times), "linear in frames",
            f"{slower:.2f}", f"<= {SLOWER} x a frame", slower <= SLOWER,
        ),
        Row(
            f"{what}: memory", ", ".join(f"{m:.1f} MB" for m in memory.values()), "flat",
            f"{growth:.2f}", f"<= {SLOWER} x", growth <= SLOWER,
        ),
    ]  # fmt: skip


def main() -> int:
    """Measure, print the table and return the exit code."""
    torch.set_num_threads(1)
    rows = [row for part in (recording_rows, analysis_rows) for row in part()]
    print(f"{os.cpu_count()} cores, torch {torch.__version__}, mujoco {mujoco.__version__}\n")
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
