"""What a job depends on: whose library it imports, its settings, the code behind its result."""

import os
import runpy
from types import SimpleNamespace

import pytest

from conftest import ROOT

SCRIPTS = ROOT / "workflow/scripts"


def digests(scripts=SCRIPTS, **config):
    """Return the functions of digests.smk for a config and a folder of scripts."""
    shared = {
        "config": {"body": "walker2d", **config},
        "SCRIPTS": scripts,
        "BODIES": scripts / "brainiarb/bodies",
    }
    path = os.environ.get("PYTHONPATH")
    try:
        return SimpleNamespace(**runpy.run_path(str(ROOT / "workflow/rules/digests.smk"), shared))
    finally:
        if path is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = path


# ---- whose library jobs import


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, []),
        ("", []),
        ("/elsewhere/libs", ["/elsewhere/libs"]),
        (f"{SCRIPTS}", []),
        (f"/elsewhere/libs:{SCRIPTS}", ["/elsewhere/libs"]),
        (f"{SCRIPTS}/:/elsewhere/libs:/elsewhere/more", ["/elsewhere/libs", "/elsewhere/more"]),
        (f"{SCRIPTS}2", [f"{SCRIPTS}2"]),
    ],
)
def test_this_checkouts_library_comes_first_and_every_other_entry_stays(given, kept):
    assert digests().import_path(given).split(os.pathsep) == [str(SCRIPTS), *kept]


# ---- settings


def test_settings_are_named_by_the_last_part_of_their_key_and_sorted():
    rules = digests(seed=3, noise={"clones": 8, "levels": (0, 40)})
    named = rules.settings("seed", "noise.levels", "noise.clones", expert="sac_0")
    assert list(named.items()) == [
        ("clones", 8), ("expert", "sac_0"), ("levels", [0, 40]), ("seed", 3),
    ]  # fmt: skip


def test_two_settings_of_one_name_are_refused():
    rules = digests(noise={"clones": 8}, noise_axes={"clones": 4})
    with pytest.raises(ValueError, match=r"noise_axes\.clones has the name clones"):
        rules.settings("noise.clones", "noise_axes.clones")
    with pytest.raises(ValueError, match=r"noise\.clones has the name clones"):
        rules.settings("noise.clones", clones=3)


# ---- the code behind a result


@pytest.fixture
def library(tmp_path):
    """A small library: a script that imports a module, which imports another one."""
    files = {
        "run.py": "from brainiarb.first import a\n",
        "brainiarb/__init__.py": "",
        "brainiarb/first.py": (
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from brainiarb.types import T\n"
            "from .second import b\n"
        ),
        "brainiarb/second.py": "from brainiarb.bodies.registry import get_body\nb = 1\n",
        "brainiarb/types.py": "T = int\n",
        "brainiarb/unused.py": "c = 1\n",
        "brainiarb/bodies/__init__.py": "",
        "brainiarb/bodies/registry.py": "def get_body(): pass\n",
        "brainiarb/bodies/catalogue/walker2d.py": "BODY = 1\n",
        "brainiarb/bodies/catalogue/ant.py": "BODY = 2\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_digest_follows_imports_and_the_configured_body(library):
    assert set(digests(library).code("run.py")) == {
        "run.py", "brainiarb/__init__.py", "brainiarb/first.py", "brainiarb/second.py",
        "brainiarb/bodies/__init__.py", "brainiarb/bodies/registry.py",
        "brainiarb/bodies/catalogue/walker2d.py",
    }  # fmt: skip
    assert "brainiarb/bodies/catalogue/ant.py" in digests(library, body="ant").code("run.py")


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("second.py", "from brainiarb.bodies.registry import get_body\nb = 2\n", True),
        (
            "second.py",
            '"""Words."""\nfrom brainiarb.bodies.registry import get_body\nb=1 #\n',
            False,
        ),
        ("bodies/catalogue/walker2d.py", "BODY = 3\n", True),
        ("bodies/catalogue/ant.py", "BODY = 3\n", False),
        ("bodies/catalogue/hopper.py", "BODY = 4\n", False),
        ("unused.py", "c = 2\n", False),
        ("types.py", "T = str\n", False),
    ],
)
def test_only_code_that_runs_counts(library, name, text, counts):
    before = digests(library).code("run.py")
    (library / "brainiarb" / name).write_text(text, encoding="utf-8")
    assert (digests(library).code("run.py") != before) == counts


def test_a_training_depends_on_no_analysis_and_no_picture():
    modules = digests().code("train_expert.py")
    assert "brainiarb/bodies/walkers.py" in modules
    for name in ("rollouts/returns.py", "bodies/observations.py", "bodies/pictures.py"):
        assert (SCRIPTS / "brainiarb" / name).is_file()
        assert f"brainiarb/{name}" not in modules


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_no_result_depends_on_another_body_or_on_a_figure(script):
    modules = set(digests(body="hopper").code(script))
    bodies = {name for name in modules if name.startswith("brainiarb/bodies/catalogue/")}
    assert bodies <= {
        "brainiarb/bodies/catalogue/__init__.py", "brainiarb/bodies/catalogue/hopper.py",
    }  # fmt: skip
    drawn = {name for name in modules if name.startswith("brainiarb/figures/fig")}
    # The film shows the poses and the map that two of the figures draw.
    assert not drawn or script == "film_gait_cycle.py"
