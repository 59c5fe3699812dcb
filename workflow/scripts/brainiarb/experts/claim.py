"""The claim of a running training on its state, which keeps a second one from sharing it."""

import fcntl
import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from brainiarb.errors import Refused

BEAT_SECONDS = 20.0
"""Time (s) between two signs of life in the file of a claim."""
PATIENCE_SECONDS = 150.0
"""Time (s) without a sign of life after which a process on another machine counts as dead. File
systems on a network may show a change a minute late."""


def claim_file(state: Path) -> Path:
    """Return the file beside a state that says who trains with it."""
    return state.with_name(f"{state.name}.lock")


@contextmanager
def claimed(state: Path | None) -> Iterator[None]:
    """Claim the state of a training while the block runs; None needs no claim.

    The claim of a dead process is taken over: on this machine at once, and from another machine
    after `PATIENCE_SECONDS` without a sign of life. Raises Refused if another process trains.
    """
    if state is None:
        yield
        return
    path = claim_file(state)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _locked(path)
    ended = threading.Event()
    beat = threading.Thread(target=_beat, args=(path, ended), daemon=True)
    try:
        _refuse_living(path, file)
        file.seek(0)
        file.truncate()
        json.dump(_ourselves(), file)
        file.flush()
        beat.start()
        try:
            yield
        finally:
            ended.set()
            beat.join()
            path.unlink(missing_ok=True)
    finally:
        file.close()


def _ourselves() -> dict[str, str | int | None]:
    job = os.environ.get("SLURM_JOB_ID")
    return {"host": platform.node(), "pid": os.getpid(), "job": job}


def _locked(path: Path) -> TextIO:
    """Open a claim and lock it; the system ends a lock when its process ends."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(file)
            file.close()
            raise _refusal(path, owner) from None
        except OSError:
            # Some file systems on a network have no locks; the signs of life remain.
            return file
        # The process that held it may have removed the file meanwhile.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()


def _owner(file: TextIO) -> dict[str, str | int | None]:
    file.seek(0)
    try:
        return dict(json.load(file))
    except (TypeError, ValueError):
        return {}


def _refuse_living(path: Path, file: TextIO) -> None:
    """Raise Refused if a process of another machine, which a claim names, shows signs of life."""
    owner = _owner(file)
    if owner.get("host") in (None, platform.node()):
        return
    seen, waited = path.stat().st_mtime_ns, 0.0
    while waited < PATIENCE_SECONDS:
        time.sleep(min(BEAT_SECONDS, 1.0))
        waited += min(BEAT_SECONDS, 1.0)
        if path.exists() and path.stat().st_mtime_ns != seen:
            raise _refusal(path, owner)


def _refusal(path: Path, owner: dict[str, str | int | None]) -> Refused:
    job = f", job {owner['job']} of Slurm" if owner.get("job") else ""
    return Refused(
        f"{path}: the process {owner.get('pid', 'unknown')} on {owner.get('host', 'this machine')}"
        f"{job} trains this expert already; wait until it ends, or end it"
    )


def _beat(path: Path, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        with suppress(OSError):
            path.touch()
