"""The faithful replication, `config/published.yaml`, at a small size."""

import re
from pathlib import Path

import pandas as pd
import pytest

from brainiarb.activity.activations import Activations, open_activations
from brainiarb.activity.stimuli import read_stimuli
from brainiarb.actors.actors import read_actors
from brainiarb.rollouts.arrays import read_rollouts
from conftest import ROOT, made_once, snakemake
from plans import plan

FOLDER = Path("results/tiny/dm_walker_walk/crossq_0")
ASKED = ("similarity/bc_80.csv", "gait_map.npz", "rollouts_sampled.npz")
SMALL = ROOT / "tests/config/published.yaml"


@pytest.fixture(scope="module")
def replicated(tmp_path_factory):
    """A folder with a part of the small replication: clones, their similarity, and their maps."""

    def make(folder):
        targets = [FOLDER / name for name in ASKED]
        overlay = "config/published.yaml"
        snakemake(folder, str(SMALL), "--cores", "2", "--", *targets, overlay=overlay)

    return made_once(tmp_path_factory, "replicated", make) / FOLDER


def test_the_whole_replication_is_planned_from_what_ships():
    planned = plan(ROOT, overlay="config/published.yaml")
    names = [Path(file).name for file in planned]
    assert len([name for name in names if re.fullmatch(r"bc_\d+\.pt", name)]) == 8
    assert {"replication.csv", "claims.csv", "findings.html", "explorer.html"} <= {*names}


def test_the_experts_of_the_replication_can_be_trained_anew():
    file = "results/training/dm_walker_walk/crossq_2/checkpoint.zip"
    planned = plan(ROOT, overlay="config/train_walker_walk.yaml", targets=[file])
    assert file in planned


def test_clones_are_as_wide_as_those_of_the_study_and_learn_by_its_loss(replicated):
    clones, _ = read_actors(replicated / "bc_80.pt")
    assert clones.architecture.hidden == (1024, 1024)
    assert len(clones) == 2
    history = pd.read_csv(replicated / "bc_80/history.csv")
    assert history.groupby("clone").size().tolist() == [2, 2]


def test_episodes_last_25_seconds_and_nobody_ends_one_by_a_fall(replicated):
    for name in ("rollouts.npz", "rollouts_sampled.npz", "bc_80/rollouts.npz"):
        recording = read_rollouts(replicated / name)
        assert recording["sampling_rate"] == 40
        assert not recording["terminals"].any()
        assert set(pd.Series(recording["episode_ids"]).value_counts()) == {1000}


def test_the_published_procedure_has_rows_of_its_own_and_pairs_them_by_index(replicated):
    with open_activations(replicated / "activations/bc_80.h5") as file:
        own, common = (Activations(file, group).rows for group in ("own", "common"))
    assert (own, common) == (1500, len(read_stimuli(replicated / "common_states.npz").observations))
    table = pd.read_csv(replicated / "similarity/bc_80.csv")
    unpaired = table[table["pairing"] == "unpaired"]
    assert set(unpaired["rows"]) == {1500}
    paired = table[(table["comparison"] == "expert_clone") & (table["pairing"] == "paired")]
    assert set(paired["rows"]) == {common}


def test_in_its_map_the_expert_samples_its_actions_and_a_clone_does_not(replicated):
    cycles = pd.read_csv(replicated / "gait_cycles.csv").query("map == 'published'")
    of_mean, sampled = (
        len(set(read_rollouts(replicated / name)["episode_ids"]))
        for name in ("rollouts.npz", "rollouts_sampled.npz")
    )
    assert (of_mean, sampled) == (4, 1)
    assert cycles.loc[cycles["level"] == -1, "episode"].unique().tolist() == [0]
    measures = pd.read_csv(replicated / "measures/gait_map.csv")
    of_maps = measures[measures["measure"].str.startswith("published_")]
    assert (of_maps.groupby("level")["clone"].nunique() == 1).all()
    # After two epochs a clone may lie still, and then it has no map but a track with a note.
    assert of_maps["level"].min() == -1
    assert set(cycles["level"]) == {-1, 0, 80}
