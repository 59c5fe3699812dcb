"""The lock of a killed Snakemake: `make` clears it, and leaves one that anybody may still need."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import unlock
from conftest import PATIENCE

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
