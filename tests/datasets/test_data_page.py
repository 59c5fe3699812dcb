"""docs/data.md: what its commands write, its examples read."""

import json
import re

import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.datasets.minari import Origin, write_minari
from brainiarb.datasets.scores import D4RL, ReferenceScores
from brainiarb.files import write_csv, write_json
from brainiarb.records import Making, making
from brainiarb.rollouts.arrays import read_demonstrations, write_demonstrations
from brainiarb.rollouts.noise import Noise
from brainiarb.rollouts.recording import record_samples
from brainiarb.rollouts.returns import returns_table
from builders import bend
from conftest import ROOT, snakemake

EXPERT = "results/tiny/walker2d/tiny"


def example(number):
    """An example of the page, for the tiny expert in the place of crossq_0."""
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[number]
    return code.replace("walker2d/crossq_0", "walker2d/tiny").replace("results/", "results/tiny/")


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory):
    """A folder with what a data set is written from: demonstrations, and how the expert walks."""
    folder = tmp_path_factory.mktemp("data")
    expert = folder / EXPERT
    walked = record_samples(
        get_body("walker2d"), bend, agents=2, samples=200, steps=100, seed=1, mode="mean",
        noise=Noise(40),
    )  # fmt: skip
    study = Making(root=expert.parent, settings={"seed": 0, "body": "walker2d"})
    with making(study):
        write_json(
            expert / "checkpoint.json", {"algorithm": "bender", "environment": "Walker2d-v5"}
        )
        write_csv(
            expert / "returns/rollouts.csv", returns_table(walked, "tiny", "expert", -1, "mean")
        )
        write_demonstrations(expert / "demonstrations/noise_40.npz", walked)
    return folder


def test_the_page_tells_the_reference_scores_of_the_library():
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (-?[\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    told = {get_body(name).env_id: (float(low), float(high)) for name, low, high in rows}
    assert told == {f"{environment}-v5": scores for environment, scores in D4RL.items()}


def test_the_library_reads_what_was_written(demonstrated, tmp_path, monkeypatch, capsys):
    demonstrations = read_demonstrations(demonstrated / EXPERT / "demonstrations/noise_40.npz")
    scores = ReferenceScores(0.0, 1.0, "of a test")
    origin = Origin("a/b-v0", "none", "It bends.", scores, {})
    folder = tmp_path / EXPERT / "minari/noise_40"
    write_minari(folder, get_body("walker2d"), demonstrations, origin)
    monkeypatch.chdir(tmp_path)
    exec(example(1), {})
    episodes = len(demonstrations["final_observations"])
    assert capsys.readouterr().out.split() == ["400", str(episodes), "(400,", "17)"]


def test_a_command_writes_a_data_set_that_the_example_opens(demonstrated, monkeypatch):
    pytest.importorskip("minari", reason="Minari is not installed")
    target = f"{EXPERT}/minari/noise_40"
    snakemake(demonstrated, "--cores", "1", "--allowed-rules", "write_minari", "--", target)
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(demonstrated / target))
    names = {}
    exec(example(0), names)
    dataset = names["dataset"]
    assert dataset.total_steps == 400
    assert names["environment"].spec.id == "Walker2d-v5"
    earned = dataset[dataset.total_episodes - 1].rewards.sum()
    assert names["score"] == pytest.approx((earned - 1.629008) / (4592.3 - 1.629008))
    told = json.loads((dataset.storage.data_path / "metadata.json").read_text())
    assert told["algorithm_name"] == "bender"
    assert told["made"]["settings"]["level"] == 40
    assert told["made"]["expert"]["environment"] == "Walker2d-v5"
