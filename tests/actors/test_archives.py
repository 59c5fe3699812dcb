"""Archives: stock Stable-Baselines3 opens them, and what is no actor of the body is refused."""

import zipfile

import numpy as np
import pytest
import torch
from stable_baselines3 import SAC

from brainiarb.actors.actors import mean_action, untrained
from brainiarb.actors.archives import read_expert, write_archive
from brainiarb.bodies.registry import get_body

SIZES = (17, 6)


def test_an_exported_clone_opens_in_stable_baselines3(tmp_path, observations):
    actors = untrained(SIZES, [1, 2])
    write_archive(tmp_path / "clone.zip", actors, 1, "Walker2d-v5")
    expected, _ = SAC.load(tmp_path / "clone.zip").predict(observations, deterministic=True)
    rows = np.concatenate([observations, observations])
    np.testing.assert_allclose(mean_action(actors)(rows)[40:], expected, atol=1e-6)


def test_a_checkpoint_of_another_body_is_refused(archive):
    with pytest.raises(ValueError, match=r"takes 17 observations .* hopper has 11 and 3"):
        read_expert(archive, get_body("hopper"))


def test_a_truncated_checkpoint_is_refused(archive, tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(archive.read_bytes()[:5000])
    with pytest.raises(ValueError, match=r"broken\.zip is not a whole"):
        read_expert(broken, get_body("walker2d"))


def test_an_archive_of_another_algorithm_is_refused(tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("policy.pth", "w") as file:
        torch.save({"mlp_extractor.policy_net.0.weight": torch.zeros(64, 17)}, file)
    with pytest.raises(ValueError, match="another algorithm"):
        read_expert(path, get_body("walker2d"))


def test_weights_that_are_not_finite_are_refused(model, tmp_path):
    path = tmp_path / "diverged.zip"
    write_archive(path, _with_nan(untrained(SIZES, [1])), 0, "Walker2d-v5")
    with pytest.raises(ValueError, match="not finite"):
        read_expert(path, get_body("walker2d"))


def _with_nan(actors):
    actors.get_parameter("linear1.weight").data[0, 0, 0] = torch.nan
    return actors
