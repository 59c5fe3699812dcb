"""Slurm: why a job ended, and which jobs of a killed Snakemake still run.

The answers come from the output of a job and from `squeue`, because not every cluster keeps
accounts. This module needs nothing but Python, like `progress`.
"""

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PATIENCE = 20
"""Seconds after which a Slurm that does not answer is not waited for."""

ENDINGS = (
    (
        r"(?i)exceeded (?:job |step )?memory limit|oom[-_ ]?kill|out.of.memory",
        "it needed more memory than it had asked for ({memory}); a next try asks for twice as much",
    ),
    (
        r"DUE TO TIME LIMIT|TIMEOUT",
        "it needed more time than it had asked for ({time}); a next try asks for twice as much",
    ),
    (r"DUE TO NODE FAILURE|NODE_FAIL", "its node failed; a next try runs it again"),
    (r"DUE TO PREEMPTION|PREEMPTED", "another job took its place; a next try runs it again"),
    (r"CANCELLED", "somebody cancelled it; a next try runs it again"),
)
"""What stands in the output of a job or is its state, and what it says; the first match counts."""


def why_ended(output: str, memory: str, time: str) -> str | None:
    """Return why Slurm ended a job, or None if its output does not say that Slurm did.

    Examples
    --------
    >>> why_ended("*** JOB 7 ON c1 CANCELLED AT ... DUE TO TIME LIMIT ***", "1G", "1:00")
    'it needed more time than it had asked for (1:00); a next try asks for twice as much'
    """
    says = (said for pattern, said in ENDINGS if re.search(pattern, output))
    said = next(says, None)
    return said and said.format(memory=memory, time=time)


def left_over(queue: str, folder: Path, own: str | None) -> list[str]:
    """Return the ids of jobs in a queue that a Snakemake submitted from a folder.

    A line of `queue` is `id|working directory|comment`. A job of the Slurm plugin has a comment
    that begins with `rule_`; `own` is the job that this process runs in, if any.
    """
    jobs = [line.split("|", 2) for line in queue.splitlines() if line.count("|") >= 2]
    return [
        job
        for job, place, comment in jobs
        if comment.startswith("rule_") and job != own and Path(place) == folder
    ]


def doubled(folder: Path) -> str | None:
    """Return a sentence if jobs of a Snakemake that was killed still work in a folder.

    It is None where none do, and where no Slurm answers.
    """
    said = squeue("--user", str(os.getuid()), "--format=%i|%Z|%k")
    jobs = left_over(said, folder.resolve(), os.environ.get("SLURM_JOB_ID"))
    if not jobs:
        return None
    return (
        f"jobs of an earlier Snakemake still write into {folder} (Slurm jobs {', '.join(jobs)}); "
        f"wait until `squeue` shows them no more, or end them with `scancel {' '.join(jobs)}`, and "
        f"repeat the command"
    )


def squeue(*options: str) -> str:
    """Return what `squeue` says without its header, or nothing where it does not answer."""
    if shutil.which("squeue") is None:
        return ""
    call = ["squeue", "--noheader", *options]
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


class Endings(logging.Handler):
    """Says why Slurm ended a job, when Snakemake logs that the job failed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Follow one event."""
        told: Any = record
        event = str(getattr(record, "event", None) or "")
        if event == "group_error":
            self._tell(record.name, told.groupid, told.aux_logs)
        elif event == "job_error":
            self._tell(record.name, told.rule_name, told.log)

    @staticmethod
    def _tell(logger: str, name: str, outputs: Sequence[str]) -> None:
        for output in map(Path, outputs):
            job = output.stem
            if not job.isdecimal() or not output.is_file():
                continue
            known = squeue("--states=all", "--jobs", job, "--format=%m|%l|%T").strip()
            memory, time, state = known.split("|") if known.count("|") == 2 else ("", "", "")
            written = output.read_text("utf-8", errors="replace")
            said = why_ended(f"{written}\n{state}", memory, time)
            if said:
                # Snakemake shows a message as it is, without its arguments.
                logging.getLogger(logger).warning(
                    f"Slurm job {job} ({name}) ended: {said}. Its output is {output}."
                )
