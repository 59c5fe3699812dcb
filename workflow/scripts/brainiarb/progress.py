"""Progress: what a person sees on a terminal while a study runs.

One picture stands at the foot of the terminal: how many of how many jobs are done, for about how
long still, and what is running. This module needs nothing but Python, because the process that
schedules jobs may have no other package.
"""

import logging
import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, TextIO

BAR = 20
"""Characters of the bar."""
REFRESHED = 0.5
"""Seconds between two pictures."""
TOLD = 15
"""Lines of the log of a failed job that are told if the log holds no sentence for the user."""
REPEATED = ("RuleException", "Exiting because a job execution failed")
"""How messages of Snakemake begin that say no more than the list of failed jobs at the end."""


@dataclass(frozen=True)
class Running:
    """A job that runs."""

    rule: str
    says: str
    log: Sequence[str]
    since: float


@dataclass
class Study:
    """How far a study is."""

    waiting: dict[str, int]
    """How many jobs of each rule have not ended."""
    at_once: int
    """How many jobs run at the same time."""
    past: Mapping[str, Sequence[float]]
    """Seconds that jobs of each rule took before this run."""
    began: float
    running: dict[int, Running] = field(default_factory=dict)
    failed: list[Running] = field(default_factory=list)
    done: int = 0
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def end(self, job: int, now: float) -> None:
        """Count a job as done; one that was not said to run is none of this study."""
        ended = self.running.pop(job, None)
        if ended is not None:
            self.done += 1
            self.waiting[ended.rule] -= 1
            self.took[ended.rule].append(now - ended.since)

    def fail(self, job: int) -> None:
        """Count a job as failed."""
        ended = self.running.pop(job, None)
        if ended is not None:
            self.waiting[ended.rule] -= 1
            self.failed.append(ended)

    def seconds_left(self, now: float) -> float | None:
        """Return for about how long the study still runs (s), None where no job has a time yet.

        A job takes the mean of its rule in this run, or else before it, or else of all rules.
        """
        known = {**self.past, **self.took}
        means = {rule: fmean(times) for rule, times in known.items() if times}
        if not means:
            return None
        usual = fmean(means.values())
        work = sum(means.get(rule, usual) * count for rule, count in self.waiting.items())
        passed = sum(
            min(now - job.since, means.get(job.rule, usual)) for job in self.running.values()
        )
        return (work - passed) / max(min(self.at_once, sum(self.waiting.values())), 1)

    def picture(self, now: float, width: int) -> list[str]:
        """Return the lines of the picture, each at most `width` characters wide."""
        total = self.done + len(self.failed) + sum(self.waiting.values())
        share = self.done / total if total else 1.0
        filled, left = round(BAR * share), self.seconds_left(now)
        parts = [f"{self.done} of {total} jobs"]
        if self.failed:
            parts.append(f"{len(self.failed)} failed")
        parts.append(duration(now - self.began))
        if left is not None:
            parts.append(f"about {duration(left)} still")
        jobs = sorted(self.running.values(), key=lambda job: job.since)
        lines = [f"[{'#' * filled}{'.' * (BAR - filled)}] {', '.join(parts)}"]
        lines += [f"{duration(now - job.since):>12}  {job.says}" for job in jobs]
        return [line[:width] for line in lines]

    def faults(self) -> list[str]:
        """Return the lines that say which jobs failed, and why; nothing if none did."""
        if not self.failed:
            return []
        lines = [f"{len(self.failed)} job{'s' * (len(self.failed) > 1)} failed:"]
        for job in self.failed:
            lines.append(f"  {job.says} (rule {job.rule})")
            for log in job.log:
                lines += [f"    {line}" for line in reason(log)]
                lines.append(f"    The log is {log}.")
        return lines


def duration(seconds: float) -> str:
    """Return a time in words: `14 s`, `3 min 20 s`, `2 h 5 min`.

    Examples
    --------
    >>> duration(14.2), duration(200), duration(7500)
    ('14 s', '3 min 20 s', '2 h 5 min')
    """
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def reason(log: str) -> list[str]:
    """Return why a job failed: the sentence for the user in its log, or the end of the log."""
    try:
        lines = Path(log).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ["There is no log."]
    told = [line for line in lines if re.match(r"\d\d:\d\d:\d\d error: ", line)]
    return told or lines[-TOLD:]


class Display(logging.Handler):
    """Draws the picture of a study on a terminal, from the events that Snakemake logs."""

    def __init__(self, study: Study, replaced: "logging.StreamHandler[TextIO]") -> None:
        """`replaced` is the handler whose place on the screen the picture takes."""
        super().__init__()
        self.study, self.replaced, self.stream = study, replaced, replaced.stream
        self.height = 0
        self.drawing = threading.RLock()
        self.over = threading.Event()
        self.drawer = threading.Thread(target=self._draw_again, daemon=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Follow one event; what is no event of a job and a warning or worse is written out."""
        told: Any = record
        event = str(getattr(record, "event", None) or "")
        with self.drawing:
            if event == "job_info":
                says = told.rule_msg or told.rule_name
                job = Running(told.rule_name, says, [*told.log], time.time())
                self.study.running[told.jobid] = job
            elif event == "job_finished":
                self.study.end(told.job_id, time.time())
            elif event == "job_error":
                self.study.fail(told.jobid)
            elif event == "group_error":
                for job in told.job_error_info:
                    self.study.fail(job["jobid"])
            elif event in ("", "error") and record.levelno >= logging.WARNING:
                message = record.getMessage()
                if not message.startswith(REPEATED):
                    self._write([message], kept=True)
            self._draw()

    def start(self) -> None:
        """Draw the first picture, and a new one again and again."""
        self.drawer.start()

    def close(self) -> None:
        """Take the picture away and write which jobs failed."""
        if not self.over.is_set():
            self.over.set()
            self.drawer.join()
            self._write(self.study.faults(), kept=True)
        super().close()

    def _draw_again(self) -> None:
        while not self.over.wait(REFRESHED):
            with self.drawing:
                self._draw()

    def _draw(self) -> None:
        width = os.get_terminal_size(self.stream.fileno()).columns
        self._write(self.study.picture(time.time(), width or 80))

    def _write(self, lines: Sequence[str], kept: bool = False) -> None:
        """Write lines in the place of the picture; lines that are kept stay above the next ones."""
        up = f"\x1b[{self.height}F" if self.height else ""
        self.stream.write(up + "\x1b[J" + "".join(line + "\n" for line in lines))
        self.stream.flush()
        self.height = 0 if kept else len(lines)
