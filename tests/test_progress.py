"""Progress: the picture of a running study on a terminal."""

import io
import logging
import os
import pty
import re
import subprocess
import time

import pytest
import yaml

from brainiarb.progress import Display, Running, Study, duration, reason
from conftest import command


def a_study(past=None, at_once=2, **waiting):
    return Study(waiting or {"clone": 4, "draw": 2}, at_once, past or {}, began=100.0)


def begin(study, job, rule, now, says="Cloning", log=()):
    study.running[job] = Running(rule, says, log, now)


def test_the_time_that_is_left_is_that_of_the_jobs_that_wait_shared_by_the_cores():
    study = a_study(past={"clone": [10.0, 14.0], "draw": [1.0, 3.0]})
    assert study.seconds_left(100.0) == (4 * 12 + 2 * 2) / 2


def test_the_last_job_is_not_shared_by_several_cores():
    assert a_study(past={"clone": [10.0]}, at_once=8, clone=1).seconds_left(100.0) == 10
    assert a_study(past={"clone": [10.0]}, at_once=8, clone=0).seconds_left(100.0) == 0


def test_times_of_this_run_count_before_those_on_record():
    study = a_study(past={"clone": [1000.0], "draw": [2.0]})
    begin(study, 7, "clone", 100.0)
    study.end(7, 120.0)
    assert study.seconds_left(120.0) == (3 * 20 + 2 * 2) / 2


def test_a_rule_without_a_time_takes_the_mean_of_the_others_and_none_is_no_estimate():
    assert a_study(past={"clone": [8.0]}).seconds_left(100.0) == (4 * 8 + 2 * 8) / 2
    assert a_study().seconds_left(100.0) is None
    assert "still" not in a_study().picture(100.0, 80)[0]


def test_a_running_job_counts_by_what_is_left_of_it_and_never_below_nothing():
    study = a_study(past={"clone": [10.0]}, at_once=1, clone=1)
    begin(study, 1, "clone", 100.0)
    assert [study.seconds_left(now) for now in (100.0, 106.0, 150.0)] == [10.0, 4.0, 0.0]


def test_the_picture_says_how_far_the_study_is_and_what_runs_since_when():
    study = a_study(past={"clone": [30.0], "draw": [5.0]})
    begin(study, 1, "clone", 100.0, "Cloning sac_0")
    begin(study, 2, "draw", 110.0, "Drawing fig1")
    begin(study, 3, "clone", 100.0)
    study.end(3, 130.0)
    first, *running = study.picture(135.0, 80)
    assert re.fullmatch(r"\[#{3}\.{17}\] 1 of 6 jobs, 35 s, about 32 s still", first)
    assert [line.split() for line in running] == [
        ["35", "s", "Cloning", "sac_0"], ["25", "s", "Drawing", "fig1"]
    ]  # fmt: skip
    assert max(map(len, study.picture(135.0, 20))) == 20


def test_a_failed_job_is_counted_and_told_with_the_sentence_of_its_log(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("10:00:00 begins\n10:00:01 error: the archive is cut\nTraceback\n", "utf-8")
    study = a_study()
    begin(study, 1, "clone", 100.0, "Cloning sac_0", [str(log)])
    study.fail(1)
    assert "0 of 6 jobs, 1 failed" in study.picture(110.0, 80)[0]
    said = "\n".join(study.faults())
    assert "Cloning sac_0 (rule clone)" in said
    assert "error: the archive is cut" in said
    assert "Traceback" not in said
    assert a_study().faults() == []


def test_without_a_sentence_the_end_of_the_log_is_told(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("".join(f"line {number}\n" for number in range(40)), "utf-8")
    assert reason(str(log))[-1] == "line 39"
    assert len(reason(str(log))) == 15
    assert reason(str(tmp_path / "none.log")) == ["There is no log."]


@pytest.mark.parametrize(("seconds", "said"), [(-1, "0 s"), (59.4, "59 s"), (3600, "1 h 0 min")])
def test_durations_are_in_words(seconds, said):
    assert duration(seconds) == said


def test_a_warning_stays_above_the_picture_and_what_the_end_repeats_is_left_out(monkeypatch):
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((60, 20)))
    stream = io.StringIO()
    stream.fileno = lambda: 1
    display = Display(a_study(), logging.StreamHandler(stream))
    for message in ("the disk is slow", "RuleException:\nof a job"):
        display.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": message}))
    said = stream.getvalue()
    assert said.startswith("\x1b[Jthe disk is slow\n")
    assert "RuleException" not in said
    assert said.count("\x1b[1F") == 1


def on_a_terminal(folder, *options):
    """Run Snakemake on a pseudo-terminal and return its exit status and what a person saw."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(*options, overlay=folder / "study.yaml"), cwd=folder, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        said = bytearray()
        try:
            while part := os.read(ours, 1 << 16):
                said += part
        except OSError:  # what a pseudo-terminal says when nobody writes to it any more
            pass
    os.close(ours)
    return process.returncode, said.decode("utf-8", "replace").replace("\r\n", "\n")


def test_on_a_terminal_jobs_leave_the_screen_to_the_picture_and_errors_are_one_block(tmp_path):
    (tmp_path / "bad.zip").write_text("no archive", "utf-8")
    experts = {"experts": {"bad": {"checkpoint": "bad.zip"}}}
    study = {"study": {"clone": ["crossq_0"], "compare": ["crossq_0", "bad"]}}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(experts | study), "utf-8")
    folder = "results/walker2d"
    files = (f"{folder}/tables/observations.csv", f"{folder}/bad/checkpoint.zip")
    status, said = on_a_terminal(tmp_path, "--cores", "2", "--keep-going", "--", *files)
    assert status == 1
    assert "1 of 2 jobs, 1 failed" in said
    assert "Placing the expert bad" in said
    assert "wrote" not in said
    assert "RuleException" not in said
    _, block = said.split("1 job failed:\n")
    assert "error: bad.zip is not a whole Stable-Baselines3 archive" in block
    log = (tmp_path / folder / "logs/tabulate_observations.log").read_text("utf-8")
    assert "wrote results/walker2d/tables/observations.csv" in log


def test_the_picture_is_drawn_again_while_nothing_happens(monkeypatch):
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((60, 20)))
    monkeypatch.setattr("brainiarb.progress.REFRESHED", 0.01)
    stream = io.StringIO()
    stream.fileno = lambda: 1
    display = Display(a_study(), logging.StreamHandler(stream))
    display.start()
    until = time.monotonic() + 20
    while stream.getvalue().count("jobs") < 3 and time.monotonic() < until:
        time.sleep(0.01)
    display.close()
    assert stream.getvalue().count("0 of 6 jobs") >= 3
    assert stream.getvalue().endswith("\x1b[1F\x1b[J")
