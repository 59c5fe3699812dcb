"""Build the virtual environment that `make` uses, and refresh the lock it is built from.

    python3 envs/environment.py check .venv     exit 0 if .venv holds what envs/lock.txt says
    python3 envs/environment.py build .venv     make it so
    python3 envs/environment.py lock            write envs/lock.txt anew from pyproject.toml

Needs nothing but Python's standard library, since it runs before anything is installed.
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
OLDEST = (3, 11)
# Of the environment: the first says that `make` may replace it, the second that it is complete.
MARK, STAMP = "made-by-make", "installed.txt"

HEADER = """\
# What `make` installs into .venv: the whole closure of pyproject.toml and its extra `dev`.
# Written by `make lock`. Holds for Python 3.11 and newer; what differs from machine to machine
# (the CUDA libraries of torch) is left out and follows from torch itself.
"""
# The same release of torch needs other packages on a machine with a GPU.
MACHINES_OWN = re.compile(r"(nvidia-|cuda-|triton$)")


def stop(sentence: str) -> NoReturn:
    """Say in one line what is missing and end."""
    raise SystemExit(f"make: {sentence}")


def stamp(folder: Path) -> str:
    """What the stamp of a complete environment reads: its place and the lock."""
    return f"# {folder.absolute()}\n{LOCK.read_text(encoding='utf-8')}"


def complete(folder: Path) -> bool:
    """Whether the environment holds what the lock says, here, and its Python still starts."""
    try:
        if (folder / STAMP).read_text(encoding="utf-8") != stamp(folder):
            return False
        return subprocess.run([folder / "bin" / "python", "-c", ""], check=False).returncode == 0
    except OSError:
        return False


def require_python() -> None:
    """Stop unless this Python is new enough and can make environments."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        stop(
            f"{sys.executable} is Python {found}, Python {wanted} or newer is needed: "
            "install one, or name it: make PYTHON=/path/to/python3"
        )
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        stop(
            f"{sys.executable} cannot make virtual environments: "
            "install python3-venv (Debian, Ubuntu: apt-get install python3-venv)"
        )


def create(folder: Path) -> Path:
    """Make an empty virtual environment and return its Python."""
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], check=False)
    if made.returncode:
        stop(f"{sys.executable} -m venv {folder} failed, its reason stands above")
    return folder / "bin" / "python"


def build(folder: Path) -> None:
    """Make the environment hold what the lock says, from an empty one, and stamp it last."""
    require_python()
    if folder.exists() and not (folder / MARK).exists():
        stop(f"{folder} was not made by make: move it away, or name another: make VENV=.venv-make")
    print(f"make: building {folder} from envs/lock.txt, once (some minutes)", flush=True)
    if folder.exists():
        # In this order an interrupted removal is neither taken for complete nor for someone else's.
        (folder / STAMP).unlink(missing_ok=True)
        for item in folder.iterdir():
            if item.name != MARK:
                shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()
    folder.mkdir(exist_ok=True)
    (folder / MARK).touch()
    options = ["--disable-pip-version-check", "-r", str(LOCK)]
    options += os.environ.get("PIP_OPTIONS", "").split()
    if subprocess.run([create(folder), "-m", "pip", "install", *options], check=False).returncode:
        stop("pip could not install envs/lock.txt, see above; mend that and repeat make")
    (folder / STAMP).write_text(stamp(folder), encoding="utf-8")


def locked(report: dict) -> str:
    """The lock's text from pip's installation report.

    A build's own label (`+cpu`) is dropped, since it names a place and not a release.
    """
    names = {}
    for item in report["install"]:
        if "dir_info" not in item.get("download_info", {}):
            name = item["metadata"]["name"]
            names[re.sub(r"[-_.]+", "-", name).lower()] = item["metadata"]["version"].split("+")[0]
    lines = [f"{n}=={v}\n" for n, v in sorted(names.items()) if not MACHINES_OWN.match(n)]
    return HEADER + "".join(lines)


def lock() -> None:
    """Resolve pyproject.toml to the newest versions that work together and write the lock."""
    require_python()
    if sys.version_info[:2] != OLDEST:
        wanted = ".".join(map(str, OLDEST))
        stop(f"the lock is made with the oldest Python supported: make lock PYTHON=python{wanted}")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = ["-m", "pip", "install", "--dry-run", "--ignore-installed"]
        command += ["--report", str(report), f"{ROOT}[dev]"]
        if subprocess.run([create(Path(folder, "venv")), *command], check=False).returncode:
            stop("pip could not resolve pyproject.toml, its reason stands above")
        text = locked(json.loads(report.read_text(encoding="utf-8")))
    LOCK.write_text(text, encoding="utf-8")
    print("make: wrote envs/lock.txt; tests/test_environments.py says what must follow it")


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"] and len(sys.argv) == 3:
        sys.exit(not complete(Path(sys.argv[2])))
    elif sys.argv[1:2] == ["build"] and len(sys.argv) == 3:
        build(Path(sys.argv[2]))
    elif sys.argv[1:] == ["lock"]:
        lock()
    else:
        stop("usage: environment.py check FOLDER | build FOLDER | lock")
