"""Figures: each draws its table, shows no other number, and is the same file each time."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from matplotlib.text import Text

from brainiarb.bodies import get_body, observation_table
from brainiarb.figures import (
    fig1_walker,
    fig2_cka,
    fig3_gait_cycles,
    fig4_psd,
    noise_series,
    style,
    table1,
)
from brainiarb.gaitcycles import published_maps, shared_map
from brainiarb.layers import LAYERS
from brainiarb.rendering import skeleton_table
from brainiarb.rollouts import agent_returns
from conftest import ROOT
from test_gaitcycles import SETTINGS, a_walk
from test_rendering import upright

LEVELS = {"noisy_level": 40, "study_level": 80}


def observations():
    rows = observation_table(get_body("walker2d"))
    return pd.DataFrame([vars(row) for row in rows])


def similarity():
    rows = []
    kinds = {
        "expert_itself": ("own", [-1]),
        "expert_two_rollouts": ("own", [-1]),
        "clone_itself": ("own", [0, 1]),
        "expert_untrained": ("half", [0, 1]),
    }
    for level in (0, 40):
        for comparison, (stimuli, clones) in kinds.items():
            rows += [(level, comparison, stimuli, clone) for clone in clones]
        rows += [
            (level, "expert_clone", stimuli, clone)
            for stimuli in ("own", "half")
            for clone in (0, 1)
        ]
    table = pd.DataFrame(
        [(*row, a, b) for row in rows for a in LAYERS for b in LAYERS],
        columns=["level", "comparison", "stimuli", "clone", "layer_first", "layer_second"],
    )
    table["cka"] = np.linspace(0, 1, len(table))
    undefined = table["layer_second"] == "log_std_linear"
    table.loc[undefined & (table["comparison"] == "expert_untrained"), "cka"] = np.nan
    table["median"] = table["clone"] == 1
    return table


def spectra():
    frequency = np.arange(1, 200) * 0.122
    frames = []
    for level, clones in ((-1, [0]), (0, [0, 1]), (40, [0, 1])):
        for clone in clones:
            for channel, unit in (
                ("z position of the torso", "m"),
                ("angle of the left thigh joint", "rad"),
            ):
                frame = pd.DataFrame({"frequency": frequency, "density": 1 / frequency**2})
                frames.append(
                    frame.assign(
                        level=level, clone=clone, channel=channel, unit=unit, fundamental=1.2
                    )
                )
    table = pd.concat(frames, ignore_index=True)
    return table.assign(median=table["clone"] == table.groupby("level")["clone"].transform("max"))


def agents():
    rng = np.random.default_rng(0)
    rows = [("expert", -1, 0), *(("demonstrator", n, k) for n in (0, 40) for k in range(3))]
    rows += [("clone", n, k) for n in (0, 40) for k in range(3)]
    table = pd.DataFrame(rows, columns=["agent", "level", "clone"])
    for name in noise_series.PANELS:
        table[name] = rng.uniform(0, 3000, len(table))
    return table


def gait_tables():
    walks = [a_walk(), a_walk(40), a_walk(80, episodes=(50,), falls=True)]
    made = [make(walks, SETTINGS, 0) for make in (shared_map, published_maps)]
    cells, cycles = (pd.concat(parts, ignore_index=True) for parts in zip(*made, strict=True))
    return {"gait_map": cells, "gait_cycles": cycles}


def poses(count=3):
    qpos = np.stack([upright()] * count)
    qpos[:, 0] = 5.0 + np.arange(count) * 0.4
    return skeleton_table(get_body("walker2d"), qpos, np.arange(count) * 0.1)


@pytest.fixture(scope="module")
def given():
    """What each figure is drawn from."""
    return {
        table1: ({"observations": observations()}, {}),
        fig1_walker: ({"skeleton": poses()}, {"picture": np.full((90, 90, 3), 200, np.uint8)}),
        fig2_cka: ({"similarity": similarity()}, LEVELS),
        fig3_gait_cycles: (gait_tables(), LEVELS),
        fig4_psd: ({"spectra": spectra()}, {**LEVELS, "lowest": 0.3, "highest": 20.0}),
        noise_series: ({"agents": agents()}, {}),
    }


def draw_all(given):
    """Return every figure with its numbers, by name."""
    with style.journal():
        return {
            module.__name__.rpartition(".")[2]: module.draw(*arguments)
            for module, arguments in given.items()
        }


@pytest.fixture(scope="module")
def drawn(given):
    """Every figure with its numbers, by name."""
    return draw_all(given)


def words(figure):
    """All text on a figure."""
    return [text.get_text() for text in figure.findobj(Text)]


def test_every_figure_of_the_workflow_is_drawn_here(drawn):
    rules = (ROOT / "workflow/rules/figures.smk").read_text(encoding="utf-8")
    assert set(re.findall(r'^    "(\w+)": \{$', rules, re.M)) == set(drawn)
    captions = {path.stem for path in (ROOT / "workflow/report").glob("*.rst")}
    assert captions - {"workflow"} == set(drawn)


def test_text_is_legible_at_journal_width(drawn):
    for name, (figure, _) in drawn.items():
        assert figure.get_figwidth() <= style.PAGE_WIDTH, name
        sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
        assert min(sizes) >= 5.5, name


def test_the_same_tables_give_the_same_bytes(given, tmp_path):
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        for name, (figure, _) in draw_all(given).items():
            with style.journal():
                for kind in ("png", "pdf"):
                    style.save(figure, tmp_path / run / f"{name}.{kind}", dpi=60)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


def test_dpi_sets_the_pixels(drawn, tmp_path):
    figure, _ = drawn["fig4_psd"]
    for dpi in (50, 100):
        style.save(figure, tmp_path / "a.png", dpi)
        assert imread(tmp_path / "a.png").shape[1] == pytest.approx(style.PAGE_WIDTH * dpi, abs=1)


def test_table1_lists_17_observations_with_units(drawn):
    figure, numbers = drawn["table1"]
    assert len(numbers) == 17
    assert set(numbers["unit"]) == {"m", "rad", "m/s", "rad/s"}
    assert set(numbers["description"]) <= set(words(figure))


def test_the_walker_is_drawn_as_a_skeleton_where_there_is_no_picture():
    with style.journal():
        figure, numbers = fig1_walker.draw(
            {"skeleton": poses()}, {"picture": np.zeros((0, 0, 3), np.uint8)}
        )
    left, right, below = figure.axes
    assert len(left.patches) == len(right.patches) == 7
    assert not left.images
    assert len(below.patches) == 21
    assert len(numbers) == 21
    assert {"torso", "thigh left", "foot"} <= set(words(figure))


def test_heat_maps_show_the_median_clone_and_say_what_is_undefined(drawn):
    figure, numbers = drawn["fig2_cka"]
    assert sorted(numbers["panel"].unique()) == list("ABCDEFGH")
    assert (numbers.groupby("panel").size() == 16).all()
    assert set(numbers["clone"]) == {-1, 1}
    assert words(figure).count("undef.") == 4
    shown = [float(word) for word in words(figure) if re.fullmatch(r"\d\.\d\d", word)]
    assert set(numbers["cka"].dropna().round(2)) <= set(shown)


def test_gait_cycles_are_drawn_and_falls_are_marked(drawn):
    figure, numbers = drawn["fig3_gait_cycles"]
    assert set(numbers["kind"]) == {"cell", "cycle"}
    said = words(figure)
    assert sum("cycle 0.80 s" in word for word in said) == 4
    assert sum("falls after 0.4 s" in word for word in said) == 2


def test_spectra_are_drawn_over_hertz_for_expert_clean_and_noisy_clone(drawn):
    figure, numbers = drawn["fig4_psd"]
    assert set(numbers["level"]) == {-1, 0, 40}
    assert numbers["median"].all()
    assert numbers["frequency"].between(0.3, 20).all()
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    assert [line.get_label() for line in lines] == [
        "expert", "clone, clean", "clone, 40 % noise",
    ]  # fmt: skip
    np.testing.assert_array_equal(
        lines[0].get_xdata(),
        numbers.query("level == -1 and channel == 'z position of the torso'")["frequency"],
    )
    assert "frequency (Hz)" in words(figure)


def test_every_clone_is_a_point_of_the_noise_series(drawn):
    figure, numbers = drawn["noise_series"]
    points = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert {line.get_label().split()[0]: len(line.get_xdata()) for line in points} == {
        "demonstrator": 6,
        "clone": 6,
    }
    np.testing.assert_array_equal(
        points[1].get_ydata(), numbers.loc[numbers["agent"] == "clone", "return"]
    )


def test_agents_are_averaged_over_their_episodes():
    episodes = pd.DataFrame(
        {"agent": "clone", "level": 0, "clone": [0, 0, 1], "episode": [0, 1, 0]}
    )
    for name in ("return", "return_forward", "return_healthy", "return_control", "length"):
        episodes[name] = [1.0, 3.0, 5.0]
    episodes["fell"] = [True, False, False]
    table = agent_returns(episodes)
    assert table["return"].tolist() == [2, 5]
    assert table["fell"].tolist() == [0.5, 0]
    assert table["episodes"].tolist() == [2, 1]
