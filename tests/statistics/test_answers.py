"""Answers: what a table of claims says on the screen and in Markdown."""

import shutil
import subprocess
import sys

import pytest

from brainiarb.statistics.answers import (
    details,
    powers,
    read_deciding,
    replication,
    screen,
    summary,
)
from claim_tables import claim, evaluated, measured, part
from conftest import ROOT

LOWER, HIGHER = part("lower", -1.0), part("higher", 1.0, control=("likeness", "expert"))


@pytest.fixture
def path(tmp_path):
    """A table with a claim of two parts, one that nobody can test, and an exploratory one."""
    claims = (
        claim(HIGHER, LOWER, levels=(0,)),
        claim(part(measure="gait"), name="C2"),
        claim(HIGHER, name="C3", exploratory=True, levels=(80,)),
    )
    path = tmp_path / "claims.csv"
    evaluated(measured(3.0), *claims).to_csv(path, index=False)
    return path


def test_only_the_levels_that_decide_are_told(path):
    rows = read_deciding(path)
    assert [(row["id"], row["level"]) for row in rows] == [
        ("C1", "0"), ("C1", "0"), ("C2", "0"), ("C2", "80"), ("C3", "80")
    ]  # fmt: skip


def test_the_screen_has_a_line_for_each_part_and_level(path):
    title, *lines = screen(read_deciding(path), "These claims")
    assert title == "These claims, with intervals of 90%:"
    assert len(lines) == 6
    words = lines[0].split()
    assert words[:6] == ["C1", "0", "%", "contradicted", "likeness", "3.04"]
    assert lines[0].endswith("]; 5 experts, 20 clones")
    assert lines[2].split() == ["C2", "0", "%", "not", "testable", "gait", "no", "value"]
    assert lines[4].split()[:4] == ["C3*", "80", "%", "supported"]
    assert lines[5].startswith("  * exploratory")
    assert len({line.index("likeness") for line in lines[:2]}) == 1


def test_nothing_is_said_of_no_claims():
    assert screen([], "No claims") == []


def test_the_workflow_prints_the_lines_and_where_they_stand(path):
    methods = shutil.copyfile(path, path.with_name("offline_claims.csv"))
    done = subprocess.run(
        [sys.executable, "-m", "brainiarb.statistics.answers", path, methods],
        env={"PYTHONPATH": str(ROOT / "workflow/scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = read_deciding(path)
    assert done.stdout.splitlines() == [
        *screen(rows, "The claims of the study"),
        f"  The table is {path}.",
        *screen(rows, "The claims about methods of offline learning"),
        f"  The table is {methods}.",
    ]


def test_the_summary_has_a_row_for_each_claim_and_a_column_for_each_level(path):
    lines = summary(read_deciding(path))
    assert lines[0] == "| claim | 0 % noise | 80 % noise |"
    assert [line.split()[1] for line in lines[2:]] == ["**C1**", "**C2**", "**C3**"]
    assert lines[2].count("3.04") == 2
    assert lines[2].endswith("| not asked |")
    assert lines[3].endswith("| **not testable**: no value | **not testable**: no value |")
    assert "(exploratory)" in lines[4]


def test_details_say_what_was_asked_found_and_what_decides(path):
    text = "\n".join(details(read_deciding(path)))
    assert [line for line in text.splitlines() if line.startswith("###")] == [
        "### C1", "### C2", "### C3"
    ]  # fmt: skip
    assert "`likeness, expert`: 12" in text
    assert "no effect is excluded, and the estimate reaches 1" in text
    assert "the study has no measure gait" in text


def test_a_replication_has_what_was_published_is_reproduced_and_is_corrected():
    rows = read_deciding(ROOT / "docs/default_study/claims.csv")
    lines = replication(rows)
    assert len(lines) - 2 == sum(row["exploratory"] == "False" for row in rows)
    (line,) = (line for line in lines if line.startswith("| C4a | 0 %"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[2:5] == ["0.26", "0.575 (1 clone)", "as published"]
    assert cells[5].startswith("`net_flux`, value: 0.987 [0.977, 0.997]; 5 experts")
    assert cells[6] == "**supported**"


def test_power_is_told_of_each_design(path):
    lines = powers(read_deciding(path))
    assert "The design `default` detects the smallest effect with a power of 80% in " in lines[0]
    assert lines[2] == "| claim | measure | level | default |"
    assert len(lines) == 4 + len(read_deciding(path))
    assert lines[6].endswith("| unknown |")
