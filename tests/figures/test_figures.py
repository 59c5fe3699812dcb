"""What holds for every figure: it is declared, captioned, legible, and the same file each time."""

import subprocess
import sys

import pytest
from matplotlib.text import Text

from brainiarb.figures.style import PAGE_WIDTH, journal, save
from conftest import ROOT
from figure_drawing import assert_legends_fit, default_figures, draw, drawn, figure_names
from figure_tables import BUILDERS

HEAVY = ("torch", "gymnasium", "mujoco", "stable_baselines3", "scipy.stats", "sklearn")


def test_every_declared_figure_has_a_caption_and_is_drawn_here():
    captions = {path.stem for path in (ROOT / "workflow/report").glob("*.rst")}
    assert set(figure_names()) == set(BUILDERS) == captions - {"workflow", "gait_cycle", "explorer"}


def test_drawing_imports_no_network_no_physics_and_no_statistics():
    code = f"""
import sys
from importlib import import_module
for name in {["draw_figure", *(f"brainiarb.figures.{name}" for name in figure_names())]}:
    import_module(name)
    heavy = sorted(set({HEAVY}) & set(sys.modules))
    assert not heavy, f"{{name}} imports {{heavy}}"
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "workflow/scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", figure_names())
def test_text_is_legible_at_journal_width(name):
    figure, _ = drawn(name)
    assert figure.get_figwidth() <= PAGE_WIDTH
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= 5.5


@pytest.mark.parametrize("name", figure_names())
def test_legends_lie_on_the_page(name):
    assert_legends_fit(drawn(name)[0])


@pytest.mark.parametrize("name", figure_names())
def test_every_figure_has_numbers(name):
    assert len(drawn(name)[1])


@pytest.mark.parametrize("name", figure_names())
def test_the_same_tables_give_the_same_bytes(name, tmp_path):
    # The end-to-end tests compare the PDF files of the default study, from two processes.
    kinds = ["png"] if name in default_figures() else ["png", "pdf"]
    for run in ("first", "second"):
        figure, _ = draw(name)
        with journal():
            for kind in kinds:
                save(figure, tmp_path / f"{run}.{kind}", dpi=60)
    for kind in kinds:
        first, second = (tmp_path / f"{run}.{kind}" for run in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
