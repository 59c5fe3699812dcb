"""Which config is refused, and in which words."""

import os
import subprocess
import sys

import pytest
import yaml

from brainiarb.bodies.registry import body_names
from conftest import ROOT

TINY = "tests/config/tiny.yaml"


def refusal(*options):
    """Return what a dry run says about a bad config, which must be one line of error."""
    call = [sys.executable, "-m", "snakemake", "-n", "--cores", "1", "--configfile", TINY, *options]
    done = subprocess.run(
        call, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("config: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nosie": {"clones": 2}}, "nosie is not a key, did you mean noise?"),
        ({"noise": {"levels": [0, -5]}}, "noise.levels.1: -5 is less than the minimum of 0"),
        ({"noise": {"levels": [0, 5, 5]}}, "noise.levels: 5 is listed twice"),
        ({"body": "walker3d"}, f"body: 'walker3d' is not one of {body_names()}"),
        (
            {"body": "hopper", "study": {"clone": ["crossq_0"], "compare": ["crossq_0"]}},
            "experts.crossq_0.checkpoint: trained in Walker2d-v5, but body is hopper",
        ),
        (
            {"experts": {"other": {"checkpoint": "missing.zip"}}},
            "experts.other.checkpoint: no file missing.zip",
        ),
        ({"experts": {"tables": {"checkpoint": "a.zip"}}}, "tables"),
        ({"figures": {"noisy_level": 30}}, "figures.noisy_level: 30 is not among noise.levels"),
        ({"spectra": {"levels": [0]}}, "spectra.levels: 40 must be among them"),
        ({"robustness": {"levels": [30]}}, "robustness.levels: 30 is not among noise.levels"),
        ({"robustness": {"push": [], "action_delay": []}}, "robustness: give at least one dose"),
        (
            {"similarity": {"measures": ["cka", "banana"]}},
            "similarity.measures: banana is not one of cka, cka_debiased, cka_null, procrustes, "
            "cca, svcca, pwcca, rbf_cka, rsa, linear_predictivity",
        ),
        ({"study": {"clone": ["nobody"]}}, "study.clone: nobody is not among experts"),
        ({"figures": {"dpi": 20}}, "figures.dpi: 20 is less than the minimum of 50"),
        ({"figures": {"dpi_of": {"fig4_psd": 2000}}}, "2000 is greater than the maximum of 1200"),
        (
            {"figures": {"dpi_of": {"fig4_pds": 90}}},
            "figures.dpi_of: fig4_pds is not a figure, did you mean fig4_psd?",
        ),
        ({"figures": {"dpi_of": {"style": 90}}}, "figures.dpi_of: style is not a figure"),
    ],
)
def test_a_bad_config_is_refused_in_one_line_before_any_job(change, words, tmp_path):
    overlay = tmp_path / "change.yaml"
    overlay.write_text(yaml.safe_dump(change))
    assert words in refusal(str(overlay), "--")
