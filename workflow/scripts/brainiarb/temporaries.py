"""Temporary files: where a result is written until it is whole, and what killed jobs leave."""

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

PREFIX = ".writing-"
"""How the names of temporary folders begin."""

_LOCK = ".lock"
_YOUNG = 60.0  # seconds in which a folder may not have its lock yet
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_LITTLE = 2**20  # bytes, with fewer of which a disk counts as full


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent`, which vanishes at the end.

    Its name differs between processes. A lock marks it as long as this process lives, so that
    `sweep` knows it from what a killed job left.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=PREFIX, dir=parent))
    try:
        with open(folder / _LOCK, "w", encoding="utf-8") as lock:
            with suppress(OSError):  # a file system without locks: nothing there is ever swept
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(results: str | Path) -> list[Path]:
    """Remove the temporary folders of processes that live no more, and return them.

    A folder stays if a process on any machine holds its lock, if the file system has no locks, or
    if the folder is younger than a minute.
    """
    swept = []
    for folder in sorted(Path(results).rglob(f"{PREFIX}*")):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _YOUNG and _is_left(folder):
                shutil.rmtree(folder)
                swept.append(folder)
    return swept


def _is_left(folder: Path) -> bool:
    """Return whether no process holds the lock of a temporary folder."""
    if not (folder / _LOCK).exists():
        return True
    with open(folder / _LOCK, encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def is_full(error: BaseException, folder: str | Path) -> bool:
    """Return whether an error arose because the disk of a folder, or a user's part of it, is full.

    Libraries hide the error of the operating system behind their own, so the disk is asked too.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _NO_SPACE:
            return True
        if os.strerror(errno.ENOSPC) in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    with suppress(OSError):
        return shutil.disk_usage(folder).free < _LITTLE
    return False
