"""How fast gaits are recorded and analysed on this machine: python -m benchmarks.gaits.

Both sides of a row take turns, and the ratio is the median over pairs of neighbouring turns. So
other work on the machine slows both sides.
"""

import argparse
import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import gymnasium
import mujoco
import numpy as np
import torch
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from scipy.spatial import cKDTree
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from benchmarks.cloning import cloning_rows
from benchmarks.suite import suite_rows
from benchmarks.table import Row, show
from benchmarks.turns import alternate, median_ratio, speed, versus
from brainiarb.actors.actors import mean_action
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.files import write_npz
from brainiarb.gait.measures import GaitSettings, analyse_gait
from brainiarb.gait.walk import walks_of
from brainiarb.maps.embedding import (
    EARLY_ITERATIONS,
    ITERATIONS,
    NEIGHBOURS,
    Embedding,
    embed,
    place_on_map,
    standardise,
)
from brainiarb.rollouts.arrays import open_rollouts
from brainiarb.rollouts.recording import Act, record_episodes

ROOT = Path(__file__).resolve().parents[1]
EXPERT = ROOT / "workflow/resources/checkpoints/walker2d/crossq_0.zip"
BODY = get_body("walker2d")
WALKERS, STEPS = 64, 400
REPEATS = 5
EPISODES, LONG = 4, 3000
"""Number of episodes of a clone in the default study, and steps in an episode."""
GROWTH = (1, 2, 4)
"""Factors by which the number of episodes grows."""
SLOWER = 1.25
"""Largest ratio of time per frame, and of memory, of the largest recording to the smallest."""
POINTS, PERPLEXITY, PLACED = 20_000, 100, 4_000
"""Points and perplexity of the gait map, and number of frames that are placed on it together."""


# ---- recording


def record(act: Act, walkers: int, steps: int, threads: int) -> int:
    """Make a complete recording of one agent; return the number of steps."""
    rollouts = record_episodes(
        BODY, act, agents=1, episodes=walkers, steps=steps, seed=0, mode="mean", threads=threads
    )
    return len(rollouts["rewards"])


def step_vector(envs: gymnasium.vector.VectorEnv, act: Act, steps: int) -> int:
    """Step Gymnasium's vector environment and keep nothing; return the number of steps."""
    observations, _ = envs.reset(seed=0)
    for _ in range(steps):
        observations, *_ = envs.step(act(observations))
    return steps * envs.num_envs


def recording_rows() -> list[Row]:
    """Return the rows of recording on two cores and on one core, against Gymnasium."""
    act = mean_action(read_expert(EXPERT, BODY))
    envs = gymnasium.vector.SyncVectorEnv([partial(gymnasium.make, BODY.env_id)] * WALKERS)
    bars = {2: 2.0, 1: 0.0}  # The keys are numbers of cores; one core has no bar.
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
    """Write a recording of one agent that has `times` times as many episodes as the smallest."""
    act = mean_action(read_expert(EXPERT, BODY))
    rollouts = record_episodes(
        BODY, act, agents=1, episodes=EPISODES * times, steps=LONG, seed=0, mode="mean"
    )
    path = folder / f"{times}.npz"
    write_npz(path, rollouts)
    return path


def analyse(path: Path) -> int:
    """Analyse the gait of the one agent in a recording; return the number of frames."""
    recording = open_rollouts(path)
    (walk,) = walks_of(BODY, recording, "crossq_0", -1, 1.0)
    analyse_gait(walk, GaitSettings(1024, 0.3, 20.0), 0)
    return len(recording["qpos"])


def peak_memory(path: Path) -> float:
    """Return the peak memory (MB) of the analysis."""
    tracemalloc.start()
    analyse(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def analysis_rows() -> list[Row]:
    """Return the rows of time and memory of a gait analysis as the recording grows."""
    with TemporaryDirectory() as folder:
        paths = {times: repeated(times, Path(folder)) for times in GROWTH}
        speeds = alternate(
            {f"{n}": partial(speed, partial(analyse, paths[n])) for n in GROWTH}, REPEATS
        )
        memory = {times: peak_memory(path) for times, path in paths.items()}
        frames = {times: len(open_rollouts(path)["qpos"]) for times, path in paths.items()}
    once, most = GROWTH[0], GROWTH[-1]
    slower = median_ratio(speeds[f"{once}"], speeds[f"{most}"])
    growth = memory[most] / memory[once]
    times = [frames[n] / statistics.median(speeds[f"{n}"]) for n in GROWTH]
    sizes = ", ".join(f"{n:,}" for n in frames.values())
    what = f"full gait analysis of one more clone, {sizes} frames"
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


# ---- the gait map


def gait_heights(rows: int) -> np.ndarray:
    """Return standardised heights (rows, g) of random moments of walking with noisy actions."""
    act = mean_action(read_expert(EXPERT, BODY))
    draw = np.random.default_rng(0)

    def noisy(observations: np.ndarray) -> np.ndarray:
        actions = act(observations)
        return np.clip(actions + draw.uniform(-0.4, 0.4, actions.shape), -1, 1)

    rollouts = record_episodes(
        BODY, noisy, agents=1, episodes=WALKERS, steps=1000, seed=0, mode="mean", threads=1
    )
    heights = rollouts["heights"].astype(np.float64)
    heights = heights[draw.permutation(len(heights))[:rows]]
    return standardise(heights, heights.mean(axis=0), heights.std(axis=0))


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time (s) of a piece of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def map_rows(points: int) -> list[Row]:
    """Return the rows of fitting the gait map and of placing further frames, on one thread.

    The times are CPU times. Both maps have the same iterations and perplexity, start from principal
    components and use exact neighbours. Both placings are on the same map.
    """
    x = gait_heights(points + PLACED)
    new, x = x[points:], x[:points]
    fitted: list[Embedding] = []
    stock = TSNE(
        init="pca", learning_rate="auto", perplexity=PERPLEXITY, random_state=0, n_jobs=1,
        max_iter=EARLY_ITERATIONS + ITERATIONS,
    )  # fmt: skip
    with threadpool_limits(limits=1):
        ours = cpu_seconds(lambda: fitted.append(embed(x, PERPLEXITY, 0)))
        theirs = cpu_seconds(lambda: stock.fit(x))
    return [
        against(f"map of {points:,} points, perplexity {PERPLEXITY}", ours, theirs, 2.5,
                f"scikit-learn {theirs:.0f} s, divergence {stock.kl_divergence_:.2f}",
                f"{ours:.0f} s, divergence {fitted[0].divergence:.2f}"),
        placing_row(fitted[0], new),
    ]  # fmt: skip


def neighbour_distance(fitted: Embedding, features: np.ndarray, points: np.ndarray) -> float:
    """Return how far rows lie from the places of their nearest rows of the map.

    `points` (m, 2) are the places of `features` (m, c). The median over rows of the median distance
    to the nearest rows, in units of the map: small where placing kept neighbours together.
    """
    nearest = cKDTree(fitted.features).query(features, NEIGHBOURS)[1]
    away = np.linalg.norm(fitted.points[nearest] - points[:, None], axis=2)
    return float(np.median(np.median(away, axis=1)))


def placing_row(fitted: Embedding, new: np.ndarray) -> Row:
    """Return the row of placing frames; its bar also asks that they are as near to neighbours."""
    affinities = PerplexityBasedNN(fitted.features, PERPLEXITY, n_jobs=1, random_state=0)
    reference = TSNEEmbedding(fitted.points.copy(), affinities, n_jobs=1, random_state=0)
    placed: dict[str, np.ndarray] = {}
    # The first call grids the field of the map, and later calls reuse the grid.
    reference.transform(new[:100])
    times = {
        "ours": cpu_seconds(lambda: placed.update(ours=place_on_map(fitted, new))),
        "stock": cpu_seconds(lambda: placed.update(stock=np.asarray(reference.transform(new)))),
    }
    away = {side: neighbour_distance(fitted, new, at) for side, at in placed.items()}
    said = {
        side: f"{1e3 * times[side] / len(new):.3f} ms a frame, {away[side]:.2f} from neighbours"
        for side in times
    }
    what = f"placing {len(new):,} further frames on it"
    row = against(
        what, times["ours"], times["stock"], 3, f"openTSNE's transform {said['stock']}",
        said["ours"],
    )  # fmt: skip
    return replace(row, met=bool(row.met and away["ours"] <= away["stock"]))


def against(what: str, ours: float, theirs: float, bar: float, peer: str, figure: str) -> Row:
    """Return the row of two times (s)."""
    ratio = theirs / ours
    return Row(what, figure, peer, f"{ratio:.1f}", f">= {bar:g} x", ratio >= bar)


def main() -> int:
    """Measure, print the table and return the exit code."""
    parser = argparse.ArgumentParser(description="How fast gaits are recorded and analysed.")
    parser.add_argument("--points", type=int, default=POINTS, help="of the gait map")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [
        row for part in (recording_rows, suite_rows, cloning_rows, analysis_rows) for row in part()
    ]
    rows += map_rows(options.points)
    print(f"{os.cpu_count()} cores, torch {torch.__version__}, mujoco {mujoco.__version__}\n")
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
