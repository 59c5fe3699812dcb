"""Captions of the report: docutils takes each, and what they say follows the config."""

import re
from types import SimpleNamespace

import pytest
import yaml
from docutils.core import publish_doctree
from jinja2 import Environment, StrictUndefined

from conftest import ROOT
from figure_drawing import figure_names

CAPTIONS = sorted((ROOT / "workflow/report").glob("*.rst"))
CONFIG = (ROOT / "config/config.yaml").read_text(encoding="utf-8")
STATISTICS = ("fig4_psd", "fig_functional", "fig_robustness", "fig_similarity", "fig_strides")

OF_NO_CLONES = {"table1", "fig1_walker", "learning_curves", "fig_claims", "fig_archives_gaits"}
"""They show no clone, or the number of clones in each row."""
AXES = yaml.safe_load(CONFIG)["noise_axes"]


def rendered(caption, **study):
    """Return a caption's text in the report of the default study, with other keys on request."""
    config = yaml.safe_load(CONFIG)
    named = [e if isinstance(e, str) else e["expert"] for e in config["study"]["clone"]]
    config["study"]["clone"] = named  # as the workflow hands it to captions
    for part, keys in study.items():
        config[part].update(keys)
    levels = config["noise"]["levels"]
    config["study"]["levels"] = dict.fromkeys(config["study"]["clone"], levels)
    # Snakemake renders captions with these options.
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    text = caption.read_text(encoding="utf-8")
    text = environment.from_string(text).render(snakemake=SimpleNamespace(config=config))
    return publish_doctree(text, settings_overrides={"report_level": 1, "halt_level": 1}).astext()


def caption_of(name):
    return ROOT / f"workflow/report/{name}.rst"


@pytest.mark.parametrize("caption", CAPTIONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("experts", [["crossq_0"], ["crossq_0", "sac_0", "sac_1"]], ids=len)
def test_docutils_takes_every_caption_without_a_message(caption, experts):
    text = rendered(caption, study={"clone": experts})
    assert text.endswith(".")
    assert not re.search(r"[{}]|\.[A-Z]", text)


def test_docutils_refuses_a_caption_with_an_unknown_substitution(tmp_path):
    caption = tmp_path / "a.rst"
    caption.write_text("The number |λ| is an eigenvalue.", encoding="utf-8")
    with pytest.raises(Exception, match="Undefined substitution"):
        rendered(caption)


@pytest.mark.parametrize("name", [*STATISTICS, "fig_noise_series", "fig_noise_axes", "fig_jpca"])
def test_the_confidence_in_a_caption_follows_alpha(name):
    usual, wide = (rendered(caption_of(name), statistics={"alpha": a}) for a in (0.05, 0.1))
    expected = usual.replace("95 %", "90 %").replace("(p at most 0.05)", "(p at most 0.1)")
    assert expected == wide != usual


@pytest.mark.parametrize("name", [*STATISTICS, "fig_noise_series"])
def test_a_caption_says_whether_its_intervals_are_of_one_expert_or_of_several(name):
    one, several = (
        rendered(caption_of(name), study={"clone": experts})
        for experts in (["crossq_0"], ["crossq_0", "sac_0", "sac_1"])
    )
    assert "conditional on this expert" in one.lower()
    assert "conditional on this expert" not in several.lower()
    assert "3 cloned experts (crossq_0, sac_0, sac_1)" in several


@pytest.mark.parametrize("name", figure_names())
def test_a_caption_says_what_one_mark_is(name):
    marks = "point|dot|line|cell|row|cycle|mark"
    said = rendered(caption_of(name))
    assert re.search(rf"\b(each|one|a) (\w+ ){{0,3}}({marks})\b", said, re.IGNORECASE)


@pytest.mark.parametrize("name", sorted({*figure_names()} - OF_NO_CLONES))
def test_a_caption_says_how_many_clones_there_are(name):
    counts = {"noise": {"clones": 17}, "noise_axes": {**AXES, "clones": 17}}
    assert "17" in rendered(caption_of(name), **counts)


def test_the_caption_of_learning_curves_says_how_many_experts_there_are():
    said = rendered(caption_of("learning_curves"), study={"compare": ["a", "b", "c"]})
    assert "3 compared experts (a, b, c)" in said


def test_the_caption_of_similarity_names_the_measures_that_a_study_adds():
    usual, more = (
        rendered(caption_of("fig_similarity"), similarity={"measures": ["cka", *added]})
        for added in ([], ["rbf_cka", "rsa"])
    )
    assert "other measures" not in usual
    assert "other measures of similarity (rbf_cka, rsa)" in more
