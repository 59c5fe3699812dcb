"""The experts that ship with the project walk as their provenance says."""

import pandas as pd
import pytest
import stable_baselines3

from brainiarb.bodies import environment_facts, get_body
from brainiarb.files import read_json
from brainiarb.policies import mean_action, read_archive
from brainiarb.recording import record_episodes
from brainiarb.rollouts import episode_returns
from conftest import ROOT

ARCHIVES = sorted((ROOT / "workflow/resources/checkpoints/walker2d").glob("*.zip"))
LEAST_RETURN = {"sac": 3600, "crossq": 4500}
EPISODES, STEPS = 10, 1000


@pytest.fixture(params=ARCHIVES, ids=lambda path: path.stem)
def archive(request):
    return request.param


def test_experts_ship():
    assert "crossq_0" in {path.stem for path in ARCHIVES}


def test_an_expert_walks_ten_full_episodes_as_well_as_it_is_said_to(archive):
    body = get_body("walker2d")
    record = read_json(archive.with_suffix(".json"))
    actors = read_archive(archive, environment_facts(body).sizes, body.name)
    rollouts = record_episodes(
        body, mean_action(actors), agents=1, episodes=EPISODES, steps=STEPS, seed=1, mode="mean"
    )
    episodes = episode_returns(rollouts, STEPS)
    said = record["evaluation"]["return_mean"]
    assert said >= LEAST_RETURN[record["algorithm"]]
    assert episodes["return"].mean() >= LEAST_RETURN[record["algorithm"]]
    assert (episodes["length"] == STEPS).all()
    assert abs(episodes["return"].mean() - said) < 0.05 * said


def test_an_archive_is_named_by_its_algorithm_and_opens_in_stable_baselines3(archive):
    record = read_json(archive.with_suffix(".json"))
    assert archive.stem == f"{record['algorithm']}_{record['seed']}"
    assert archive.stat().st_size < 2e6
    model = stable_baselines3.SAC.load(archive, device="cpu")
    assert type(model) is stable_baselines3.SAC
    assert model.num_timesteps == record["selected_step"]


def test_provenance_says_how_an_expert_was_made(archive):
    record = read_json(archive.with_suffix(".json"))
    curve = pd.read_csv(archive.with_suffix(".csv"))
    for key in ("command", "commit", "versions", "seed", "steps_done", "updates_done"):
        assert record[key] is not None
    assert record["wall_time_s"] == curve["wall_time_s"].iloc[-1]
    chosen = curve.loc[curve["return_mean"].idxmax()]
    assert record["selected_step"] == chosen["step"]
