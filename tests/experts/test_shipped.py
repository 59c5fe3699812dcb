"""The experts that ship with the project walk as their provenance says."""

import re

import pandas as pd
import pytest
import stable_baselines3
import yaml

from brainiarb.actors.actors import mean_action
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import read_record
from brainiarb.rollouts.recording import record_episodes
from brainiarb.rollouts.returns import episode_returns
from conftest import ROOT

CHECKPOINTS = ROOT / "workflow/resources/checkpoints"
BODIES = sorted(path.name for path in CHECKPOINTS.iterdir())
ARCHIVES = sorted(CHECKPOINTS.glob("*/*.zip"))
ASKED_FOR = {
    "walker2d": {"sac": 3600, "crossq": 4500},
    "dm_walker_walk": {"crossq": 940},
    "humanoid": {"crossq": 4000},
}
LARGEST = {"walker2d": 2e6, "dm_walker_walk": 6e6, "humanoid": 9e6}  # bytes
EPISODES, STEPS = 10, 1000


@pytest.fixture(params=ARCHIVES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def archive(request):
    return request.param


@pytest.mark.parametrize("body", BODIES)
def test_the_list_of_experts_is_true(body):
    folder = CHECKPOINTS / body
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [re.split(r" *\| *", line)[1:-1] for line in lines if line.startswith("| `")]
    shipped = [path.stem for path in ARCHIVES if path.parent == folder]
    assert [row[0].strip("`") for row in rows] == shipped
    for name, steps, reached, asked_for, verdict, *_ in rows:
        record = read_record(folder / f"{name.strip('`')}.json")
        numbers = [int(text.replace(",", "")) for text in (steps, reached, asked_for)]
        said = record["evaluation"]["return_mean"]
        assert numbers == [record["steps"], round(said), ASKED_FOR[body][record["algorithm"]]]
        assert verdict.startswith("met" if said >= numbers[2] else "missed")


def test_the_default_study_clones_experts_that_walk():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    for entry in config["study"]["clone"]:
        name = entry["expert"] if isinstance(entry, dict) else entry
        archive = ROOT / config["experts"][name]["checkpoint"]
        evaluation = read_record(archive.with_suffix(".json"))["evaluation"]
        assert evaluation["return_mean"] >= 3600
        assert set(evaluation["lengths"]) == {STEPS}


def test_an_expert_walks_again_as_well_as_it_is_said_to(archive):
    body = get_body(archive.parent.name)
    record = read_record(archive.with_suffix(".json"))
    actors = read_expert(archive, body)
    rollouts = record_episodes(
        body, mean_action(actors), agents=1, episodes=EPISODES, steps=STEPS, seed=1, mode="mean"
    )
    found = episode_returns(rollouts, STEPS)["return"].mean()
    said = record["evaluation"]
    # An expert that sometimes falls is known no better than by its episodes.
    error = said["return_sd"] * (1 / said["episodes"] + 1 / EPISODES) ** 0.5
    assert abs(found - said["return_mean"]) < max(0.05 * said["return_mean"], 3 * error)


def test_an_archive_is_named_by_its_algorithm_and_opens_in_stable_baselines3(archive):
    record = read_record(archive.with_suffix(".json"))
    assert archive.stem == f"{record['algorithm']}_{record['seed']}"
    assert archive.stat().st_size < LARGEST[archive.parent.name]
    model = stable_baselines3.SAC.load(archive, device="cpu")
    assert type(model) is stable_baselines3.SAC
    assert model.num_timesteps == record["selected_step"]


def test_provenance_says_how_an_expert_was_made(archive):
    record = read_record(archive.with_suffix(".json"))
    curve = pd.read_csv(archive.with_suffix(".csv"))
    for key in ("command", "commit", "versions", "seed", "steps_done", "updates_done"):
        assert record[key] is not None
    assert record["wall_time_s"] == curve["wall_time_s"].iloc[-1]
    chosen = curve.loc[curve["return_mean"].idxmax()]
    assert record["selected_step"] == chosen["step"]
