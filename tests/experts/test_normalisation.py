"""Normalisations: they fold into the first layer, and nothing that a file names is called."""

import pickle
import shutil
from functools import partial

import numpy as np
import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from archive_builders import Trap, assert_refused, same_actor, torch_bytes
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import import_archive

BODY = get_body("walker2d")


def refused(archive, vecnormalize, *words):
    read = partial(import_archive, body=BODY, vecnormalize=vecnormalize)
    assert_refused(read, archive, *words)


PROTOCOLS = {"python_3.7": 3, "python_3.8": 4, "python_3.14": 5}


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())
def test_normalisation_is_folded_into_the_first_layer(
    protocol, normalised, model, archive, tmp_path, observations
):
    path = tmp_path / "vecnormalize.pkl"
    path.write_bytes(pickle.dumps(normalised, protocol))
    imported = import_archive(archive, BODY, path)
    assert imported.normalisation.clip == 10
    assert not imported.normalisation.clipped(observations).any()
    same_actor(imported.actors, model, observations, normalised.normalize_obs)
    assert imported.critics == {}
    assert "normalised" in imported.record["critics"]


def test_normalisation_that_was_saved_with_the_old_gym_is_read(normalised, archive, tmp_path):
    pickled = pickle.dumps(normalised, 3)
    for new, old in (
        (b"cgymnasium.spaces.box\n", b"cgym.spaces.box\n"),
        (b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"),
    ):
        assert new in pickled
        pickled = pickled.replace(new, old)
    path = tmp_path / "vecnormalize.pkl"
    path.write_bytes(pickled)
    scaler = import_archive(archive, BODY, path).normalisation.scaler
    np.testing.assert_array_equal(scaler.mean, normalised.obs_rms.mean)
    np.testing.assert_allclose(scaler.std**2, normalised.obs_rms.var + 1e-8)


def test_a_scaling_of_rewards_alone_changes_nothing(
    normalised, model, archive, tmp_path, observations
):
    normalised.norm_obs = False
    normalised.save(tmp_path / "vecnormalize.pkl")
    imported = import_archive(archive, BODY, tmp_path / "vecnormalize.pkl")
    same_actor(imported.actors, model, observations)
    assert imported.normalisation is None
    told = "none: vecnormalize.pkl scaled rewards and no observations"
    assert imported.record["normalisation"] == told


def test_a_normalisation_that_names_anything_else_is_refused(normalised, archive, tmp_path, marker):
    normalised.reset_infos = [Trap(marker)]
    path = tmp_path / "vecnormalize.pkl"
    path.write_bytes(pickle.dumps(normalised))
    refused(archive, path, r"vecnormalize\.pkl", "pathlib", "not needed and not executed")


def test_a_normalisation_of_another_archive_is_refused(archive, tmp_path):
    path = tmp_path / "vecnormalize.pkl"
    VecNormalize(make_vec_env("Hopper-v5", 1)).save(path)
    refused(archive, path, "11 observations where the actor takes 17")


@pytest.mark.parametrize("damage", ["truncated", "not a number", "large", "other"])
def test_a_damaged_normalisation_is_refused(damage, normalised, archive, tmp_path):
    path = tmp_path / "vecnormalize.pkl"
    if damage == "not a number":
        normalised.obs_rms.var[3] = np.nan
    pickled = pickle.dumps(normalised)
    path.write_bytes(
        {
            "truncated": pickled[:-100],
            "not a number": pickled,
            "large": pickled + bytes(2**22),
            "other": pickle.dumps({"mean": [0.0]}),
        }[damage]
    )
    refused(archive, path, r"vecnormalize\.pkl")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html>\n<html>", "it is a web page"),
        (b"", "it is empty"),
        (torch_bytes({"mu.weight": torch.zeros(6, 8)}), "a saved policy or a state dict"),
        (pickle.dumps({"mean": [0.0]}), "it holds a dict"),
    ],
)
def test_a_file_of_another_kind_is_named_as_what_it_is(content, words, archive, tmp_path):
    path = tmp_path / "vecnormalize.pkl"
    path.write_bytes(content)
    refused(archive, path, r"vecnormalize\.pkl is not ", words)


def test_a_second_archive_of_the_model_is_named_as_a_model(archive, tmp_path):
    path = shutil.copyfile(archive, tmp_path / "vecnormalize.pkl")
    refused(
        archive, path, "an archive of Stable-Baselines3, which holds a model", "VecNormalize.sa"
    )


def test_arrays_of_numpy_are_named_as_such(archive, tmp_path):
    np.savez(tmp_path / "stats.npz", mean=np.zeros(17))
    refused(archive, tmp_path / "stats.npz", "an archive of numpy arrays")
