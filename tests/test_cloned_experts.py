"""Which experts are cloned at which levels, and which jobs follow from that."""

import re
from collections import Counter

import pytest
import yaml

from conftest import ROOT
from plans import finish, plan

DEFAULT = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))
OTHER = {"checkpoint": "workflow/resources/checkpoints/walker2d/crossq_1.zip"}
AXES_LEVEL = re.compile(r"/\w+_\d+(_held)?/bc_(\d+)\.pt$")


def another(levels=None, compare=("crossq_1", "tiny")):
    """Return a change by which a second expert is cloned, at all levels unless they are given."""
    entry = {"expert": "crossq_1", "levels": levels} if levels else "crossq_1"
    return {
        "experts": {"crossq_1": OTHER},
        "study": {"clone": ["tiny", entry], "compare": [*compare]},
    }


def levels_by_expert(files, pattern=r"(\w+)/bc_(\d+)\.pt"):
    """Return the levels whose clones are made, by expert."""
    found = [match.groups() for file in files if (match := re.fullmatch(pattern, file))]
    return {name: sorted(int(lv) for n, lv in found if n == name) for name, _ in found}


def of_the_other(files):
    """Return the names of files of the second expert, without its folder."""
    return {file.removeprefix("crossq_1/") for file in files if file.startswith("crossq_1/")}


def test_the_default_study_has_64_clones_eight_levels_of_one_expert_and_two_of_four(finished):
    planned = plan(finished, overlay=None)
    levels = levels_by_expert(planned)
    assert levels["crossq_0"] == DEFAULT["noise"]["levels"]
    assert Counter(map(tuple, levels.values())) == {(0, 5, 10, 20, 40, 60, 80, 160): 1, (0, 80): 4}
    assert sum(map(len, levels.values())) * DEFAULT["noise"]["clones"] == 64


@pytest.fixture(scope="module")
def of_few(finished):
    """The files that are made when a second expert is cloned at one level alone."""
    return plan(finished, config=another([0]))


@pytest.fixture(scope="module")
def of_every(finished):
    """The files that are made when a second expert is cloned at every level."""
    return plan(finished, config=another())


def test_an_expert_cloned_at_a_few_levels_has_no_file_of_another_level(of_few):
    planned = of_the_other(of_few)
    assert {"bc_0.pt", "returns/bc_0.csv", "activations/bc_0.h5", "activations.h5"} <= planned
    assert {"measures/similarity_bc_0.csv", "measures/functional_bc_0.csv"} <= planned
    assert {"measures/gaits.csv", "measures/gait_map.csv", "robustness/0.csv"} <= planned
    assert not [file for file in planned if "40" in file]


def test_details_are_of_experts_that_are_cloned_at_every_level(of_few, of_every):
    details = {
        "spectra.csv", "measures/dynamics_expert.csv", "dynamics/jpca_0.csv",
        "rollouts_sampled.npz", "bc_0/rollouts_sampled.npz",
    }  # fmt: skip
    assert details <= of_the_other(of_every)
    assert not details & of_the_other(of_few)


def test_a_name_and_a_list_of_all_levels_make_the_same_files(finished, of_every):
    assert plan(finished, config=another([40, 0])) == of_every


def test_levels_given_in_another_order_rerun_nothing(checkout):
    finish(checkout, config=another([0, 40]))
    assert plan(checkout, config=another([40, 0])) == set()


def test_a_further_level_of_one_expert_touches_no_other_expert_and_no_other_level(checkout):
    """The clones of a primary level give states to all networks; this level is none."""
    levels = {"noise": {"levels": [0, 20, 40]}}
    finish(checkout, config=another([0]) | levels)
    planned = plan(checkout, config=another([0, 20]) | levels)
    folders = {file.split("/")[0] for file in planned}
    assert folders == {"crossq_1", "tables", "figures", "findings.html", "explorer.html"}
    assert "bc_20.pt" in of_the_other(planned)
    assert not [file for file in planned if "_0." in file or "bc_0/" in file]


def test_cloning_an_expert_that_was_compared_already_leaves_the_drawn_expert_as_it_is(checkout):
    compared = {**another(), "study": {"clone": ["tiny"], "compare": ["crossq_1", "tiny"]}}
    finish(checkout, config=compared)
    planned = plan(checkout, config=another([0]))
    assert not [file for file in planned if file.startswith("tiny/")]


def test_levels_that_only_the_drawn_expert_has_are_disturbed_and_tabulated_of_it_alone(finished):
    change = {**another([0]), "robustness": {"levels": [40]}, "spectra": {"levels": [0, 40]}}
    planned = plan(finished, config=change)
    disturbed = {file for file in planned if re.search(r"/robustness/\w+\.csv$", file)}
    assert disturbed == {"tiny/robustness/40.csv", "crossq_1/robustness/expert.csv"}


def test_the_noise_axes_are_of_experts_that_are_cloned_at_every_level(finished):
    few = plan(finished, config=another([0]), targets=["noise_axes"])
    assert [file for file in few if AXES_LEVEL.search(file)]
    assert not [file for file in of_the_other(few) if file.endswith(".pt")]
    every = plan(finished, config=another(), targets=["noise_axes"])
    assert {"tiny", "crossq_1"} == {f.split("/")[0] for f in every if AXES_LEVEL.search(f)}
