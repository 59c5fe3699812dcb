"""The study on a throw-away Slurm, beside a local run, and what goes wrong on a cluster:

    python -m tests.cluster [--config FILE] [--local FOLDER] [--only study FAULT ...]

`--local` names the results of a finished local run of the same config, such as
`results/quick/walker2d`; without it the local run is made too. All lies in a temporary folder, the
daemons listen on 127.0.0.1 only, and all of it is gone at the end. Where there can be no Slurm, one
line says why and nothing is tested.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from benchmarks.table import Row, show
from tests.cluster.faults import FAULTS, injected
from tests.cluster.study import ROOT, different, end_all, on_slurm, results, run, snakemake, used
from tests.cluster.throwaway import Cluster, MissingError, cluster

OVERHEAD = 2.0
"""The most seconds of Slurm jobs for a second of work."""


def study_rows(made: Cluster, folder: Path, config: str, local: Path | None) -> list[Row]:
    """Run a study on a cluster and return the rows that compare it with a local run."""
    overlay = yaml.safe_load((ROOT / config).read_text("utf-8"))
    place = Path(overlay["results"], overlay.get("body", "walker2d"))
    code, said = run(on_slurm(config=config), folder / "slurm", made.environment)
    if code:
        print(said[-5000:])
        return [Row("study on Slurm", f"exit code {code}", "", "", "0", False)]
    jobs = made.ended()
    if local is None:
        code, said = run(
            snakemake("--cores", "2", config=config), folder / "local", made.environment
        )
        local = folder / "local" / place
        if code:
            print(said[-5000:])
            return [Row("study on this machine", f"exit code {code}", "", "", "0", False)]
    unequal = different(folder / "slurm" / place, local)
    print(*(f"different: {name}" for name in unequal), sep="\n")
    tries = [job for job in jobs if job.state != "COMPLETED"]
    held = sum(job.seconds for job in jobs)
    work, most = used(folder / "slurm" / place)
    spent = made.cpu_seconds()
    against = f"CPU of the work {work:.0f} s"
    load = f"{os.getloadavg()[2]:.1f} on {os.cpu_count()} cores"
    return [
        Row("files that differ from the local run's", str(len(unequal)),
            f"{len(results(local))} files", "", "0", not unequal),
        Row("Slurm jobs that did not end well", str(len(tries)), f"{len(jobs)} jobs", "", "0",
            not tries),
        Row("seconds of Slurm jobs", f"{held:.0f} s", against, f"{held / work:.2f}",
            f"<= {OVERHEAD:g} x", held <= OVERHEAD * work),
        Row("CPU seconds of Slurm jobs", f"{spent:.0f} s", against, f"{spent / work:.2f}", "",
            None),
        Row("load of this machine meanwhile", load, "", "", "", None),
        Row("most memory of a job", f"{most} MB", "", "", "", None),
    ]  # fmt: skip


def fault_rows(made: Cluster, folder: Path, steps: int, names: Sequence[str]) -> list[Row]:
    """Inject faults and return a row for each."""
    return [
        Row(fault, seen, "", "", "the same expert", same)
        for fault, seen, same in injected(made, folder, steps, names)
    ]


def main() -> int:
    """Bring up Slurm, run the study, inject the faults and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--config", default="config/quick.yaml", help="of the study")
    parser.add_argument("--local", type=Path, help="results of a finished local run")
    parser.add_argument("--only", nargs="+", choices=["study", *FAULTS], default=["study", *FAULTS])
    parser.add_argument("--steps", type=int, default=4000, help="of a training with a fault")
    options = parser.parse_args()
    # However this process is asked to end, it takes its daemons and jobs with it.
    for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(asked, lambda *_: sys.exit(1))
    rows = []
    try:
        with TemporaryDirectory(prefix="study") as name:
            folder = Path(name).resolve()
            try:
                with cluster() as made:
                    if "study" in options.only:
                        local = options.local and options.local.resolve()
                        rows += study_rows(made, folder, options.config, local)
                    names = [name for name in FAULTS if name in options.only]
                    if names:
                        rows += fault_rows(made, folder / "faults", options.steps, names)
            finally:
                left = end_all(folder)
            said = ("processes that are left at the end", str(len(left)))
            rows.append(Row(*said, "", "", "0", not left))
    except MissingError as reason:
        print(f"skipped: {reason}")
        return 0
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
