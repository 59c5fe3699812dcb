"""Data sets in the place of experts: which jobs follow from that, and which config is refused."""

import re

import pytest
import yaml

from conftest import ROOT
from plans import plan, refusal

# Only reading needs a data set; a plan needs a file that exists.
FILE = "tests/config/tiny.yaml"
MINE = {"mine": {"dataset": FILE}}
NETWORK = re.compile(r"mine/(checkpoint|activations|common_states|similarity|robustness|dynamics)")


def study(clone, compare, **experts):
    return {"experts": {**MINE, **experts}, "study": {"clone": clone, "compare": compare}}


def test_clones_of_a_data_set_are_compared_as_experts_and_with_experts(finished):
    planned = plan(finished, config=study(["mine"], ["mine", "tiny"]))
    assert {"mine/rollouts.npz", "mine/demonstrations/noise_0.npz", "mine/bc_0.pt"} <= planned
    for clone in ("mine_clone_0", "mine_clone_1"):
        assert {
            f"mine/bc_0/{clone.removeprefix('mine_')}.zip", f"{clone}/similarity/expert.csv",
            f"{clone}/similarity/actions.csv", f"{clone}/strides.csv", f"{clone}/spectra.csv",
        } <= planned  # fmt: skip
    assert {"mine/strides.csv", "mine/spectra.csv", "mine/returns/rollouts.csv"} <= planned
    assert {"tables/similarity.csv", "tables/strides.csv", "tables/returns.csv"} <= planned


def test_what_needs_the_network_of_a_data_set_is_left_out(finished):
    alone = plan(finished, config=study(["mine"], ["mine"]))
    beside = plan(finished, config=study(["tiny", "mine"], ["mine", "tiny"]))
    for planned in (alone, beside):
        assert "mine_clone_0/checkpoint.zip" in planned
        assert [file for file in planned if NETWORK.match(file)] == []
        assert "mine/rollouts_sampled.npz" not in planned
        assert "mine/bc_40.pt" not in planned
    assert "tables/claims.csv" in beside
    assert "tables/claims.csv" not in alone


def test_a_data_set_that_nobody_names_in_study_makes_nothing(finished):
    assert plan(finished, config={"experts": MINE}) == set()


def test_the_config_in_the_page_of_data_is_one(finished):
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    config = yaml.safe_load(text)
    config["experts"]["mine"]["dataset"] = FILE
    planned = plan(finished, config=config, targets=["results/data/walker2d/mine/bc_0.pt"])
    assert "results/data/walker2d/mine/bc_0.pt" in planned


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            study(["mine"], ["mine"], mine={"dataset": FILE, "checkpoint": FILE}),
            "experts.mine: give one of checkpoint, train and dataset",
        ),
        (
            study(["mine"], ["mine"], mine={"dataset": "nowhere.hdf5"}),
            "experts.mine.dataset: no file or folder nowhere.hdf5",
        ),
        (study(["tiny"], ["mine", "tiny"]), "mine is a data set, so it must be cloned"),
        (
            study([{"expert": "mine", "levels": [0, 40]}], ["mine"]),
            "mine is a data set, so its clones have level 0 and no other",
        ),
        (
            study(["mine"], ["mine"], mine_clone_7={"checkpoint": FILE}),
            "experts.mine_clone_7: this is the name of a clone of mine",
        ),
    ],
)
def test_a_config_of_a_data_set_that_cannot_be_is_refused(change, reason, tmp_path):
    assert reason in refusal(change, tmp_path)
