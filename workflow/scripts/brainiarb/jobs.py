"""What every job of the workflow does besides its work: its log, and where a result is from."""

import logging
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from brainiarb.errors import Refused

PACKAGES = ("torch", "stable-baselines3", "gymnasium", "mujoco", "numpy")


@contextmanager
def job(log: Iterable[str], outputs: Iterable[str]) -> Iterator[None]:
    """Write the log to its file and to the screen, and say at the end what was written.

    Refused input and a missing file end the job with their one sentence, any other exception with
    its traceback. The log file holds the traceback in both cases.
    """
    screen = logging.StreamHandler()
    screen.addFilter(lambda record: not getattr(record, "file_only", False))
    handlers: list[logging.Handler] = [screen]
    for path in log:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(path, mode="w"))
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=handlers
    )
    try:
        yield
    except (Refused, FileNotFoundError) as error:
        logging.error("error: %s", error)
        logging.error("where it was raised", exc_info=error, extra={"file_only": True})
        sys.exit(1)
    except Exception:
        logging.exception("unexpected error")
        sys.exit(1)
    for path in outputs:
        size = Path(path).stat().st_size
        logging.info("wrote %s (%s)", path, f"{size / 1e6:.1f} MB" if size > 1e5 else f"{size} B")


def device(resources: Mapping[str, Any]) -> str:
    """Return the torch device of a job: CUDA where its resources grant a GPU."""
    return "cuda" if resources.get("gpu", 0) else "cpu"


def provenance() -> dict[str, Any]:
    """Return the command, commit and versions behind a result that is kept for long."""
    commands = (p.cmdline() for p in psutil.Process().parents())
    workflow = [c for c in commands if any(Path(word).name == "snakemake" for word in c[:3])]
    words = workflow[-1] if workflow else []
    start = next((i for i, word in enumerate(words) if Path(word).name == "snakemake"), 0)
    return {
        "command": " ".join(["snakemake", *words[start + 1 :]]) if words else None,
        "commit": commit(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {name: version(name) for name in PACKAGES},
    }


def commit() -> str | None:
    """Return the commit of the checkout this library lies in, or None outside a repository."""
    git = ["git", "-C", str(Path(__file__).parent)]
    found = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if found.returncode:
        return None
    dirty = subprocess.run(
        [*git, "status", "--porcelain", "--untracked-files=no"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() + ("-dirty" if dirty.stdout else "")
