"""What bounds the default study on this machine, and where its time went.

The study that this checkout made is read: Snakemake's records say when each job began and ended,
and the results how many steps were recorded and how many rows clones were trained on. Two rates are
measured now, on all cores: `mujoco.batch` stepping the study's body, and float32 products of the
size that training makes. Steps and products at these rates are the bound. Steps that no file keeps
(evaluations, and the expert with a clone's layer) and products that compare networks are left out.
"""

import json
import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from benchmarks.planned import Job, jobs_of
from benchmarks.table import Row, number_of
from brainiarb.actors.actors import mean_action
from brainiarb.actors.archives import read_expert
from brainiarb.actors.layers import WIDTH
from brainiarb.bodies.registry import get_body
from brainiarb.bodies.walkers import Walkers
from brainiarb.files import open_npz

BAR = 1.4
"""Largest ratio of the study's time to its bound."""
MOST_BYTES = 1.5e9
"""The most that the study takes on disk."""
MOST_MEMORY = 0.9
"""The largest share of its `mem_mb` that a job needs."""
WALKERS, STEPS = 64, 300
BATCH = 256
SECONDS = 2.0
REPEATS = 3


class Work(NamedTuple):
    """What the files of a study say was done for it."""

    steps: int
    """Time steps of recordings, demonstrations and disturbed walks."""
    products: float
    """Floating-point operations of products in the training of clones and in those steps."""


def job_times(
    checkout: Path, results: Path, planned: Iterable[Job] | None = None
) -> dict[str, list[tuple[float, float]]]:
    """Return for each rule when its jobs began and ended (s), from Snakemake's records.

    Only jobs whose log lies in the folder of the results count, and only those that are `planned`
    if that is given: the folder may also hold targets that are no part of the study.
    """
    known = None if planned is None else {job.log for job in planned}
    jobs: dict[tuple[str, str], tuple[float, float]] = {}
    logs = results.relative_to(checkout).as_posix() + "/logs/"
    for file in (checkout / ".snakemake/metadata").rglob("*"):
        if not file.is_file():
            continue
        record = json.loads(file.read_text("utf-8"))
        log = next(iter(record.get("log") or []), "")
        if log.startswith(logs) and (known is None or log in known):
            job = record["rule"], log
            start, end = record["starttime"], record["endtime"]
            earlier = jobs.get(job, (start, end))
            jobs[job] = min(start, earlier[0]), max(end, earlier[1])
    times = defaultdict(list)
    for (rule, _), span in sorted(jobs.items()):
        times[rule].append(span)
    return dict(times)


def stored_bytes(path: Path) -> int:
    """Return how many bytes a file or the files of a folder take; 0 for one that is not there."""
    if path.is_dir():
        return sum(map(stored_bytes, path.iterdir()))
    return path.stat().st_size if path.exists() else 0


def disk_row(files: Iterable[Path]) -> Row:
    """Return the row of what the files of a finished study take on disk."""
    taken, bar = sum(map(stored_bytes, files)), f"<= {MOST_BYTES / 1e9:g} GB"
    met = taken <= MOST_BYTES
    return Row("default study on disk", f"{taken / 1e9:.2f} GB", "", "", bar, met)


def memory_row(checkout: Path, jobs: Sequence[Job]) -> Row:
    """Return the row of the job that needed the largest share of the memory that it asks for.

    The log of each job says at its end how much it needed.
    """
    needed = {job: used_megabytes(checkout / job.log) for job in jobs if job.log}
    told = {job: megabytes / job.mem_mb for job, megabytes in needed.items() if megabytes}
    worst = max(told, key=lambda job: told[job])
    return Row(
        f"most memory of any of {len(told)} jobs",
        f"{needed[worst]} MB",
        f"mem_mb {worst.mem_mb} of {Path(worst.log).parent.name}/{Path(worst.log).stem}",
        f"{told[worst]:.2f}",
        f"<= {MOST_MEMORY:g} x",
        told[worst] <= MOST_MEMORY,
    )


def used_megabytes(log: Path) -> int:
    """Return the memory (MB) that a job needed, as its log says, or 0 if it does not say so."""
    told = re.findall(r"used .* at most (\d+) MB", log.read_text("utf-8") if log.exists() else "")
    return int(told[-1]) if told else 0


def union_seconds(spans: list[tuple[float, float]]) -> float:
    """Return for how many seconds at least one of the spans (start, end) lasted."""
    total, reached = 0.0, -np.inf
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def forward_operations(observations: int, actions: int) -> int:
    """Return the operations of an actor's products for one state: two for each weight."""
    return 2 * (observations * WIDTH + WIDTH * WIDTH + 2 * actions * WIDTH)


def training_operations(observations: int, actions: int) -> int:
    """Return the operations of the products that train on one row.

    Those are the outputs, the gradient of each weight, and the gradient of the hidden layers, which
    only the head of the mean passes on.
    """
    passed = 2 * (actions * WIDTH + WIDTH * WIDTH)
    return 2 * forward_operations(observations, actions) + passed


def work_of(files: Collection[Path], validation: float) -> Work:
    """Return the steps and products behind the files of a finished study.

    `validation` is the share of the demonstrations that is held out.
    """

    def like(pattern: str) -> Iterator[Path]:
        return (path for path in files if path.match(pattern) and path.exists())

    recordings = map(open_npz, like("rollouts*.npz"))
    demonstrations = {path: open_npz(path) for path in like("demonstrations/*.npz")}
    lengths = [pd.read_csv(path)["length"].sum() for path in like("robustness/*.csv")]
    steps = sum(len(kept["rewards"]) for kept in recordings) + int(sum(lengths))
    products = 0.0
    for path, kept in demonstrations.items():
        steps += len(kept["actions"])
        sizes = kept["observations"].shape[1], kept["actions"].shape[1]
        level = path.stem.removeprefix("noise_")
        epochs = Counter(pd.read_csv(path.parents[1] / f"bc_{level}/history.csv")["clone"])
        rows = len(kept["actions"]) / len(epochs) * (1 - validation)
        products += epochs.total() * rows * training_operations(*sizes)
    return Work(steps, products + steps * forward_operations(*sizes))


def best_rate(work: Callable[[], int], cores: int) -> float:
    """Return the amount of work that the cores do in a second, the largest of several turns.

    The time is CPU time, so that other work on the machine makes the bound no weaker. A first turn
    warms up.
    """
    rates = []
    for _ in range(REPEATS + 1):
        start = time.process_time()
        rates.append(work() / (time.process_time() - start) * cores)
    return max(rates[1:])


def physics_rate(expert: Path, body_name: str, cores: int) -> float:
    """Return the time steps per second of `mujoco.batch` alone, on the controls of a walk."""
    body = get_body(body_name)
    walkers, everyone = Walkers(body, WALKERS, cores), np.arange(WALKERS)
    act, controls = mean_action(read_expert(expert, body)), walkers.batch.bind("ctrl")
    walkers.reset(everyone, list(range(WALKERS)))
    walked = []
    for _ in range(STEPS):
        walkers.step(everyone, act(walkers.observations()))
        walked.append(controls.copy())

    def replay() -> int:
        walkers.reset(everyone, list(range(WALKERS)))
        for taken in walked:
            controls[:] = taken
            for _ in range(walkers.task.substeps):
                walkers.batch.step(None, stage=0)
        return WALKERS * STEPS

    return best_rate(replay, cores)


def product_rate(cores: int) -> float:
    """Return the float32 operations per second of products (256, 256), one thread on each core."""

    def multiply(_core: int) -> int:
        left, right, out = (
            torch.rand(BATCH, WIDTH),
            torch.rand(WIDTH, WIDTH),
            torch.empty(BATCH, WIDTH),
        )
        until, made = time.perf_counter() + SECONDS / (REPEATS + 1), 0
        while time.perf_counter() < until:
            for _ in range(50):
                torch.mm(left, right, out=out)
            made += 50
        return made * 2 * BATCH * WIDTH * WIDTH

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(cores) as pool:
            return best_rate(lambda: sum(pool.map(multiply, range(cores))), cores)
    finally:
        torch.set_num_threads(threads)


def study_rows(checkout: Path, results: Path, validation: float) -> list[Row]:
    """Return the rows of bound, disk, memory and each rule, or none without a finished study."""
    if not (results / "tables/claims.csv").exists():
        return []
    planned, _ = jobs_of(checkout)
    files = [checkout / path for job in planned for path in job.outputs]
    times = job_times(checkout, results, planned)
    spans = [span for jobs in times.values() for span in jobs]
    cores, work = os.cpu_count() or 1, work_of(files, validation)
    expert = checkout / "workflow/resources/checkpoints/walker2d/crossq_0.zip"
    measured = {
        "physics": (work.steps, physics_rate(expert, results.name, cores)),
        "products": (work.products, product_rate(cores)),
    }
    seconds = {name: amount / rate for name, (amount, rate) in measured.items()}
    bound, wall = sum(seconds.values()), union_seconds(spans)
    against = ", ".join(
        f"{name} {amount:.3g} at {rate:.3g}/s = {seconds[name]:.0f} s"
        for name, (amount, rate) in measured.items()
    )
    what = f"default study on {cores} cores against its bound"
    ratio = wall / bound
    rows = [
        Row(what, f"{wall:.0f} s", against, f"{ratio:.2f}", f"<= {BAR:g} x", ratio <= BAR),
        disk_row(files),
        memory_row(checkout, planned),
    ]
    whole = sum(end - start for start, end in spans)
    share = {rule: sum(end - start for start, end in jobs) for rule, jobs in times.items()}
    for rule in sorted(share, key=lambda rule: -share[rule]):
        jobs = number_of(len(times[rule]), "job")
        part = f"{share[rule] / whole:.1%}"
        rows.append(Row(f"jobs of {rule}", f"{share[rule]:.0f} s", jobs, part, "", None))
    return rows
