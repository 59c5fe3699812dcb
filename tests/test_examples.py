"""The examples run on the files of a finished study."""

import os
import subprocess
import sys

from matplotlib.image import imread

from conftest import ROOT


def test_the_example_compares_two_layers_and_draws_a_cycle(study, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "examples/compare_and_draw.py",
            study / "results/tiny/walker2d/tiny",
            "40",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow/scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "linear CKA, debiased" in done.stdout
    assert "expert: a cycle of" in done.stdout
    assert imread(tmp_path / "one_cycle.png").std() > 0.01
