"""Build the virtual environment that `make` uses, and refresh the locks it is built from.

    python3 envs/environment.py check .venv     exit 0 if .venv holds what envs/lock.txt says
    python3 envs/environment.py build .venv     make it so
    python3 envs/environment.py docs .venv      add what envs/docs.txt says, if it is not there yet
    python3 envs/environment.py lock            write both files anew from pyproject.toml

This script needs nothing but Python's standard library, because it runs before anything is
installed.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "envs" / "lock.txt"
DOCS_LOCK = ROOT / "envs" / "docs.txt"
OLDEST = (3, 11)
# Files in the environment. The first says that `make` may replace it, the second that it holds the
# lock, the third that it also holds the lock of the documentation.
MARK, STAMP, DOCS_STAMP = "made-by-make", "installed.txt", "installed_docs.txt"

HEADER = """\
# What `make` installs into .venv: the whole closure of pyproject.toml and its extra `dev`.
# Written by `make lock`. Holds for Python 3.11 and newer; what differs from machine to machine
# (the CUDA libraries of torch) is left out and follows from torch itself.
"""
DOCS_HEADER = """\
# What `make docs` adds to .venv: the closure of the extra `docs` without what lock.txt holds.
# Written by `make lock`. Holds for Python 3.11 and newer.
"""
# Packages that the same release of torch needs on some machines only.
MACHINES_OWN = re.compile(r"(nvidia-|cuda-|triton$)")


def stop(sentence: str) -> NoReturn:
    """End with one line that says what is missing."""
    raise SystemExit(f"make: {sentence}")


def stamp(folder: Path, lock: Path) -> str:
    """Return the text of the stamp of a complete environment: its place and the lock."""
    return f"# {folder.absolute()}\n{lock.read_text(encoding='utf-8')}"


def complete(folder: Path) -> bool:
    """Return whether the environment holds the lock, in this place, and its Python starts."""
    try:
        if (folder / STAMP).read_text(encoding="utf-8") != stamp(folder, LOCK):
            return False
        return subprocess.run([folder / "bin" / "python", "-c", ""], check=False).returncode == 0
    except OSError:
        return False


def require_python() -> None:
    """Stop unless this Python is new enough and can make environments."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        stop(
            f"{sys.executable} is Python {version}, Python {oldest} or newer is needed: "
            "install one, or name it: make PYTHON=/path/to/python3"
        )
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        stop(
            f"{sys.executable} cannot make virtual environments: "
            "install python3-venv (Debian, Ubuntu: apt-get install python3-venv)"
        )


def create(folder: Path) -> Path:
    """Make an empty virtual environment and return its Python."""
    done = subprocess.run([sys.executable, "-m", "venv", str(folder)], check=False)
    if done.returncode:
        stop(f"{sys.executable} -m venv {folder} failed; the reason stands above")
    return folder / "bin" / "python"


def build(folder: Path) -> None:
    """Build the environment anew from the lock. The stamp is written last."""
    require_python()
    if folder.exists() and not (folder / MARK).exists():
        stop(f"{folder} was not made by make: move it away, or name another: make VENV=.venv-make")
    print(f"make: building {folder} from envs/lock.txt, once (some minutes)", flush=True)
    if folder.exists():
        # The stamp goes first and the mark stays: after an interruption the environment is neither
        # taken for complete nor for an environment of the user.
        (folder / STAMP).unlink(missing_ok=True)
        for item in folder.iterdir():
            if item.name != MARK:
                shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()
    folder.mkdir(exist_ok=True)
    (folder / MARK).touch()
    install(create(folder), LOCK)
    (folder / STAMP).write_text(stamp(folder, LOCK), encoding="utf-8")


def install(python: Path, lock: Path, *options: str) -> None:
    """Install what a lock names into the environment of a Python."""
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "-r", str(lock)]
    command += [*options, *os.environ.get("PIP_OPTIONS", "").split()]
    if subprocess.run(command, check=False).returncode:
        stop(f"pip could not install envs/{lock.name}, see above; mend that and repeat make")


def add_docs(folder: Path) -> None:
    """Add what the documentation is built with to a complete environment, unless it is there."""
    written = folder / DOCS_STAMP
    if written.exists() and written.read_text(encoding="utf-8") == stamp(folder, DOCS_LOCK):
        return
    print(f"make: adding envs/{DOCS_LOCK.name} to {folder}, once", flush=True)
    # The constraint keeps every package of the study as it is.
    install(folder / "bin" / "python", DOCS_LOCK, "-c", str(LOCK))
    written.write_text(stamp(folder, DOCS_LOCK), encoding="utf-8")


def locked(report: dict) -> list[str]:
    """Return the lines of a lock from pip's installation report.

    The label of a build (`+cpu`) is dropped, because it names a place and not a release.
    """
    names = {}
    for item in report["install"]:
        if "dir_info" not in item.get("download_info", {}):
            name = item["metadata"]["name"]
            names[re.sub(r"[-_.]+", "-", name).lower()] = item["metadata"]["version"].split("+")[0]
    return [f"{n}=={v}\n" for n, v in sorted(names.items()) if not MACHINES_OWN.match(n)]


def resolved(python: Path, folder: Path, extras: str, *options: str) -> list[str]:
    """Return the lines of a lock of the newest versions that work together."""
    report = folder / "report.json"
    command = ["-m", "pip", "install", "--dry-run", "--ignore-installed", *options]
    command += ["--report", str(report), f"{ROOT}[{extras}]"]
    if subprocess.run([python, *command], check=False).returncode:
        stop(f"pip could not resolve [{extras}] of pyproject.toml, the reason stands above")
    return locked(json.loads(report.read_text(encoding="utf-8")))


def lock() -> None:
    """Resolve pyproject.toml and write the locks, that of the documentation beside the other."""
    require_python()
    if sys.version_info[:2] != OLDEST:
        oldest = ".".join(map(str, OLDEST))
        stop(f"the lock is made with the oldest Python supported: make lock PYTHON=python{oldest}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = create(folder / "venv")
        study = resolved(python, folder, "dev")
        constraint = folder / "constraint.txt"
        constraint.write_text("".join(study), encoding="utf-8")
        both = resolved(python, folder, "dev,docs", "-c", str(constraint))
    LOCK.write_text(HEADER + "".join(study), encoding="utf-8")
    added = [line for line in both if line not in study]
    DOCS_LOCK.write_text(DOCS_HEADER + "".join(added), encoding="utf-8")
    print(
        "make: wrote envs/lock.txt and envs/docs.txt; tests/test_environments.py says what follows"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"] and len(sys.argv) == 3:
        sys.exit(not complete(Path(sys.argv[2])))
    elif sys.argv[1:2] == ["build"] and len(sys.argv) == 3:
        build(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["docs"] and len(sys.argv) == 3:
        add_docs(Path(sys.argv[2]))
    elif sys.argv[1:] == ["lock"]:
        lock()
    else:
        stop("usage: environment.py check FOLDER | build FOLDER | docs FOLDER | lock")
