"""Every body is trained, read back, recorded and drawn by its name in the config alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stable_baselines3
from matplotlib.image import imread

from brainiarb.actors.actors import mean_action
from brainiarb.actors.archives import read_expert
from brainiarb.bodies.model import environment_facts, task_of
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import import_archive
from brainiarb.experts.training import train
from brainiarb.rollouts.arrays import check_rollouts
from brainiarb.rollouts.recording import record_episodes
from brainiarb.rollouts.returns import episode_returns
from builders import BODIES, TRAINING
from conftest import ROOT, new_folder, snakemake

ONE_EVALUATION = replace(TRAINING, evaluate_every=TRAINING.steps)
OTHERS = [body for body in BODIES if body.name != "walker2d"]


@pytest.fixture(scope="module", params=OTHERS, ids=lambda body: body.name)
def trained(request, tmp_path_factory):
    """A body, its expert of a few hundred steps, and the expert's archive."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("brainiarb.experts.training.FINAL_EPISODES", 2)
        result = train(request.param, ONE_EVALUATION)
    archive = tmp_path_factory.mktemp(request.param.name) / "expert.zip"
    result.model.save(archive)
    return request.param, result, archive


def test_training_learns_and_says_where(trained):
    body, result, _ = trained
    assert result.record["environment"] == body.env_id
    assert result.record["updates_done"] >= 200
    assert np.isfinite(result.record["evaluation"]["returns"]).all()


def test_an_action_of_the_library_is_that_of_stable_baselines3_in_units_of_the_half_range(trained):
    body, _, archive = trained
    facts = environment_facts(body)
    act = mean_action(read_expert(archive, body))
    observations = np.random.default_rng(0).normal(size=(50, facts.observations))
    stock = stable_baselines3.SAC.load(archive, device="cpu")
    executed, _ = stock.predict(observations, deterministic=True)
    ours = facts.action_centre + facts.action_half_range * act(observations)
    np.testing.assert_allclose(ours, executed, atol=1e-6)
    assert np.abs(act(observations)).max() > 0.05


def test_its_archive_is_imported_as_it_is(trained):
    body, result, archive = trained
    imported = import_archive(archive, body)
    np.testing.assert_array_equal(
        imported.actors.get_parameter("mean_linear.weight")[0].detach(),
        result.model.policy.actor.mu.weight.detach(),
    )


def test_its_walking_is_recorded(trained):
    body, _, archive = trained
    act = mean_action(read_expert(archive, body))
    rollouts = record_episodes(body, act, agents=1, episodes=2, steps=8, seed=0, mode="mean")
    check_rollouts(rollouts, "here")
    assert rollouts["heights"].shape == (16, len(body.height_geoms))
    table = episode_returns(rollouts)
    parts = {part: rollouts[f"rewards_{part}"] for part in environment_facts(body).parts}
    np.testing.assert_allclose(task_of(body).combine(parts), rollouts["rewards"], atol=1e-9)
    sums = [table[f"return_{part}"].sum() for part in parts]
    np.testing.assert_allclose(sums, [values.sum() for values in parts.values()], atol=1e-9)
    unhealthy = "return_healthy" in table and (table["return_healthy"] == 0).all()
    assert unhealthy == (body.name == "halfcheetah")


# The tiny study with the fewest jobs that all figures can be drawn from.
OWN = ROOT / "examples/my_body.py"
SMALLEST = (
    f"body={OWN}",
    "noise={levels: [0], clones: 1}",
    "spectra={levels: [0]}",
    "figures={noisy_level: 0, study_level: 0}",
    "statistics={primary_levels: [0]}",
)


def test_a_body_of_ones_own_reaches_its_figures_by_its_module_in_the_config(tmp_path):
    folder = new_folder(tmp_path / "folder")
    results = folder / "results/tiny/my_body"
    names = (
        "table1",
        "fig1_walker",
        "fig2_cka",
        "fig3_gait_cycles",
        "fig4_psd",
        "fig_noise_series",
    )
    targets = [f"results/tiny/my_body/figures/{name}.png" for name in names]
    snakemake(folder, "--cores", "2", "--config", *SMALLEST, "--", *targets)
    assert [path.name for path in results.parent.iterdir()] == ["my_body"]
    for name in names:
        assert imread(results / f"figures/{name}.png").std() > 0.01
    body, drawn = get_body(str(OWN)), pd.read_csv(results / "figures/fig1_walker.csv")
    assert set(drawn["environment"]) == {"my_body"}
    assert set(drawn["geom"]) == set(body.height_geoms)
    returns = pd.read_csv(results / "figures/fig_noise_series.csv").dropna(subset="return_healthy")
    np.testing.assert_allclose(
        returns["return"],
        returns["return_forward"] + returns["return_healthy"] + returns["return_control"],
    )
    spectra = pd.read_csv(results / "figures/fig4_psd.csv")
    assert spectra["frequency"].max() == 25  # Hz, half the sampling rate
