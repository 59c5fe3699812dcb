"""Slurm: why a job ended, and which jobs of a killed Snakemake still run; no Slurm is needed."""

import json
import logging
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from snakemake.cli import parse_args

from brainiarb import slurm
from brainiarb.slurm import Endings, doubled, left_over, why_ended
from conftest import ROOT
from tests.cluster.study import different

OUTPUTS = {
    "slurmstepd: error: StepId=5.0 exceeded memory limit (807137280 > 524288000), being killed": (
        "it needed more memory than it had asked for (500M); a next try asks for twice as much"
    ),
    "slurmstepd: error: Detected 1 oom_kill event in StepId=12.batch.": (
        "it needed more memory than it had asked for (500M); a next try asks for twice as much"
    ),
    "slurmstepd: error: *** JOB 8 ON c1 CANCELLED AT 2000-01-01T00:00:00 DUE TO TIME LIMIT ***": (
        "it needed more time than it had asked for (2:00); a next try asks for twice as much"
    ),
    "slurmstepd: error: *** JOB 9 ON c1 CANCELLED AT 2000-01-01T00:00:00 DUE TO NODE FAILURE ***": (
        "its node failed; a next try runs it again"
    ),
    "slurmstepd: error: *** STEP 9.0 ON c1 CANCELLED AT 2000-01-01T00:00:00 ***": (
        "somebody cancelled it; a next try runs it again"
    ),
}
QUEUE = """\
103|/lab/study|rule_train_expert_wildcards_sac_0
104|/lab/study|rule_finish_concatenate_tables
105|/lab/other|rule_train_expert_wildcards_sac_0
106|/lab/study|(null)
107|/lab/study|
"""


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_output_of_a_job_says_why_slurm_ended_it(output):
    assert why_ended(f"a line\n{output}\nanother", "500M", "2:00") == OUTPUTS[output]


def test_a_job_that_failed_by_itself_has_no_ending_by_slurm():
    assert why_ended("RuleException: CalledProcessError\nKeyError: 'memory'", "1G", "1:00") is None


def test_a_job_that_slurm_ended_is_told_with_what_it_had_asked_for(tmp_path, monkeypatch, caplog):
    output = tmp_path / "5.log"
    output.write_text(next(iter(OUTPUTS)))
    monkeypatch.setattr(slurm, "squeue", lambda *options: "250M|5:00|FAILED\n")
    record = logging.makeLogRecord(
        {"event": "job_error", "rule_name": "train_expert", "log": ["a.log", str(output)]}
    )
    Endings().handle(record)
    (told,) = (record.msg for record in caplog.records)
    assert told == (
        "Slurm job 5 (train_expert) ended: it needed more memory than it had asked for (250M); "
        f"a next try asks for twice as much. Its output is {output}."
    )


def test_a_job_whose_output_says_nothing_is_told_by_its_state(tmp_path, monkeypatch, caplog):
    output = tmp_path / "6.log"
    output.write_text("")
    monkeypatch.setattr(slurm, "squeue", lambda *options: "250M|5:00|TIMEOUT\n")
    Endings().handle(
        logging.makeLogRecord(
            {"event": "group_error", "groupid": "finish", "aux_logs": [str(output)]}
        )
    )
    (told,) = (record.msg for record in caplog.records)
    assert told.startswith(
        "Slurm job 6 (finish) ended: it needed more time than it had asked for (5:00)"
    )


def test_jobs_of_an_earlier_snakemake_are_found_by_folder_and_comment():
    assert left_over(QUEUE, Path("/lab/study"), None) == ["103", "104"]
    assert left_over(QUEUE, Path("/lab/study"), "104") == ["103"]
    assert left_over("", Path("/lab/study"), None) == []


def test_a_folder_with_jobs_of_an_earlier_snakemake_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.setattr(slurm, "squeue", lambda *options: f"7|{tmp_path.resolve()}|rule_finish\n")
    said = doubled(tmp_path)
    assert said.startswith("jobs of an earlier Snakemake still write into ")
    assert "scancel 7" in said
    assert doubled(tmp_path / "elsewhere") is None


def test_without_slurm_nothing_is_doubled_and_nothing_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slurm.squeue("--user", "0") == ""
    assert doubled(tmp_path) is None


def test_the_profile_merges_every_group_that_a_rule_names():
    profile = yaml.safe_load((ROOT / "slurm/profile.yaml").read_text("utf-8"))
    merged = {item.partition("=")[0] for item in profile["group-components"]}
    named = set()
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        lines = path.read_text("utf-8").splitlines()
        named |= {
            below.strip().strip('"') for line, below in pairwise(lines) if line.strip() == "group:"
        }
    assert merged == named - {"axes_{expert}_{meaning}_{noise}"}


def test_a_rule_has_a_group_or_the_docs_name_it_as_a_job_of_its_own():
    told = (ROOT / "docs/cluster.md").read_text("utf-8")
    (sentence,) = (part for part in told.split("\n\n") if "are jobs of their own" in part)
    named = set(re.findall(r"\(`(\w+)`\)", sentence))
    text = "\n".join(p.read_text("utf-8") for p in (ROOT / "workflow/rules").glob("*.smk"))
    _, *rules = re.split(r"^ *(?=(?:use )?rule )", text, flags=re.MULTILINE)
    alone = {
        rule.split()[1].rstrip(":")
        for rule in rules
        if rule.startswith("rule ") and " script:" in rule
        if " group:" not in rule and " localrule:" not in rule
    }
    assert alone == named == {"train_expert", "refit_maps"}


def test_an_option_of_the_command_line_takes_the_place_of_all_that_the_profile_says_for_it(
    tmp_path,
):
    profile = yaml.safe_load((ROOT / "slurm/profile.yaml").read_text("utf-8"))
    profile["set-resources"] = {"train_expert": {"gpu": 1, "slurm_partition": "gpu"}}
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(profile))

    def asked(*options):
        _, arguments = parse_args(["--profile", str(tmp_path), *options])
        rules = {
            rule: {name: resource.raw for name, resource in resources.items()}
            for rule, resources in arguments.set_resources.items()
        }
        defaults = {name: resource.raw for name, resource in arguments.default_resources.items()}
        return rules, {name: defaults.get(name) for name in ("mem_mb", "slurm_account")}

    memory = {"mem_mb": profile["default-resources"]["mem_mb"], "slurm_account": None}
    assert asked() == (profile["set-resources"], memory)
    set_again = asked("--set-resources", "train_expert:runtime=60")
    assert set_again == ({"train_expert": {"runtime": 60}}, memory)
    other_defaults = asked("--default-resources", "slurm_account=lab")
    nothing_but_it = {"mem_mb": None, "slurm_account": "lab"}
    assert other_defaults == (profile["set-resources"], nothing_but_it)


def test_two_studies_differ_where_a_cell_a_record_or_a_file_does_and_not_by_the_clock(tmp_path):
    def study(name, returned=1.5, seconds=60.1, rule="train_expert", **others):
        digest = f"digest of {returned}, {seconds} and {rule}"
        files = {
            "a/checkpoint.csv": f"step,return_mean,wall_time_s\n4,{returned},{seconds}\n",
            "a/checkpoint.json": json.dumps(
                {"wall_time_s": seconds, "brainiarb": {"rule": rule, "blake2b": digest}}
            ),
            "a/.records/checkpoint.csv.json": json.dumps({"rule": rule, "blake2b": digest}),
            "a/logs/train_expert/a.log": name,
            **others,
        }
        for file, text in files.items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_text(text)
        return tmp_path / name

    here = study("here")
    assert different(here, study("slower", seconds=600.2)) == []
    assert different(here, study("other", returned=1.6)) == ["a/checkpoint.csv"]
    records = ["a/.records/checkpoint.csv.json", "a/checkpoint.json"]
    assert different(here, study("placed", rule="place_expert")) == records
    assert different(here, study("more", **{"a/bc_0.pt": "0"})) == ["a/bc_0.pt"]
