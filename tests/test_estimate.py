"""Estimates: a study takes what its jobs took in the default study, by what there is to do."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import estimate, planned, study
from benchmarks.planned import Job
from conftest import ROOT

CONFIG = {
    "results": "results",
    "body": "walker2d",
    "study": {"levels": {"a": [0, 40, 80], "b": [0, 80]}, "compare": ["a", "b", "c"]},
    "noise": {"clones": 4, "samples": 1000},
    "recording": {"expert_episodes": 20, "clone_episodes": 4, "sampled_episodes": 1},
    "robustness": {"levels": [0], "episodes": 2, "push": [1, 2, 3], "friction": [], "mass": [1]},
    "stimuli": {"rows": 100},
    "gaitmap": {"points": 500},
}


def job(rule, mem_mb=1000, **wildcards):
    name = "_".join(wildcards.values()) or rule
    return Job(
        rule, wildcards, f"results/walker2d/logs/{rule}/{name}.log", (f"{name}.npz",), mem_mb
    )


def test_what_a_job_has_to_do_follows_from_the_config():
    of_a = estimate.size(job("train_clones", expert="a", noise="0"), CONFIG)
    assert (of_a.clones, of_a.levels, of_a.samples, of_a.everyone) == (4, 3, 1000, 20)
    assert estimate.size(job("map_gaits", expert="b"), CONFIG).levels == 2
    disturbed = [job("disturb_agents", expert="a", agents=agents) for agents in ("expert", "80")]
    assert [estimate.amount(each, CONFIG) for each in disturbed] == [2 * 4, 4 * 2 * 4]
    walked = [job("record_clones", expert="a", mode=mode) for mode in ("", "_sampled")]
    walked += [job("record_expert", expert="c", mode=mode) for mode in ("", "_sampled")]
    assert [estimate.amount(each, CONFIG) for each in walked] == [16, 4, 20, 1]
    assert estimate.amount(job("draw_table1"), CONFIG) == 1


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """Return a checkout whose default study had two trainings of 30 s and 500 bytes together."""
    jobs = [job("train_clones", expert=name, noise="0") for name in "ab"]
    (tmp_path / "results/walker2d/tables").mkdir(parents=True)
    (tmp_path / "results/walker2d/tables/claims.csv").touch()
    for each, size in zip(jobs, (200, 300), strict=True):
        (tmp_path / each.outputs[0]).write_bytes(bytes(size))
    monkeypatch.setattr(estimate, "jobs_of", lambda *_: (jobs, CONFIG))
    monkeypatch.setattr(estimate, "job_times", lambda *_: {"train_clones": [(0, 10), (5, 25)]})
    return tmp_path


def test_twice_the_clones_take_twice_as_long_and_as_much_disk(finished, monkeypatch):
    past = estimate.spent(finished)
    twice = {**CONFIG, "noise": {**CONFIG["noise"], "clones": 8}}
    jobs = [job("train_clones", expert="a", noise=level) for level in ("0", "40", "80")]
    jobs += [job("train_clones", expert="a", noise="0", method="iql"), job("refit_maps")]
    monkeypatch.setattr(estimate, "jobs_of", lambda *_: (jobs, twice))
    rows = [*estimate.estimate(finished, Path("config/reference.yaml"), past)]
    told = [(row.what, row.figure, row.against, row.met) for row in rows]
    assert told == [  # three jobs of twice the mean of 15 s and of 250 bytes
        ("reference study on 2 cores, estimated", "0.01 h", "5 jobs, 0.0 core hours", True),
        ("reference study on disk, estimated", "0.00 GB", "", True),
        ("reference: jobs of train_clones", "90 s", "3 jobs", None),
        ("reference: jobs of train_clones by iql", "unknown", "1 job", None),
        ("reference: jobs of refit_maps", "unknown", "1 job", None),
    ]
    assert past["train_clones"].bytes * 4000 == 250


def test_without_a_finished_default_study_nothing_is_estimated(finished):
    (finished / "results/walker2d/tables/claims.csv").unlink()
    assert estimate.estimates(finished, [Path("config/full.yaml")]) == []


def test_a_plan_tells_the_jobs_of_the_reference_study_and_their_memory():
    jobs, config = planned.jobs_of(ROOT, [ROOT / "config/reference.yaml"])
    cloned = [each for each in jobs if each.rule == "train_clones"]
    levels = config["study"]["levels"]
    assert sorted(map(len, levels.values())) == [2] * 8 + [8] * 3
    assert len(cloned) == sum(map(len, levels.values())) == 40
    assert cloned[0].log == "results/reference/walker2d/logs/train_clones/crossq_0_bc_0.log"
    assert cloned[0].outputs[0] == "results/reference/walker2d/crossq_0/bc_0.pt"
    design = config["statistics"]["designs"]["reference"]
    assert design == {"experts": len(levels), "clones": config["noise"]["clones"]}
    memory = {each.rule: each.mem_mb for each in jobs}
    assert memory["place_expert"] == 1500  # what slurm/profile.yaml says of all rules
    assert memory["map_gaits"] > 1500  # what the rule asks for


def test_the_job_that_came_closest_to_its_memory_is_told(tmp_path):
    jobs = [job("map_gaits", 2000, expert="a"), job("train_clones", 1000, expert="a")]
    for each, megabytes in zip(jobs, (1500, 920), strict=True):
        log = tmp_path / each.log
        log.parent.mkdir(parents=True)
        log.write_text(f"10:00:00 used 9.5 s of CPU, at most {megabytes} MB\n10:00:00 wrote a\n")
    row = study.memory_row(tmp_path, [*jobs, job("draw_table1")])
    assert (row.figure, row.ratio, row.met) == ("920 MB", "0.92", False)
    assert row.against == "mem_mb 1000 of train_clones/a"
    smaller = [jobs[0], replace(jobs[1], mem_mb=1100)]
    assert study.memory_row(tmp_path, smaller).met


def test_disk_is_that_of_all_files(tmp_path):
    (tmp_path / "a/.records").mkdir(parents=True)
    for name, size in (("a/b.npz", 7), ("a/.records/c", 5), ("d", 3)):
        (tmp_path / name).write_bytes(bytes(size))
    assert study.stored_bytes(tmp_path) == 15
    assert study.stored_bytes(tmp_path / "absent") == 0
