"""How much CPU time each job spends before its work: python -m benchmarks.workflow [CHECKOUT].

A job is a Python process that runs one script of `workflow/scripts`. This benchmark starts each
script without its work, so that only its imports run, and compares the CPU time with that of the
packages that such a job cannot do without: torch, or numpy, pandas and h5py. Packages that a
script imports inside a function belong to its work. Processes take turns, and the least of several
times counts, because other work on the machine only adds to a time.

Further rows say what Snakemake needs to plan a study (`benchmarks.planning`). If the checkout has
made the default study, the last rows compare its time with what bounds it, say what each rule took
(`benchmarks.study`), and estimate the larger studies from that (`benchmarks.estimate`).
"""

import argparse
import os
import re
import sys
from pathlib import Path

import yaml

from benchmarks.estimate import STUDIES, estimates
from benchmarks.planning import cpu_seconds, planning_rows
from benchmarks.study import study_rows
from benchmarks.table import Row, show

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
TORCH = ("torch", "import torch", 1.3)
"""Name, statement and bar (ratio) of the reference for jobs whose environment holds torch."""
TABLES = ("numpy + pandas + h5py", "import numpy, pandas, h5py", 1.6)
"""The same for all other jobs."""

_ENVIRONMENT_AND_SCRIPT = re.compile(
    r"envs/(\w+)\.yaml(?:(?!^(?:check)?rule ).)*?scripts/(\w+)\.py", re.MULTILINE | re.DOTALL
)


def environments(checkout: Path) -> dict[str, str]:
    """Return for each script that a rule runs the conda environment of that rule."""
    return {
        script: environment
        for rules in sorted((checkout / "workflow/rules").glob("*.smk"))
        for environment, script in _ENVIRONMENT_AND_SCRIPT.findall(rules.read_text("utf-8"))
    }


def importing(script: Path) -> str:
    """Return a program that runs a script's imports and leaves out its work."""
    return f"import runpy; runpy.run_path({str(script)!r}, run_name='imported')"


def least_seconds(programs: dict[str, str], checkout: Path, rounds: int) -> dict[str, float]:
    """Return the least CPU time (s) of each Python program, after a first run that is not counted.

    The first run compiles the library's modules and fills the disk's cache.
    """
    path = str(checkout / "workflow/scripts")
    turns = [
        {
            name: cpu_seconds([sys.executable, "-c", program], checkout, PYTHONPATH=path)
            for name, program in programs.items()
        }
        for _ in range(rounds + 1)
    ]
    return {name: min(turn[name] for turn in turns[1:]) for name in programs}


def start_rows(checkout: Path, rounds: int) -> list[Row]:
    """Return one row for each script that a rule runs."""
    scripts = environments(checkout)
    references = {name: statement for name, statement, _ in (TORCH, TABLES)}
    programs = {script: importing(checkout / f"workflow/scripts/{script}.py") for script in scripts}
    seconds = least_seconds({**references, **programs}, checkout, rounds)
    rows = []
    for script, environment in sorted(scripts.items(), key=lambda item: (item[1], item[0])):
        name, _, bar = TORCH if environment == "rl" else TABLES
        ratio = seconds[script] / seconds[name]
        rows.append(
            Row(
                f"imports of {script}.py",
                f"{seconds[script]:.2f} s",
                f"{name} {seconds[name]:.2f} s",
                f"{ratio:.2f}",
                f"<= {bar:g} x",
                ratio <= bar,
            )
        )
    return rows


def main() -> int:
    """Measure, print the table and return the exit code."""
    parser = argparse.ArgumentParser(
        description="How much CPU time each job spends before its work."
    )
    parser.add_argument(
        "checkout", nargs="?", type=Path, default=ROOT, help="whose scripts are started"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the least time counts")
    options = parser.parse_args()
    checkout = options.checkout.resolve()
    rows = start_rows(checkout, options.rounds)
    rows += planning_rows(checkout, options.rounds)
    config = yaml.safe_load((checkout / "config/config.yaml").read_text("utf-8"))
    results = checkout / config["results"] / config["body"]
    rows += study_rows(checkout, results, config["cloning"]["validation"])
    rows += estimates(checkout, [checkout / f"config/{name}.yaml" for name in STUDIES])
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"{os.cpu_count()} cores, Python {python}; CPU times (user and system) of starts\n")
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
