"""The examples run on the files of a finished study."""

import os
import re
import subprocess
import sys

from matplotlib.image import imread

from conftest import ROOT


def printed(text):
    """The lines that a run prints, without its numbers and without the titles of its cells."""
    lines = [line for line in text.splitlines() if line and not line.startswith("# %%")]
    return [re.sub(r"\d[\d,.]*|\bnan\b", "#", line) for line in lines]


def test_the_example_draws_a_cycle_and_prints_the_lines_that_its_page_shows(study, tmp_path):
    results = study / "results/tiny/walker2d/tiny"
    done = subprocess.run(
        [sys.executable, ROOT / "examples/compare_and_draw.py", results, "40"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow/scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    kept = (ROOT / "docs/compare_and_draw.txt").read_text(encoding="utf-8")
    assert printed(done.stdout) == printed(kept)
    assert imread(tmp_path / "one_cycle.png").std() > 0.01
