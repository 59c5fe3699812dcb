"""How fast similarity is computed on this machine: python -m benchmarks.similarity.

Both sides run on one thread and are timed by the CPU time of the process, so that other work on
the machine weighs little. Inputs are random, since the time does not depend on the values.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement

import numpy as np
import psutil
from threadpoolctl import threadpool_limits

from benchmarks.table import Row, show
from brainiarb.actors.layers import LAYERS, WIDTH
from brainiarb.similarity.array_measures import linear_cka
from brainiarb.similarity.nulls import bootstrap_cka, episode_weights
from brainiarb.similarity.streaming import CHUNK_ROWS, cross_products, in_chunks

ROWS, MANY_ROWS = 20_000, 200_000
NETWORKS = 9  # an expert and eight clones
UNITS = dict(zip(LAYERS, (WIDTH, WIDTH, 6, 6), strict=True))
EPISODES, REPLICATES = 20, 1000
RECOMPUTED = 5  # replicates, of which one is timed on average

Network = dict[str, np.ndarray]


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU time (s) of a piece of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def network(rows: int, rng: np.random.Generator) -> Network:
    """Return random layers of an actor."""
    return {name: rng.normal(size=(rows, p)).astype(np.float32) for name, p in UNITS.items()}


# ---- the reference ways


def feature_space_cka(x: np.ndarray, y: np.ndarray, debiased: bool = False) -> float:
    """Return linear CKA as the code does that accompanies Kornblith et al. 2019."""
    x = x - np.mean(x, 0, keepdims=True)
    y = y - np.mean(y, 0, keepdims=True)
    products = [np.linalg.norm(a.T.dot(b)) ** 2 for a, b in ((x, y), (x, x), (y, y))]
    if debiased:
        n = len(x)
        rows = {id(side): np.einsum("ij,ij->i", side, side) for side in (x, y)}
        for i, sides in enumerate(((x, y), (x, x), (y, y))):
            a, b = (rows[id(side)] for side in sides)
            products[i] += a.sum() * b.sum() / ((n - 1) * (n - 2)) - n / (n - 2) * a.dot(b)
    return float(products[0] / np.sqrt(products[1] * products[2]))


def gram_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Return linear CKA by the kernels of all states, n by n."""
    x, y = (side - side.mean(axis=0) for side in (x, y))
    k, m = x @ x.T, y @ y.T
    return float(np.vdot(k, m) / np.sqrt(np.vdot(k, k) * np.vdot(m, m)))


# ---- the rows of the table


def all_pairs_rows(rng: np.random.Generator) -> list[Row]:
    """Return the rows of all pairs of layers, and of the share of the machine's product rate."""
    networks = [network(ROWS, rng) for _ in range(NETWORKS)]

    def one_pass() -> None:
        products = cross_products(in_chunks(networks))
        for pair in combinations_with_replacement(range(NETWORKS), 2):
            products.cka(*pair)

    layers = [layer for layers in networks for layer in layers.values()]
    pairs = list(combinations_with_replacement(layers, 2))

    def pair_by_pair(*estimators: bool) -> None:
        for pair in pairs:
            for debiased in estimators:
                feature_space_cka(*pair, debiased)

    before = seconds(one_pass)
    published, debiased = (
        seconds(lambda: pair_by_pair(False, True)),
        seconds(lambda: pair_by_pair(True)),
    )
    taken = (before + seconds(one_pass)) / 2
    what = f"all {len(pairs)} pairs of {NETWORKS} networks x {len(UNITS)} layers, n = {ROWS:,}"
    ratio, alone = published / taken, debiased / taken
    units = sum(UNITS.values()) * NETWORKS
    rate, best = ROWS * units**2 / taken / 1e9, product_rate(rng)
    return [
        Row(
            f"{what}, biased and debiased",
            f"{taken:.1f} s",
            f"loop of the published function, once for each {published:.1f} s",
            f"{ratio:.1f}",
            ">= 6 x",
            ratio >= 6,
        ),
        Row(
            "the same, the loop giving debiased values only",
            f"{taken:.1f} s",
            f"{debiased:.1f} s",
            f"{alone:.1f}",
            "",
            None,
        ),
        Row(
            f"share of the machine's float32 product rate, n P^2 counted, P = {units}",
            f"{rate:.0f} GFLOP/s",
            f"products alone {best:.0f} GFLOP/s",
            f"{rate / best:.2f}",
            ">= 0.5",
            rate / best >= 0.5,
        ),
    ]


def product_rate(rng: np.random.Generator) -> float:
    """Return the best of three rates (GFLOP/s) of large float32 products."""
    left, right = (rng.normal(size=(CHUNK_ROWS, 2048)).astype(np.float32) for _ in range(2))
    times = [seconds(lambda: left.T @ right) for _ in range(3)]
    return 2 * left.size * right.shape[1] / min(times) / 1e9


def bootstrap_row(rng: np.random.Generator) -> Row:
    """Return the row of the bootstrap over episodes of one pair of layers."""
    x, y = (rng.normal(size=(ROWS, WIDTH)).astype(np.float32) for _ in range(2))
    episode_ids = np.repeat(np.arange(EPISODES), ROWS // EPISODES)
    weights = episode_weights(EPISODES, REPLICATES, rng)
    rows = np.arange(ROWS).reshape(EPISODES, -1)

    def recompute() -> None:
        for replicate in weights[:RECOMPUTED].astype(int):
            drawn = np.repeat(rows, replicate, axis=0).ravel()
            chunks = in_chunks([{"": x[drawn]}, {"": y[drawn]}])
            cross_products(chunks).cka(0, 1)

    taken = seconds(lambda: bootstrap_cka(x, y, episode_ids, weights))
    each = seconds(recompute) / RECOMPUTED
    ratio = each * REPLICATES / taken
    return Row(
        f"{REPLICATES:,} bootstrap replicates of {EPISODES} episodes, n = {ROWS:,}, p = {WIDTH}",
        f"{taken:.2f} s",
        f"recomputing {each * REPLICATES:.0f} s, projected from {RECOMPUTED}",
        f"{ratio:.0f}",
        ">= 50 x",
        ratio >= 50,
    )


def gram_row(rng: np.random.Generator) -> Row:
    """Return the row of one pair of layers against the kernels of as many states as fit."""
    x, y = (rng.normal(size=(ROWS, WIDTH)) for _ in range(2))
    room = psutil.virtual_memory().available / 2
    rows = min(ROWS, int(np.sqrt(room / (2 * x.itemsize))))
    taken = seconds(lambda: linear_cka(x, y))
    by_gram = seconds(lambda: gram_cka(x[:rows], y[:rows])) * (ROWS / rows) ** 2
    projected = f", projected from n = {rows:,}" if rows < ROWS else ""
    ratio = by_gram / taken
    return Row(
        f"one pair in float64, n = {ROWS:,}, p = {WIDTH}",
        f"{taken:.2f} s",
        f"Gram matrices {by_gram:.1f} s{projected}",
        f"{ratio:.0f}",
        ">= 20 x",
        ratio >= 20,
    )


def memory_row() -> Row:
    """Return the row of the peak memory of ten times the rows."""
    peaks = []
    for rows in (ROWS, MANY_ROWS):
        command = [sys.executable, "-m", "benchmarks.similarity", "--stream", str(rows)]
        peaks.append(int(subprocess.run(command, capture_output=True, check=True).stdout) / 1e6)
    ratio = peaks[1] / peaks[0]
    return Row(
        f"peak memory, {NETWORKS} networks, n = {MANY_ROWS:,}",
        f"{peaks[1]:.0f} MB",
        f"n = {ROWS:,} {peaks[0]:.0f} MB",
        f"{ratio:.2f}",
        "<= 1.1",
        ratio <= 1.1,
    )


def stream(rows: int) -> int:
    """Sum the products of networks that come in chunks and return the process's peak (bytes)."""
    rng = np.random.default_rng(0)

    def chunks() -> Iterator[list[Network]]:
        for start in range(0, rows, CHUNK_ROWS):
            yield [network(min(CHUNK_ROWS, rows - start), rng) for _ in range(NETWORKS)]

    cross_products(chunks(), [(0, k) for k in range(1, NETWORKS)]).cka(0, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main() -> int:
    """Measure, print the table and return the exit code."""
    parser = argparse.ArgumentParser(description="How fast similarity is computed here.")
    parser.add_argument("--stream", type=int, help="only print the peak memory of so many rows")
    options = parser.parse_args()
    with threadpool_limits(1):
        if options.stream:
            print(stream(options.stream))
            return 0
        # First, since a process counts what its parent held when it was started.
        memory = memory_row()
        rng = np.random.default_rng(0)
        pairs, alone, share = all_pairs_rows(rng)
        rows = [pairs, alone, bootstrap_row(rng), gram_row(rng), memory, share]
    print(f"{os.cpu_count()} cores, 1 thread, CPU times, numpy {np.__version__}\n")
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
