"""What Snakemake needs to plan a study: the CPU time of `snakemake -n`.

Two rows plan a study that is finished, so that nothing is to be done: the default study and the
full one. Their results are empty files in a temporary folder that Snakemake has recorded as made.
The last row plans the full study with ten times its experts, each under ten names, beside the full
study itself; nothing of both exists.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from benchmarks.table import Row

NO_OP = {"default": 4.0, "full": 8.0}
"""The most seconds (CPU) to plan a finished study."""
TIMES = 10
GROWTH = 12.0
"""The most times that planning may take longer with `TIMES` the experts."""


def cpu_seconds(command: list[str], folder: Path, **environment: str) -> float:
    """Return the CPU time (s) of a process, which must end well."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime


def snakemake(checkout: Path, *overlays: Path) -> list[str]:
    """Return the command line of Snakemake for the study of a checkout under some overlays."""
    call = [sys.executable, "-m", "snakemake", "--snakefile", str(checkout / "Snakefile")]
    return [*call, "--configfile", *map(str, overlays)] if overlays else call


def multiplied(overlay: dict[str, Any], experts: dict[str, Any], times: int) -> dict[str, Any]:
    """Return a study with each of its experts under several names.

    `experts` is the registry of the shipped config, which the overlay may extend.
    """
    registry = {**experts, **overlay.get("experts", {})}

    def named(names: list[str]) -> list[str]:
        return [f"{name}_{copy}" for name in names for copy in range(times)]

    return {
        **overlay,
        "experts": {
            f"{name}_{copy}": source for name, source in registry.items() for copy in range(times)
        },
        "study": {key: named(names) for key, names in overlay["study"].items()},
        "offline": {**overlay["offline"], "experts": named(overlay["offline"]["experts"])},
    }


def finish_study(command: list[str], checkout: Path, folder: Path) -> None:
    """Make a folder in which the study of a command looks finished."""
    (folder / "config").mkdir()
    config = (checkout / "config/config.yaml").read_bytes()
    (folder / "config/config.yaml").write_bytes(config)
    for name in ("workflow/resources", "workflow/claims", "profiles"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(checkout / name)
    summary = subprocess.run(
        [*command, "--summary"], cwd=folder, capture_output=True, text=True, check=True
    )
    header, *lines = summary.stdout.splitlines()
    column = header.split("\t").index("output_file")
    for line in lines:
        path = folder / line.split("\t")[column]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    subprocess.run(
        [*command, "--touch", "--forceall", "--cores", "1"],
        cwd=folder,
        capture_output=True,
        check=True,
    )


def no_op_row(name: str, command: list[str], checkout: Path, rounds: int) -> Row:
    """Return the row of planning a finished study."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        finish_study(command, checkout, folder)
        plan = [*command, "-n"]
        said = subprocess.run(plan, cwd=folder, capture_output=True, text=True, check=True)
        if "Nothing to be done" not in said.stdout + said.stderr:
            raise RuntimeError(f"the study is not finished:\n{said.stdout}{said.stderr}")
        seconds = min(cpu_seconds(plan, folder) for _ in range(rounds))
    return Row(
        f"snakemake -n of the finished {name} study",
        f"{seconds:.2f} s",
        "",
        "",
        f"<= {NO_OP[name]:g} s",
        seconds <= NO_OP[name],
    )


def growth_row(checkout: Path, rounds: int) -> Row:
    """Return the row of planning a study with many times the experts of the full one."""
    base, full = (checkout / "config" / f"{name}.yaml" for name in ("config", "full"))
    experts = yaml.safe_load(base.read_text("utf-8"))["experts"]
    many = multiplied(yaml.safe_load(full.read_text("utf-8")), experts, TIMES)
    with TemporaryDirectory() as place:
        folder = Path(place)
        overlay = folder / "many.yaml"
        overlay.write_text(yaml.safe_dump(many))
        plans = [[*snakemake(checkout, path), "-n", "-q", "all"] for path in (full, overlay)]
        once = min(cpu_seconds(plans[0], folder) for _ in range(rounds))
        often = cpu_seconds(plans[1], folder)
    return Row(
        f"snakemake -n of {TIMES} x the experts of the full study",
        f"{often:.1f} s",
        f"full study {once:.2f} s",
        f"{often / once:.1f}",
        f"<= {GROWTH:g} x",
        often <= GROWTH * once,
    )


def planning_rows(checkout: Path, rounds: int) -> list[Row]:
    """Return the rows of the no-op of two studies, and of the growth with the experts."""
    overlays = {"default": [], "full": [checkout / "config/full.yaml"]}
    return [
        *(
            no_op_row(name, snakemake(checkout, *paths), checkout, rounds)
            for name, paths in overlays.items()
        ),
        growth_row(checkout, rounds),
    ]
