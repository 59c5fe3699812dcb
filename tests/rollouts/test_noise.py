"""The meanings of noise: what it disturbs, and what a clone learns from the walk."""

import numpy as np
import pytest
import yaml

from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from brainiarb.rollouts.arrays import check_rollouts
from brainiarb.rollouts.noise import MEANINGS, Meaning, Noise
from brainiarb.rollouts.recording import record_demonstrated_episodes, record_samples
from brainiarb.rollouts.scaler import observation_scaler
from builders import assert_same, bend, stand
from conftest import ROOT

WALKER = get_body("walker2d")


def samples(noise=None, **changes):
    options = {"samples": 150, "steps": 60, "mode": "mean"} | changes
    return record_samples(WALKER, stand, agents=2, seed=5, noise=noise, **options)


def test_the_config_offers_the_meanings_of_the_registry():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
    noise, axes = (schema["properties"][key]["properties"] for key in ("noise", "noise_axes"))
    assert noise["meaning"]["enum"] == list(MEANINGS)
    assert axes["meanings"]["items"]["enum"] == list(MEANINGS)


def test_a_new_meaning_is_one_entry_of_the_registry(monkeypatch):
    def silence(walked, _noise):
        return walked.arrays["observations"], np.zeros_like(walked.arrays["actions"])

    monkeypatch.setitem(MEANINGS, "silence", Meaning(executed=True, learn=silence))
    arrays, executed = samples(Noise(40, "silence")), samples(Noise(40, "executed"))
    assert not arrays["labels"].any()
    np.testing.assert_array_equal(arrays["actions"], executed["actions"])


def test_noise_zero_of_every_meaning_is_the_policy_itself():
    clean = samples()
    for meaning in MEANINGS:
        assert_same(clean, samples(Noise(0, meaning, np.ones(17))))
    for name, other in (("labels", "actions"), ("actions", "actions_clean")):
        np.testing.assert_array_equal(clean[name], clean[other])
    np.testing.assert_array_equal(clean["inputs"], clean["observations"])


def test_executed_noise_is_uniform_and_learnt():
    arrays = samples(Noise(20, "executed"), samples=600, steps=100)
    np.testing.assert_array_equal(arrays["labels"], arrays["actions"])
    added = (arrays["actions"] - arrays["actions_clean"])[np.abs(arrays["actions_clean"]) < 0.8]
    assert np.abs(added).max() <= 0.2 + 1e-6
    assert added.std() == pytest.approx(0.2 / np.sqrt(3), rel=0.05)
    assert np.abs(samples(Noise(160))["actions"]).max() == 1.0


def test_clean_label_walks_like_executed_and_learns_the_clean_action():
    executed, clean = samples(Noise(40, "executed")), samples(Noise(40, "clean_label"))
    np.testing.assert_array_equal(clean["labels"], clean["actions_clean"])
    for name in executed.keys() - {"labels"}:
        np.testing.assert_array_equal(executed[name], clean[name], err_msg=name)


def test_label_noise_leaves_the_walk_alone():
    undisturbed, noisy = samples(), samples(Noise(40, "label"))
    for name in undisturbed.keys() - {"labels"}:
        np.testing.assert_array_equal(undisturbed[name], noisy[name], err_msg=name)
    added = noisy["labels"] - noisy["actions_clean"]
    assert 0.35 < np.abs(added).max() <= 0.4 + 1e-6


def test_observation_noise_is_scaled_per_dimension_and_only_in_the_inputs():
    undisturbed = samples(samples=600)
    std = observation_scaler(undisturbed).std
    noisy = samples(Noise(40, "observation", std), samples=600)
    for name in undisturbed.keys() - {"inputs"}:
        np.testing.assert_array_equal(undisturbed[name], noisy[name], err_msg=name)
    added = (noisy["inputs"] - noisy["observations"]).std(axis=0)
    np.testing.assert_allclose(added / std, 0.4, rtol=0.1)


@pytest.mark.parametrize("meaning", MEANINGS)
def test_demonstrated_episodes_end_by_themselves_and_learn_what_samples_do(meaning):
    noise = Noise(40, meaning, np.ones(17))
    arrays, fewer = (
        record_demonstrated_episodes(
            WALKER, bend, agents=2, episodes=n, steps=120, seed=5, noise=noise, mode="mean"
        )
        for n in (3, 2)
    )
    check_rollouts(arrays, "here")
    assert np.unique(arrays["episode_ids"] // 3).tolist() == np.unique(arrays["clone_ids"]).tolist()
    assert arrays["terminals"].any()
    first = arrays["episode_ids"] == 0
    np.testing.assert_array_equal(arrays["qpos"][first], fewer["qpos"][fewer["episode_ids"] == 0])
    label = arrays["labels"] - arrays["actions_clean"]
    assert (np.abs(label).max() > 0.3) == (meaning in ("executed", "label"))
    assert (arrays["inputs"] != arrays["observations"]).any() == (meaning == "observation")
    executed = np.abs(arrays["actions"] - arrays["actions_clean"]).max()
    assert (executed > 0.3) == (meaning in ("executed", "clean_label"))


def test_bad_noise_is_refused():
    with pytest.raises(Refused, match=f"'actions'.*{', '.join(MEANINGS)}"):
        Noise(5, "actions")
    with pytest.raises(Refused, match="at least 0"):
        Noise(-5)
    with pytest.raises(Refused, match="observation_std"):
        Noise(5, "observation")
