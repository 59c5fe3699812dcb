"""A job's log: what the screen shows after a failure, what the file holds; a job's threads."""

import os
import re
import subprocess
import sys

import pytest

from brainiarb.actors.device import device
from brainiarb.errors import Refused
from brainiarb.jobs import commit, provenance
from brainiarb.records import COMMAND
from conftest import ROOT

USED = r"used (\d+\.\d) s of CPU, at most (\d+) MB\n"


def run(tmp_path, work):
    """Run a job that does `work` in a process of its own; return its screen and its log file."""
    log = tmp_path / "logs/job.log"
    program = f"""
from brainiarb.errors import Refused
from brainiarb.jobs import job
with job([{str(log)!r}], []):
    {work}
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "workflow/scripts", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    return done.stderr, log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("raise Refused('the level is -5; give at least 0')", "the level is -5; give at least 0"),
        ("open('no-such-file')", "No such file or directory: 'no-such-file'"),
    ],
)
def test_a_refusal_is_one_line_on_screen_with_its_traceback_in_the_log(tmp_path, work, said):
    screen, log = run(tmp_path, work)
    (line,) = screen.splitlines()
    assert "error: " in line
    assert line.endswith(said)
    assert line in log
    assert "Traceback (most recent call last)" in log


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("list(zip([1], [], strict=True))", "ValueError: zip() argument 2 is shorter"),
        ("{}['missing']", "KeyError: 'missing'"),
    ],
)
def test_a_fault_of_the_program_shows_its_traceback_on_screen_and_in_the_log(tmp_path, work, said):
    for text in run(tmp_path, work):
        assert "Traceback (most recent call last)" in text
        assert said in text


def test_a_job_names_the_files_that_it_wrote(tmp_path):
    log, output = tmp_path / "job.log", tmp_path / "table.csv"
    program = f"""
from brainiarb.jobs import job
with job([{str(log)!r}], [{str(output)!r}]):
    open({str(output)!r}, "w").write("a,b")
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT / "workflow/scripts", check=True)
    assert log.read_text(encoding="utf-8").endswith(f"wrote {output} (3 B)\n")


@pytest.mark.parametrize(("given", "said"), [("snakemake = 0", "done "), ("", "done late ")])
def test_the_process_of_a_script_ends_with_its_job_and_loses_no_word(tmp_path, given, said):
    log = tmp_path / "job.log"
    program = f"""
{given}
import atexit, logging
from brainiarb.jobs import job
atexit.register(print, "late", end=" ")
with job([{str(log)!r}], []):
    logging.info("the last line")
    print("done", end=" ")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "workflow/scripts", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == said
    for text in (done.stderr, log.read_text(encoding="utf-8")):
        assert re.search(rf"the last line\n\S+ {USED}\Z", text)


def test_a_job_says_the_cpu_time_and_the_memory_that_it_used(tmp_path):
    log = tmp_path / "job.log"
    program = f"""
from time import process_time
from brainiarb.jobs import job
with job([{str(log)!r}], []):
    held = b"1" * 200_000_000
    while process_time() < 0.5:
        pass
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT / "workflow/scripts", check=True)
    (seconds, megabytes) = re.search(USED, log.read_text("utf-8")).groups()
    assert 0.5 <= float(seconds) < 5
    assert 200 <= int(megabytes) < 1000


def test_a_job_has_a_gpu_where_its_resources_grant_one(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert [device(resources) for resources in ({}, {"gpu": 0}, {"gpu": 1})] == [
        "cpu", "cpu", "cuda",
    ]  # fmt: skip


def test_a_job_with_a_gpu_is_refused_where_torch_has_no_cuda(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert device({"gpu": 0}) == "cpu"
    with pytest.raises(Refused, match=r"granted a GPU, but torch .* finds no CUDA on "):
        device({"gpu": 1})


def test_provenance_names_the_command_of_the_study_the_versions_and_the_commit(monkeypatch):
    monkeypatch.delenv(COMMAND, raising=False)
    assert provenance()["command"] is None
    monkeypatch.setenv(COMMAND, "snakemake --cores all --configfile my_study.yaml")
    record = provenance()
    assert record["command"] == "snakemake --cores all --configfile my_study.yaml"
    assert record["commit"] == commit()
    assert set(record["versions"]) >= {"torch", "mujoco", "numpy"}


def test_torch_has_the_threads_of_the_rule(tmp_path):
    # Snakemake sets OMP_NUM_THREADS and its like, so no script has to.
    (tmp_path / "Snakefile").write_text(
        "rule all:\n    input: '1', '2'\n"
        "rule one:\n    output: '1'\n    script: 'count.py'\n"
        "rule two:\n    output: '2'\n    threads: 2\n    script: 'count.py'\n"
    )
    (tmp_path / "count.py").write_text(
        "import torch\nopen(snakemake.output[0], 'w').write(str(torch.get_num_threads()))\n"
    )
    call = [sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all"]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    assert [(tmp_path / name).read_text() for name in "12"] == ["1", "2"]


def test_a_job_imports_mujoco_although_mujoco_gl_names_a_library_that_is_absent():
    program = (
        "import os\nfrom brainiarb.jobs import RENDERER, job\n"
        "with job([], []):\n    import mujoco\n    print(os.environ[RENDERER])"
    )
    environment = {
        **os.environ,
        "MUJOCO_GL": "osmesa",
        "PYTHONPATH": str(ROOT / "workflow/scripts"),
    }
    environment["PYOPENGL_PLATFORM"] = "osmesa"
    call = [sys.executable, "-c", program]
    done = subprocess.run(call, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.strip() == "osmesa", done.stderr


def test_without_git_there_is_no_commit_and_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() is None
    assert provenance()["commit"] is None
