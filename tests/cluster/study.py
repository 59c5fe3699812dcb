"""The study on a throw-away Slurm: its files beside those of a local run, and what it took."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
USED = re.compile(r"used ([\d.]+) s of CPU, at most (\d+) MB")
BY_THE_CLOCK = "wall_time_s"
"""The column and the key with the seconds that a training took."""
SLOWEST = 3600
"""Seconds after which a Snakemake is ended: a study must not wait for ever."""


def snakemake(*options: str, config: str) -> list[str]:
    """Return the command line of Snakemake for a study of this checkout."""
    call = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    return [*call, "--configfile", str(ROOT / config), *options]


def on_slurm(*options: str, config: str) -> list[str]:
    """Return the command line of Snakemake for a study on Slurm, which asks often for its jobs."""
    often = ["--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "20"]
    return snakemake("--profile", str(ROOT / "slurm"), *often, *options, config=config)


def start(
    call: list[str], folder: Path, environment: Mapping[str, str], said: int
) -> "subprocess.Popen[str]":
    """Start a command in a folder, as a group of processes of its own that `end` ends.

    What it says goes to the file of the descriptor `said`.
    """
    return subprocess.Popen(
        ["timeout", "--signal=INT", str(SLOWEST), *call],
        cwd=folder, env=dict(environment), stdout=said, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def end(started: "subprocess.Popen[str]") -> None:
    """End a command of `start` at once, with all processes that it started on this machine."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def run(call: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command in a folder; return its exit code and what it said."""
    folder.mkdir(parents=True, exist_ok=True)
    started = start(call, folder, environment, subprocess.PIPE)
    try:
        said, _ = started.communicate()
    finally:
        end(started)
    return started.returncode, said


def processes(folder: Path, word: str = "") -> list[int]:
    """Return the processes that work in a folder or below it, and whose command has a word."""
    found = []
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            inside = Path(process.cwd()).is_relative_to(folder)
            if inside and word in " ".join(process.cmdline()):
                found.append(process.pid)
    return found


def end_all(folder: Path) -> list[int]:
    """End all processes that work in a folder or below it; return those that do not end.

    Without cgroups, Slurm may leave processes of a job whose node failed.
    """
    for pid in processes(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    ended = time.monotonic() + 10
    while (left := processes(folder)) and time.monotonic() < ended:
        time.sleep(0.2)
    return left


def results(folder: Path) -> dict[str, Path]:
    """Return the files of a finished study but its logs, by their paths in its results."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: path for name, path in sorted(files.items()) if "/logs/" not in f"/{name}"}


def content(path: Path) -> object:
    """Return what a result holds, but for the seconds that a training took by the clock.

    A digest of bytes with such seconds is left out too; all that it is a digest of is compared.
    """
    if path.suffix == ".json":
        held = json.loads(path.read_text("utf-8"))
        for part in (held, held.get("brainiarb", {})):
            part.pop(BY_THE_CLOCK, None)
            part.pop("blake2b", None)
        return held
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {name: cell for name, cell in row.items() if name != BY_THE_CLOCK}
                for row in csv.DictReader(file)
            ]
    return path.read_bytes()


def different(first: Path, second: Path) -> list[str]:
    """Return the files that two finished studies do not share (see `content`)."""
    one, two = results(first), results(second)
    return [
        name
        for name in sorted({*one, *two})
        if name not in one or name not in two or content(one[name]) != content(two[name])
    ]


def used(folder: Path) -> tuple[float, int]:
    """Return the CPU time (s) of all jobs of a study, and the most memory (MB) of one."""
    logs = [path.read_text("utf-8") for path in folder.rglob("logs/**/*.log")]
    found = [match for log in logs for match in USED.findall(log)]
    return sum(float(seconds) for seconds, _ in found), max((int(m) for _, m in found), default=0)
