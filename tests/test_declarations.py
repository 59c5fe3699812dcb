"""Which modules are figures, and what they may declare."""

import runpy
from types import SimpleNamespace

import pytest

from conftest import ROOT
from figure_drawing import figure_names, module

RULES = SimpleNamespace(
    **runpy.run_path(str(ROOT / "workflow/rules/declarations.smk"), {"BASE": ROOT})
)


def declared(folder, text):
    (folder / "fig_new.py").write_text(text, encoding="utf-8")
    return RULES.declared_figures(folder)


def test_the_figures_of_the_workflow_are_the_modules_that_declare_tables():
    assert list(RULES.FIGURES) == figure_names()
    for name, declarations in RULES.FIGURES.items():
        for key, default in RULES.DEFAULTS.items():
            assert declarations[key] == getattr(module(name), key, default)


def test_a_module_becomes_a_figure_by_its_declarations_and_the_rest_has_defaults(tmp_path):
    text = 'TABLES = ["agents"]\nSETTINGS: list[str] = ["noise.levels"]\nCOLUMNS = 3\n'
    assert declared(tmp_path, text) == {
        "fig_new": {
            "TABLES": ["agents"],
            "SETTINGS": ["noise.levels"],
            "FILES": {},
            "EVERY_EXPERT": [],
            "TARGET": "all",
            "ARCHIVES": False,
        }
    }


@pytest.mark.parametrize("text", ["", "SETTINGS = []\n", "def draw():\n    TABLES = []\n"])
def test_a_module_without_tables_is_a_helper(text, tmp_path):
    assert declared(tmp_path, text) == {}


def test_a_declaration_that_is_no_literal_is_refused_by_name(tmp_path):
    text = 'NAMES = ["agents"]\nTABLES = NAMES + ["measures"]\n'
    with pytest.raises(SystemExit, match=r"fig_new\.py: TABLES must be a literal"):
        declared(tmp_path, text)


def test_a_table_that_is_needed_whole_is_among_the_tables():
    for name, declarations in RULES.FIGURES.items():
        assert set(declarations["EVERY_EXPERT"]) <= set(declarations["TABLES"]), name
