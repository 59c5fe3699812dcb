"""The command line of `make`, and the environment that it builds before it starts anything."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import environment
from conftest import PATIENCE, ROOT


def make(*arguments, **variables):
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "0", **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


# ---- the command line


def test_verifying_names_the_results_and_what_makes_them_again():
    done = make("-n", "verify", "FOLDER=results/quick/walker2d")
    assert "-m brainiarb.verify results/quick/walker2d" in done.stdout
    assert "--remake" not in done.stdout
    done = make("-n", "verify", "REMAKE=1", "CORES=2")
    remake = r"brainiarb\.verify results/walker2d --remake \S+ -m snakemake --cores 2$"
    assert re.search(remake, done.stdout.rstrip())


def test_variables_reach_snakemake():
    done = make("-n", "study", "CORES=2", "CONFIG=config/full.yaml", "TARGETS=a.png", "OPTIONS=-n")
    assert "-m snakemake --cores 2 --configfile config/full.yaml -n -- a.png" in done.stdout
    assert "-m brainiarb.config_files config/full.yaml" in done.stdout


@pytest.mark.parametrize(("cores", "processes"), [("3", "3"), ("all", "logical")])
def test_tests_run_on_as_many_cores_as_a_study(cores, processes):
    done = make("-n", "test", f"CORES={cores}", "PYTEST=-k gait")
    assert f"-m pytest -n {processes} " in done.stdout
    assert done.stdout.endswith(" -k gait\n")


def test_help_names_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    said = make("help").stdout
    assert [t for t in targets if t != "study" and f"make {t}" not in said] == []


# ---- what is missing


def test_missing_python_is_one_line(tmp_path):
    done = make("venv", f"VENV={tmp_path / 'venv'}", "PYTHON=no-such-python")
    assert done.returncode != 0
    assert "make: no-such-python is missing: install Python 3.11" in done.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("sys.version_info = (3, 9, 2)", "is Python 3.9.2, Python 3.11 or newer is needed"),
        (
            "util.find_spec = lambda name, find=util.find_spec: name != 'ensurepip' and find(name)"
            " or None",
            "install python3-venv",
        ),
    ],
)
def test_unfit_python_on_the_path_is_one_line(tmp_path, change, said):
    program = (
        "import runpy, sys; import importlib.util as util; "
        f"{change}; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    executable(
        tmp_path / "bin" / "python3",
        f'#!/bin/sh\nexec {sys.executable} -c "{program}" "$@"\n',
    )
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = make("venv", f"VENV={tmp_path / 'venv'}", "PYTHON=python3", PATH=path)
    assert done.returncode != 0
    ours = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(ours) == 1
    assert said in ours[0]
    assert not (tmp_path / "venv").exists()


# ---- building the environment


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Locks of our own, and instead of pip a program that notes its calls and may fail."""
    monkeypatch.setattr(environment, "LOCK", tmp_path / "lock.txt")
    monkeypatch.setattr(environment, "DOCS_LOCK", tmp_path / "docs.txt")
    environment.LOCK.write_text("numpy==2.0.0\n")
    environment.DOCS_LOCK.write_text("sphinx==9.0.0\n")
    program = f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ntest ! -e {tmp_path}/no-network\n'
    monkeypatch.setattr(
        environment, "create", lambda folder: executable(folder / "bin" / "python", program)
    )
    return tmp_path


def test_environment_is_complete_until_the_lock_changes(place):
    folder = place / "venv"
    assert not environment.complete(folder)
    environment.build(folder)
    assert (
        f"install --disable-pip-version-check -r {place}/lock.txt" in (place / "calls").read_text()
    )
    assert environment.complete(folder)
    os.utime(environment.LOCK)
    assert environment.complete(folder)

    (folder / "left-over").mkdir()
    environment.LOCK.write_text("numpy==2.0.1\n")
    assert not environment.complete(folder)
    environment.build(folder)
    assert environment.complete(folder)
    assert not (folder / "left-over").exists()


def test_interrupted_installation_is_repeated(place):
    folder = place / "venv"
    (place / "no-network").touch()
    with pytest.raises(SystemExit, match=r"pip could not install envs/lock\.txt"):
        environment.build(folder)
    assert not environment.complete(folder)
    (place / "no-network").unlink()
    environment.build(folder)
    assert environment.complete(folder)


def installed(place):
    """The lock of each installation so far, and the constraint if there was any."""
    words = [call.split() for call in (place / "calls").read_text().splitlines()]
    return [
        tuple(Path(call[call.index(option) + 1]).name for option in ("-r", "-c") if option in call)
        for call in words
        if "install" in call
    ]


def test_documentation_is_installed_on_demand_and_leaves_the_study_as_it_is(place):
    folder = place / "venv"
    environment.build(folder)
    assert installed(place) == [("lock.txt",)]
    environment.add_docs(folder)
    environment.add_docs(folder)
    assert installed(place) == [("lock.txt",), ("docs.txt", "lock.txt")]
    assert environment.complete(folder)


def test_documentation_is_installed_again_when_its_lock_or_the_environment_changes(place):
    folder = place / "venv"
    environment.build(folder)
    environment.add_docs(folder)
    environment.DOCS_LOCK.write_text("sphinx==9.0.1\n")
    assert environment.complete(folder)
    environment.add_docs(folder)
    environment.build(folder)
    environment.add_docs(folder)
    docs = ("docs.txt", "lock.txt")
    assert installed(place) == [("lock.txt",), docs, docs, ("lock.txt",), docs]


def test_interrupted_installation_of_the_documentation_is_repeated(place):
    folder = place / "venv"
    environment.build(folder)
    (place / "no-network").touch()
    with pytest.raises(SystemExit, match=r"pip could not install envs/docs\.txt"):
        environment.add_docs(folder)
    (place / "no-network").unlink()
    environment.add_docs(folder)
    assert installed(place)[-1] == ("docs.txt", "lock.txt")


def test_moved_or_broken_environment_is_not_complete(place):
    folder = place / "venv"
    environment.build(folder)
    assert not environment.complete(folder.rename(place / "elsewhere"))
    environment.build(folder)
    (folder / "bin" / "python").unlink()
    assert not environment.complete(folder)


def test_a_users_own_environment_is_left_alone(place):
    own = place / "venv" / "own"
    own.mkdir(parents=True)
    with pytest.raises(SystemExit, match="was not made by make"):
        environment.build(place / "venv")
    assert own.exists()
