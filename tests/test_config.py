"""Which config is refused, and in which words."""

import os
import subprocess
import sys

import pytest
import yaml
from jsonschema import Draft202012Validator

from brainiarb.bodies.registry import body_names
from brainiarb.rollouts.episodes import RETURN_STEPS
from conftest import ROOT

TINY = "tests/config/tiny.yaml"
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text("utf-8"))


def described(schema, name=""):
    """Yield the name and the schema of every key, and of every key below it."""
    for key, part in schema.get("properties", {}).items():
        yield f"{name}{key}", part
        yield from described(part, f"{name}{key}.")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from described(schema["additionalProperties"], f"{name}*.")


def test_the_schema_describes_every_key_and_gives_its_type_or_its_values():
    Draft202012Validator.check_schema(SCHEMA)
    bare = [
        name
        for name, part in described(SCHEMA)
        if not ({"type", "enum"} & set(part))
        or ("description" not in part and "properties" not in part)
    ]
    assert bare == []


def test_the_schema_requires_every_key_of_the_default_study():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(config)
    for key, part in SCHEMA["properties"].items():
        if "properties" in part:
            assert set(part["required"]) == set(part["properties"]) == set(config[key]), key


def test_an_episode_is_at_least_as_long_as_a_return_counts():
    assert SCHEMA["properties"]["recording"]["properties"]["steps"]["minimum"] == RETURN_STEPS


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
        (
            {"statistics": {"primary_levels": [0, 30]}},
            "statistics.primary_levels: 30 is not among noise.levels",
        ),
        ({"statistics": {"classes": "none.csv"}}, "statistics.classes: no file none.csv"),
        ({"robustness": {"push": [], "action_delay": []}}, "robustness: give at least one dose"),
        (
            {"similarity": {"measures": ["cka", "banana"]}},
            "similarity.measures: banana is not one of cka, cka_debiased, cka_null, procrustes, ",
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
