"""Targets that the default study does not make: the noise axes, and the stability of the map."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from brainiarb.clones.axes import MEASURES
from conftest import ROOT, new_folder, snakemake
from plans import plan

EXPERT = Path("results/tiny/walker2d/tiny")
TABLES = EXPERT.parent / "tables"
# The fewest places that have every kind: two meanings, two numbers of episodes, one of them held.
AXES = "noise_axes={meanings: [executed, observation], levels: [40], episodes: [1, 2]}"
PLACES = {
    ("executed", 1, False),
    ("executed", 2, False),
    ("executed", 2, True),
    ("observation", 2, False),
}


def test_archives_are_compared_without_cloning_anybody(finished):
    made = plan(finished, config={"study": {"clone": [], "compare": ["tiny"]}})
    tables = {f"tables/{name}.csv" for name in ("actions", "gait_map", "spectra", "similarity")}
    assert {"tiny/similarity/actions.csv", "archives/gait_map.npz", *tables} <= made
    assert not [name for name in made if "bc_" in name or "claims" in name]
    drawn = {Path(name).stem for name in made if name.startswith("figures/")}
    of_archives = {"fig_archives", "fig_archives_gaits", "fig_archives_similarity"}
    assert of_archives <= drawn <= {*of_archives, "fig1_walker", "table1", "learning_curves"}
    assert "findings.html" in made
    assert "explorer.html" not in made  # it shows two agents


def test_the_command_that_compares_two_archives_does_so(tmp_path):
    """The command is that of config/compare.yaml, which the README names."""
    text = (ROOT / "config/compare.yaml").read_text("utf-8")
    command = re.search(r"#   (snakemake .*?)\n# It", text, re.S)[1].replace("\\\n#", " ")
    words = shlex.split(command)
    for name, shipped in (("a", "crossq_0"), ("b", "sac_0")):
        archive = ROOT / f"workflow/resources/checkpoints/walker2d/{shipped}.zip"
        shutil.copyfile(archive, tmp_path / f"{name}.zip")
    words = [word.replace("body=hopper", "body=walker2d") for word in words]
    words[words.index("config/compare.yaml")] = str(ROOT / "config/compare.yaml")
    call = [sys.executable, "-m", *words, "-n", "--snakefile", str(ROOT / "Snakefile")]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    for file in ("findings.html", "explorer.html", "figures/fig_archives_gaits.png"):
        assert f"results/compare/walker2d/{file}" in said


def test_the_noise_axes_are_planned_from_recordings_to_the_figure(finished):
    folders = {"executed_1", "executed_3", "executed_3_held", "label_3"}
    files = {
        f"tiny/{folder}/{name}"
        for folder in folders
        for level in (0, 40)
        for name in (
            f"bc_{level}.pt", f"bc_{level}/history.csv", f"bc_{level}/rollouts.npz",
            f"returns/bc_{level}.csv", f"noise_axes_{level}.csv",
        )
    }  # fmt: skip
    recordings = {
        f"tiny/{name}"
        for meaning in ("executed", "label")
        for level in (0, 40)
        for name in (
            f"demonstrations/{meaning}_{level}.npz",
            f"returns/demonstrations_{meaning}_{level}.csv",
        )
    }
    tables = {"tables/noise_axes.csv", "tables/noise_axes_intervals.csv"}
    figure = {f"figures/fig_noise_axes.{kind}" for kind in ("png", "pdf", "csv")}
    assert plan(finished, targets=["noise_axes"]) == files | recordings | tables | figure


def test_the_clones_of_every_method_are_planned_from_the_same_demonstrations_to_their_effects(
    finished,
):
    files = {
        f"tiny/{name}"
        for method in ("iql", "td3bc")
        for name in (
            f"{method}_40.pt", f"{method}_40/history.csv", f"{method}_40/rollouts.npz",
            f"returns/{method}_40.csv", f"activations/{method}_40.h5",
            f"similarity/{method}_40.csv", f"similarity/single_{method}_40.csv",
            f"measures/similarity_{method}_40.csv", f"measures/functional_{method}_40.csv",
        )
    }  # fmt: skip
    names = ("returns", "gaits", "strides", "spectral_distances", "margins")
    gathered = {
        f"tiny/offline/{method}/{name}.csv" for method in ("bc", "iql", "td3bc") for name in names
    }
    tables = {f"tables/offline_{name}.csv" for name in ("measures", "effects", "claims")}
    figure = {f"figures/fig_offline.{kind}" for kind in ("csv", "pdf", "png")}
    assert plan(finished, targets=["offline_methods"]) == files | gathered | tables | figure
    asked = plan(finished, config={"offline": {"in_study": True}})
    everywhere = {"tables/returns.csv", "tables/agents.csv", "findings.html"}
    series = {f"figures/fig_noise_series.{kind}" for kind in ("csv", "pdf", "png")}
    assert asked == files | gathered | tables | figure | everywhere | series


def test_clones_that_go_on_online_are_planned_from_the_clones_by_cloning_like_any_method(finished):
    methods = {"methods": {"iql": [], "td3bc": [], "tuned": [40]}}
    planned = plan(finished, config={"offline": methods}, targets=["offline_methods"])
    assert {f"tiny/{name}" for name in (
        "tuned_40.pt", "tuned_40/history.csv", "tuned_40/rollouts.npz", "activations/tuned_40.h5",
        "similarity/tuned_40.csv", "measures/functional_tuned_40.csv", "offline/tuned/gaits.csv",
    )} <= planned  # fmt: skip
    assert not [file for file in planned if "iql" in file or "td3bc" in file]
    assert not [file for file in planned if file.endswith("bc_40.pt")]


@pytest.fixture
def walked(study, tmp_path):
    """A folder with the walking of the tiny expert and of its clones."""
    folder = new_folder(tmp_path / "folder")
    for name in ("checkpoint.zip", "checkpoint.json", "checkpoint.csv", "rollouts.npz"):
        (folder / EXPERT).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(study / EXPERT / name, folder / EXPERT / name)
    for level in (0, 40):
        (folder / EXPERT / f"bc_{level}").mkdir()
        name = f"bc_{level}/rollouts.npz"
        shutil.copyfile(study / EXPERT / name, folder / EXPERT / name)
    return folder


def test_the_noise_axes_end_in_a_table_with_intervals_and_a_figure(walked):
    snakemake(walked, "--cores", "2", "--config", AXES, "--", "noise_axes")
    table = pd.read_csv(walked / TABLES / "noise_axes.csv")
    assert {*table[["meaning", "episodes", "held"]].itertuples(index=False, name=None)} == PLACES
    assert (table.groupby(["meaning", "episodes", "held"])["clone"].nunique() == 2).all()
    assert table["level"].unique().tolist() == [40]
    assert table["survival"].between(0, 1).all()
    assert (table["action_error"] > 0).all()
    samples = table.groupby(["meaning", "episodes", "held"])["samples"].sum()
    assert samples["executed", 2, True] == samples["executed", 1, False]
    assert samples["executed", 2, False] > samples["executed", 1, False]

    returns = pd.read_csv(walked / EXPERT / "executed_2/returns/bc_40.csv")
    place = table.query("meaning == 'executed' and episodes == 2 and not held")
    np.testing.assert_allclose(place["return"], returns.groupby("clone")["return"].mean())

    intervals = pd.read_csv(walked / TABLES / "noise_axes_intervals.csv")
    assert len(intervals) == len(PLACES) * len(MEASURES)
    drawn = pd.read_csv(walked / EXPERT.parent / "figures/fig_noise_axes.csv")
    assert len(drawn)
    # The walking of these clones is large, and only its returns are kept.
    assert not list((walked / EXPERT).glob("*_*_*/bc_40/rollouts.npz"))
    assert not list((walked / EXPERT).glob("executed_*/bc_40/rollouts.npz"))


def test_the_stability_of_the_map_is_tabulated(walked):
    target = EXPERT / "map_stability.csv"
    snakemake(walked, "--cores", "1", "--", target)
    table = pd.read_csv(walked / target)
    assert set(table["expert"]) == {"tiny"}
    assert set(table["changed"]) == {"seed", "perplexity", "bandwidth"}
    assert table["adjusted_rand"].le(1).all()
