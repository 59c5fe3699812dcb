"""Jobs: the log that every job writes, and the provenance of a result."""

import logging
import os
import platform
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from brainiarb.errors import Refused
from brainiarb.records import COMMAND, Making, making
from brainiarb.temporaries import is_full

RENDERER = "BRAINIARB_MUJOCO_GL"
"""The environment variable that keeps the user's MUJOCO_GL for pictures."""

SCREEN = "BRAINIARB_SCREEN"
"""The environment variable that is `off` where jobs write into their logs only."""

PACKAGES = ("torch", "stable-baselines3", "gymnasium", "mujoco", "numpy")


@contextmanager
def job(
    log: Iterable[str],
    outputs: Iterable[str],
    params: Mapping[str, Any] | None = None,
    wildcards: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Write a job's log to its file and to the screen, and name the written files at the end.

    `params` with the `settings`, and the wildcards, go into the records of the files that the job
    writes (see `records`). The files that it reads must be made for their places and its settings.

    If input is refused or a file is missing, the screen shows one sentence. After any other
    exception the screen shows the traceback. The log file always holds the traceback.
    If the picture of the study has the screen, everything goes into the first log file.
    In a script that Snakemake runs, the process ends with the job, without Python's own end.
    MUJOCO_GL moves to the variable `RENDERER`: MuJoCo cannot be imported if MUJOCO_GL names a
    library that is absent, and only pictures need that library.
    """
    if renderer := os.environ.pop("MUJOCO_GL", None):
        os.environ[RENDERER] = renderer
    logging.raiseExceptions = False  # a full disk is told once, by the job
    screen = logging.StreamHandler()
    screen.addFilter(lambda record: not getattr(record, "file_only", False))
    files, log = [], [*log]
    for path in log:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        files.append(logging.FileHandler(path, mode="w"))
    handlers: list[logging.Handler] = [screen, *files]
    if files and os.environ.get(SCREEN) == "off":
        handlers = [*files]
        sys.stderr = files[0].stream  # where the bars of a job go, too
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=handlers
    )
    try:
        with making(_made_by(log, params or {}, wildcards or {})):
            yield
    except (Refused, FileNotFoundError) as error:
        _tell(error)
        sys.exit(1)
    except Exception as error:
        if is_full(error, "."):
            _tell(Refused("the disk is full; free some space and run the workflow again"), error)
            sys.exit(1)
        logging.exception("unexpected error")
        sys.exit(1)
    logging.info("used %s", used())
    for path in outputs:
        size = Path(path).stat().st_size
        logging.info("wrote %s (%s)", path, f"{size / 1e6:.1f} MB" if size > 1e5 else f"{size} B")
    if hasattr(sys.modules["__main__"], "snakemake"):
        end_process()


def end_process() -> NoReturn:
    """End this process well and at once.

    Python's own end frees every object by itself, which takes a second where torch was imported.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    logging.shutdown()
    os._exit(0)


def used() -> str:
    """Return what this process has used so far, in words: `12.3 s of CPU, at most 412 MB`.

    Processes that it started and that have ended count too.
    """
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(part.ru_utime + part.ru_stime for part in parts)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
    most = max(part.ru_maxrss for part in parts) * unit
    return f"{seconds:.1f} s of CPU, at most {most / 1e6:.0f} MB"


def _tell(error: Exception, cause: Exception | None = None) -> None:
    """Log an error as one sentence, and its traceback into the log file alone."""
    logging.error("error: %s", error)
    logging.error("where it was raised", exc_info=cause or error, extra={"file_only": True})


def _made_by(log: list[str], params: Mapping[str, Any], wildcards: Mapping[str, str]) -> Making:
    """Return what the records of a job say: its log is `<results>/<body>/logs/<rule>...`."""
    parts, root, rule = Path(*log[:1]).parts, None, None
    if "logs" in parts:
        at = len(parts) - 1 - parts[::-1].index("logs")
        root, rule = Path(*parts[:at]), Path(parts[at + 1]).stem
    return Making(root, rule, dict(wildcards.items()), params.get("settings", {}))


def provenance() -> dict[str, Any]:
    """Return the command, the commit and the versions behind a result that is kept for long.

    The command is that of the study, whatever runs its jobs; None outside of a study.
    """
    from importlib.metadata import PackageNotFoundError, version

    def versions() -> Iterator[tuple[str, str]]:
        # The environment of a rule holds only what its script imports.
        for name in PACKAGES:
            with suppress(PackageNotFoundError):
                yield name, version(name)

    return {
        "command": os.environ.get(COMMAND),
        "commit": commit(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": dict(versions()),
    }


def commit(within: Path = Path(__file__).parent) -> str | None:
    """Return the commit of the checkout that holds a folder, or None without one or git.

    The folder is that of this library, if none is given. The commit ends in `-dirty` if tracked
    files differ from it.
    """

    import subprocess

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", "-C", str(within), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    try:
        head = git("rev-parse", "HEAD")
    except OSError:
        return None
    if head.returncode:
        return None
    changes = git("status", "--porcelain", "--untracked-files=no")
    return head.stdout.strip() + ("-dirty" if changes.stdout else "")
