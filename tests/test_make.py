"""What `make` does before Snakemake starts: the environment, and the lock of a killed run."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import environment
import unlock
from conftest import ROOT

# Whatever waits for another process gives up after this, even on a busy machine.
PATIENCE = 300


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


def test_variables_reach_snakemake():
    done = make("-n", "study", "CORES=2", "CONFIG=config/full.yaml", "TARGETS=a.png", "OPTIONS=-n")
    assert "-m snakemake --cores 2 --configfile config/full.yaml -n -- a.png" in done.stdout


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


# ---- the lock of a killed Snakemake

SNAKEFILE = """
rule finish:
    output: "finished.txt"
    script: "wait.py"
"""
WAIT = """
import os, time
from pathlib import Path
Path("started").write_text(str(os.getpid()))
while not Path("go").exists():
    time.sleep(0.1)
Path(snakemake.output[0]).write_text("finished")
"""
# A Snakemake that no command line betrays.
THROUGH_THE_API = """
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, ResourceSettings
with SnakemakeApi(OutputSettings()) as api:
    resources = ResourceSettings(cores=1)
    workflow = api.workflow(resource_settings=resources, snakefile=Path("Snakefile"))
    workflow.dag().execute_workflow()
"""
COMMAND = [sys.executable, "-m", "snakemake", "--cores", "1", "--rerun-incomplete"]


def until(condition, process):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, f"ended early, with {process.returncode}"
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """A folder with a workflow of one job, which waits for the file `go`; on a local disk."""
    monkeypatch.setattr(unlock, "file_system", lambda folder: "ext4")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "wait.py").write_text(WAIT)
    yield tmp_path
    (tmp_path / "go").touch()


def start(workdir, command):
    process = subprocess.Popen(
        command, cwd=workdir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until((workdir / "started").exists, process)
    return process


def test_no_lock_is_no_word(tmp_path):
    assert unlock.clear(tmp_path) == ""


@pytest.mark.parametrize(
    "command", [COMMAND, [sys.executable, "-c", THROUGH_THE_API]], ids=["command", "api"]
)
def test_a_live_snakemake_keeps_its_lock(workdir, command):
    process = start(workdir, command)
    before = unlock.locks(workdir)
    said = unlock.clear(workdir)
    assert before
    assert unlock.locks(workdir) == before
    assert said == f"Snakemake is at work in this folder (process {process.pid}), its lock stays"
    (workdir / "go").touch()
    assert process.wait(PATIENCE) == 0


def test_a_killed_snakemakes_lock_is_cleared_when_its_jobs_have_ended(workdir, monkeypatch, capsys):
    process = start(workdir, COMMAND)
    job = int((workdir / "started").read_text())
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)
    assert unlock.locks(workdir) != []

    waited = []
    wait = psutil.wait_procs

    def wait_and_go(processes):
        waited.extend(each.pid for each in processes)
        (workdir / "go").touch()
        return wait(processes, PATIENCE)

    monkeypatch.setattr(unlock.psutil, "wait_procs", wait_and_go)
    assert unlock.clear(workdir) == "cleared the lock of a killed Snakemake"
    assert job in waited
    assert f"{job}" in capsys.readouterr().out
    assert unlock.locks(workdir) == []
    assert subprocess.run(COMMAND, cwd=workdir, capture_output=True, check=False).returncode == 0
    assert (workdir / "finished.txt").read_text() == "finished"


@pytest.fixture
def left_behind(workdir):
    """A lock without a process, as a killed Snakemake leaves it."""
    lock = workdir / ".snakemake" / "locks" / "0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("finished.txt\n")
    return lock


def test_a_lock_stays_where_other_machines_reach_the_folder(workdir, left_behind, monkeypatch):
    monkeypatch.setattr(unlock, "file_system", lambda folder: "nfs4")
    said = unlock.clear(workdir)
    assert "other machines may reach (nfs4)" in said
    assert "snakemake --unlock" in said
    assert left_behind.exists()


def test_another_users_lock_stays(workdir, left_behind, monkeypatch):
    monkeypatch.setattr(unlock.os, "getuid", lambda: left_behind.stat().st_uid + 1)
    assert "another user wrote it" in unlock.clear(workdir)
    assert left_behind.exists()


def test_file_system_is_that_of_the_innermost_mount(tmp_path, monkeypatch):
    inner = tmp_path / "home" / "data"
    inner.mkdir(parents=True)

    class Part:
        def __init__(self, mountpoint, fstype):
            self.mountpoint, self.fstype = str(mountpoint), fstype

    parts = [Part("/", "ext4"), Part((tmp_path / "home").resolve(), "nfs4")]
    monkeypatch.setattr(unlock.psutil, "disk_partitions", lambda all: parts)
    assert unlock.file_system(inner) == "nfs4"
    assert unlock.file_system(tmp_path) == "ext4"


def test_a_process_elsewhere_holds_nothing(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", "snakemake"]
    with subprocess.Popen(
        command, cwd=there, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert unlock.snakemakes(here) == []
        assert unlock.snakemakes(Path(there)) == [process.pid]
        process.stdin.close()
