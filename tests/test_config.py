"""Which config is refused, and in which words."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import yaml
from jsonschema import Draft202012Validator

from brainiarb.bodies.registry import body_names
from brainiarb.rollouts.episodes import RETURN_STEPS
from conftest import ROOT
from plans import plan, refusal

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
        if isinstance(config[key], dict) and "properties" in part:
            assert set(part["required"]) == set(part["properties"]) == set(config[key]), key


def test_an_episode_is_at_least_as_long_as_a_return_counts():
    assert SCHEMA["properties"]["recording"]["properties"]["steps"]["minimum"] == RETURN_STEPS


def cloned_at(levels, expert="crossq_1"):
    """Return a change by which a second expert is cloned at levels of its own."""
    return {"study": {"clone": ["tiny", {"expert": expert, "levels": levels}]}}


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
        ({"body": "my_body.py"}, "body: no file my_body.py"),
        ({"body": {"feet": {}}}, "body: give one of gymnasium and dm_control"),
        (
            {
                "body": {"gymnasium": "Hopper-v5"},
                "study": {"clone": ["crossq_0"], "compare": ["crossq_0"]},
            },
            "experts.crossq_0.checkpoint: trained in Walker2d-v5, but body is gymnasium_hopper",
        ),
        (
            {"experts": {"other": {"checkpoint": "missing.zip"}}},
            "experts.other.checkpoint: no file missing.zip",
        ),
        (
            {"experts": {"crossq_0": {"normalisation": "missing.pkl"}}},
            "experts.crossq_0.normalisation: no file missing.pkl",
        ),
        (
            {"experts": {"tiny": {"normalisation": "Makefile"}}},
            "experts.tiny.normalisation: give it beside checkpoint only",
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
        (
            {"statistics": {"classes": "workflow/resources/checkpoints/walker2d/crossq_0.zip"}},
            "walker2d/crossq_0.zip is no text in UTF-8",
        ),
        ({"analysis": {"rate_range": [5.0, 0.5]}}, "analysis.rate_range: [5.0, 0.5] must rise"),
        ({"analysis": {"rate_range": [0.5]}}, "analysis.rate_range: [0.5] is too short"),
        ({"statistics": {"claims": "none.yaml"}}, "statistics.claims: no file none.yaml"),
        ({"offline": {"claims": "none.yaml"}}, "offline.claims: no file none.yaml"),
        ({"statistics": {"claims": "Makefile"}}, "statistics.claims: Makefile is no YAML: "),
        (
            {"statistics": {"claims": "config/quick.yaml"}},
            "statistics.claims: cloning is not a key",
        ),
        (
            {"statistics": {"designs": {"mine": {"experts": 0, "clones": 1}}}},
            "statistics.designs.mine.experts: 0 is less than the minimum of 1",
        ),
        ({"robustness": {"push": [], "action_delay": []}}, "robustness: give at least one dose"),
        (
            {"similarity": {"measures": ["cka", "banana"]}},
            "similarity.measures: banana is not one of cka, cka_debiased, cka_null, procrustes, ",
        ),
        ({"analysis": {"transient": np.nan}}, "analysis.transient: nan is not a finite number"),
        ({"analysis": {"transient": "Infinity"}}, "analysis.transient: inf is not a finite number"),
        ({"analysis": {"transient": 1e300}}, "analysis.transient: 1e+300 is greater than the max"),
        ({"robustness": {"friction": [0.5, np.nan]}}, "robustness.friction.1: nan is not a finite"),
        ({"spectra": {"highest": np.inf}}, "spectra.highest: inf is not a finite number"),
        ({"noise": {"clones": np.nan}}, "noise.clones: nan is not a finite number"),
        (
            {"statistics": {"margins": {"relative": {"speeed": 0.1}}}},
            "statistics.margins.relative: speeed is not a measure, did you mean speed?",
        ),
        (
            {"experts": {"tiny": {"train": {"steps": 200}}}},
            "experts.tiny.train.learning_starts: must lie below steps",
        ),
        ({"results": 202401}, "results: 202401 was read as a number and not as a text; write"),
        ({"results": "a{b}"}, "results: 'a{b}' is no folder that can be used"),
        ({"results": ""}, "results: '' is no folder that can be used"),
        ({"results": "res\n"}, "results: 'res\\n' is no folder that can be used"),
        (
            {"results": "../outside"},
            "results: ../outside may leave the working directory by its `..`",
        ),
        ({"results": "config"}, "results: config lies in config, a folder of the project; name"),
        ({"results": "workflow/rules"}, "results: workflow/rules lies in workflow, a folder of"),
        (
            {"results": ".git/results"},
            "results: .git/results lies in .git, a folder of the project",
        ),
        ({"results": "."}, "results: . holds the project itself; name another folder"),
        ({"results": "/"}, "results: / holds the project itself; name another folder"),
        ({"noise": {"clones": 1e12}}, "noise.clones: 1000000000000 is greater than the maximum of"),
        ({"seed": 1e30}, "seed: 1000000000000000019884624838656 is greater than the maximum of"),
        ({"cloning": {"learning_rate": np.nan}}, "cloning.learning_rate: nan is not a finite"),
        ({"results": False}, "results: False was read as true or false and not as a text"),
        ({"study": {"clone": [1]}}, "study.clone.0: 1 was read as a number and not as a text"),
        ({"study": {"clone": ["nobody"]}}, "study.clone: nobody is not among experts"),
        ({"study": {"clone": ["crossq_9"]}}, "), did you mean crossq_8?"),
        ({"study": {"compare": []}}, "study.compare: [] should be non-empty"),
        ({"study": {"clone": ["tiny", "tiny"]}}, "study.clone: tiny is listed twice"),
        (cloned_at([0, 40], "tiny"), "study.clone: tiny is listed twice"),
        (cloned_at([0, 80]), "study.clone: 80 of crossq_1 is not among noise.levels [0, 40]"),
        (cloned_at([40]), "study.clone.1.levels: 0 must be among them"),
        (cloned_at([0, 0]), "study.clone.1.levels: 0 is listed twice"),
        (cloned_at([]), "study.clone.1.levels: [] "),
        (cloned_at([0]), "study.compare: crossq_1 is cloned, so it must be compared"),
        (
            {"study": {"clone": [{"expert": "tiny", "level": [0]}]}},
            "study.clone.0.level is not a key, did you mean levels?; "
            "study.clone.0: 'levels' is a required property",
        ),
        (
            {"study": {"clone": [{"expert": "tiny", "levels": [0]}]}},
            "study.clone: tiny is drawn, because it comes first, so 40 of spectra.levels must be "
            "among its levels [0]",
        ),
        (
            {"offline": {"experts": ["crossq_1"]}},
            "offline.experts: crossq_1 is not an expert among study.clone ['tiny']",
        ),
        (
            {
                "experts": {"mine": {"dataset": "config"}},
                "study": {"clone": ["tiny", "mine"], "compare": ["tiny", "mine"]},
                "offline": {"experts": ["mine"]},
            },
            "offline.experts: mine is not an expert among study.clone ['tiny', 'mine']",
        ),
        (
            {"offline": {"methods": {"cql": [0]}}},
            "offline.methods: 'cql' is not one of ['iql', 'td3bc', 'tuned']",
        ),
        (
            {"offline": {"tuning": {"steps": 5000}}},
            "offline.tuning.steps: 5000 must be more than critics_first, which is 5000",
        ),
        ({"figures": {"dpi": 20}}, "figures.dpi: 20 is less than the minimum of 50"),
        ({"figures": {"dpi_of": {"fig4_psd": 2000}}}, "2000 is greater than the maximum of 1200"),
        (
            {"figures": {"dpi_of": {"fig4_pds": 90}}},
            "figures.dpi_of: fig4_pds is not a figure, did you mean fig4_psd?",
        ),
        ({"figures": {"dpi_of": {"style": 90}}}, "figures.dpi_of: style is not a figure"),
        (
            {"statistics": {"margins": {"relative": {"stride_frequencyx": 0.1}}}},
            "stride_frequencyx is not a measure, did you mean stride_frequency?",
        ),
        ({"cloning": {"batch_size": 1e308}}, "is greater than the maximum of 1000000000"),
    ],
)
def test_a_bad_config_is_refused_in_one_line_before_any_job(change, words, tmp_path):
    assert words in refusal(change, tmp_path)


REPEATS = "\n".join(
    ["a: &a [1, 1, 1, 1, 1, 1, 1, 1]"]
    + [f"{new}: &{new} [{', '.join(8 * [f'*{old}'])}]" for old, new in pairwise("abcdefgh")]
)


@pytest.mark.parametrize("text", [REPEATS, "a: &a [*a]"], ids=["16 million values", "endless"])
def test_aliases_that_stand_for_more_values_than_a_study_needs_are_refused(text, tmp_path):
    said = refusal(text, tmp_path)
    assert said.startswith("config: it holds more than 100,000 values; look for an alias (*name)")


def test_a_key_that_stands_twice_is_refused_with_its_lines(tmp_path):
    text = "noise:\n  clones: 2\n  samples: 500\n  clones: 3\n"
    said = refusal(text, tmp_path)
    assert said == "config: clones stands twice in change.yaml, in lines 2 and 4; keep one"


def test_a_refusal_is_one_line_on_screen_and_no_traceback():
    """A folder whose name looks like a number is refused with the way to write it."""
    call = [sys.executable, "-m", "snakemake", "-n", "--cores", "1", "--config", "results=2024_01"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("config: ")]
    assert 'in a file for --configfile (results: "2024_01")' in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("results", "folder"),
    [("2024_01", "2024_01"), ("/scratch/my results", "/scratch/my results"), ("out/", "out")],
)
def test_results_lie_in_any_folder_that_a_file_of_config_names(results, folder, finished):
    table = f"{folder}/walker2d/tables/observations.csv"
    assert plan(finished, config={"results": results}, targets=[table]) == {table}
