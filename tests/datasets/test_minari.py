"""Data sets of Minari: what Minari reads is what was demonstrated, in an environment made again."""

import json
from itertools import chain
from pathlib import Path

import h5py
import mujoco
import numpy as np
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.datasets.minari import Origin, write_minari
from brainiarb.datasets.scores import ReferenceScores
from brainiarb.files import digest_of
from brainiarb.rollouts.episodes import clone_episodes
from brainiarb.rollouts.noise import Noise
from brainiarb.rollouts.recording import record_samples
from builders import bend

IDENTITY = "brainiarb/walker2d/bender-noise-80-v0"


def origin(identity=IDENTITY):
    scores = ReferenceScores(2.0, 12.0, "of a test", 5)
    return Origin(identity, "none", "It bends.", scores, {"settings": {"level": 80}})


def demonstrations(body, act=bend):
    """Demonstrations of two clones that end by falls, by the end of a lane and after the last."""
    return record_samples(
        body, act, agents=2, samples=300, steps=200, seed=5, mode="mean", noise=Noise(80)
    )


@pytest.fixture(scope="module")
def walked():
    return demonstrations(get_body("walker2d"))


@pytest.fixture(scope="module")
def written(walked, tmp_path_factory):
    root = tmp_path_factory.mktemp("datasets")
    write_minari(root, get_body("walker2d"), walked, origin())
    return root


@pytest.fixture
def dataset(written, monkeypatch):
    minari = pytest.importorskip("minari", reason="Minari is not installed")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(written))
    assert list(minari.list_local_datasets()) == [IDENTITY]
    return minari.load_dataset(IDENTITY)


def test_minari_reads_the_demonstrations_value_for_value(dataset, walked):
    rows = list(chain(*clone_episodes(walked).values()))
    assert dataset.total_episodes == len(rows) == len(walked["final_observations"])
    assert dataset.total_steps == 600
    for number, (episode, of_episode) in enumerate(zip(dataset, rows, strict=True)):
        observed = np.vstack(
            [walked["observations"][of_episode], walked["final_observations"][number]]
        )
        np.testing.assert_array_equal(episode.observations, observed, strict=True)
        for name, recorded in (
            ("actions", "actions"),
            ("rewards", "rewards"),
            ("terminations", "terminals"),
            ("truncations", "timeouts"),
        ):
            np.testing.assert_array_equal(
                getattr(episode, name), walked[recorded][of_episode], strict=True
            )
        assert (episode.terminations | episode.truncations).tolist() == [False] * (
            len(episode) - 1
        ) + [True]


def test_minari_tells_the_clone_that_learns_from_each_episode(dataset, walked):
    told = dataset.storage.get_episode_metadata(range(dataset.total_episodes))
    clones = [episode["clone"] for episode in told]
    assert clones == [clone for clone, rows in clone_episodes(walked).items() for _ in rows]
    assert set(clones) == {0, 1}


def test_the_recovered_environment_walks_as_was_recorded(dataset, walked):
    env = dataset.recover_environment()
    assert env.spec.id == "Walker2d-v5"
    assert env.spec.max_episode_steps == 1000
    assert env.observation_space == dataset.observation_space
    assert env.action_space == dataset.action_space
    env.reset(seed=0)
    bare, episode = env.unwrapped, dataset[0]
    mujoco.mj_resetData(bare.model, bare.data)
    bare.set_state(walked["qpos"][0], walked["qvel"][0])
    for step, action in enumerate(episode.actions):
        assert dataset.action_space.contains(action)
        observation, reward, terminated, *_ = env.step(action.astype(float))
        np.testing.assert_array_equal(observation.astype("f4"), episode.observations[step + 1])
        assert reward == pytest.approx(episode.rewards[step], abs=1e-9)
        assert terminated == episode.terminations[step]


def test_minari_normalises_returns_by_the_reference_scores(dataset):
    minari = pytest.importorskip("minari")
    assert minari.get_normalized_score(dataset, 7.0) == pytest.approx(0.5)
    told = dataset.storage.metadata
    assert told["num_episodes_average_score"] == 5
    assert told["made"] == {"settings": {"level": 80}}


def test_the_files_have_the_same_bytes_each_time(written, walked, tmp_path):
    write_minari(tmp_path, get_body("walker2d"), walked, origin())
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    assert Path(IDENTITY, "data", "main_data.hdf5") in files
    assert [digest_of(tmp_path / f) for f in files] == [digest_of(written / f) for f in files]


def test_actions_have_the_units_of_the_environment_with_and_without_noise(tmp_path):
    body = get_body("humanoid")
    walked = demonstrations(body, lambda observations: np.full((len(observations), 17), 0.5))
    write_minari(tmp_path, body, walked, origin("a/b-v0"))
    with h5py.File(tmp_path / "a/b-v0/data/main_data.hdf5") as file:
        group = file["episode_0"]
        rows = slice(0, len(group["actions"]))
        for name in ("actions", "actions_clean"):
            np.testing.assert_allclose(group[name][:], 0.4 * walked[name][rows], rtol=1e-6)
        assert np.abs(group["actions"][:]).max() == np.float32(0.4)


def test_a_task_of_our_own_has_spaces_and_no_environment(tmp_path):
    body = get_body("dm_walker_walk")
    write_minari(tmp_path, body, demonstrations(body), origin("a/b-v0"))
    told = json.loads((tmp_path / "a/b-v0/data/metadata.json").read_text())
    assert "env_spec" not in told
    assert json.loads(told["observation_space"])["shape"] == [24]
    assert json.loads(told["action_space"])["high"] == [1] * 6
