"""Import without trust: actors arrive unchanged, all else is refused, nothing is executed."""

import base64
import hashlib
import json
import logging
import pickle
import shutil
from functools import partial
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import DQN, SAC

from archive_builders import Trap, assert_refused, doctored, members_of, pack, same_actor
from brainiarb.actors.archives import write_archive
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import import_archive, read_record, trial

BODY = get_body("walker2d")


def refused(path, *words):
    assert_refused(partial(import_archive, body=BODY), path, *words)


# ---- what is accepted


def test_an_expert_of_sac_arrives_with_its_critics_and_cold_optimisers(
    model, archive, tmp_path, observations
):
    imported = import_archive(archive, BODY)
    same_actor(imported.actors, model, observations)
    assert imported.record["layout"] == "SAC"
    assert imported.record["critics"] == "kept"
    write_archive(tmp_path / "fresh.zip", imported.actors, 0, BODY, imported.critics)
    fresh = SAC.load(tmp_path / "fresh.zip", device="cpu")
    for name, value in model.policy.state_dict().items():
        assert torch.equal(fresh.policy.state_dict()[name], value), name
    assert not fresh.actor.optimizer.state
    assert not fresh.critic.optimizer.state


def test_critics_of_other_number_and_width_are_kept(tmp_path):
    source = SAC(
        "MlpPolicy",
        "Walker2d-v5",
        buffer_size=1,
        device="cpu",
        policy_kwargs={"net_arch": {"pi": [24, 16], "qf": [40, 32, 8]}, "n_critics": 3},
    )
    source.save(tmp_path / "source.zip")
    imported = import_archive(tmp_path / "source.zip", BODY)
    assert imported.record["hidden"] == [24, 16]
    write_archive(tmp_path / "fresh.zip", imported.actors, 0, BODY, imported.critics)
    fresh = SAC.load(tmp_path / "fresh.zip", device="cpu")
    for name, value in source.policy.state_dict().items():
        assert torch.equal(fresh.policy.state_dict()[name], value), name


def test_an_expert_of_tqc_arrives_with_untrained_critics(model, archive, tmp_path, observations):
    def quantiles(policy):
        heads = [name for name in policy if name.startswith("critic") and ".4." in name]
        return {name: policy[name].repeat_interleave(25, dim=0) for name in heads}

    tqc = {
        "policy_class": {"__module__": "sb3_contrib.tqc.policies", ":serialized:": "none here"},
        "top_quantiles_to_drop_per_net": 2,
    }
    imported = import_archive(doctored(archive, tmp_path, tqc, quantiles), BODY)
    same_actor(imported.actors, model, observations)
    assert imported.record["layout"] == "TQC"
    assert imported.record["critics"].startswith("untrained")
    write_archive(tmp_path / "fresh.zip", imported.actors, 0, BODY, imported.critics)
    same_actor(imported.actors, SAC.load(tmp_path / "fresh.zip", device="cpu"), observations)


def test_nothing_in_an_archive_of_the_old_gym_is_unpickled(
    model, archive, tmp_path, observations, marker
):
    trap = pickle.dumps(Trap(marker))
    space = {":type:": "<class 'gym.spaces.box.Box'>", "dtype": "float32", "shape": [6]}
    bounds = {"low": "[-1. -1. -1. -1. -1. -1.]", "high": "[1. 1. 1. 1. 1. 1.]"}
    fields = {"action_space": {**space, **bounds}, "observation_space": space}
    for name, value in json.loads(members_of(archive)["data"]).items():
        if isinstance(value, dict) and ":serialized:" in value:
            pickled = {":serialized:": base64.b64encode(trap).decode()}
            fields[name] = {**value, **fields.get(name, {}), **pickled}
    assert {"policy_class", "action_space", "lr_schedule"} <= set(fields)
    others = ("pytorch_variables.pth", "actor.optimizer.pth", "critic.optimizer.pth")
    path = doctored(archive, tmp_path, fields, **dict.fromkeys(others, trap))
    same_actor(import_archive(path, BODY).actors, model, observations)


def test_weights_that_were_saved_on_a_gpu_are_read(archive, tmp_path):
    content = members_of(archive)
    (tmp_path / "weights").write_bytes(content["policy.pth"])
    weights = members_of(tmp_path / "weights")
    (pickled,) = (name for name in weights if name.endswith("data.pkl"))
    there, here = b"X\x06\x00\x00\x00cuda:0", b"X\x03\x00\x00\x00cpu"
    assert here in weights[pickled]
    weights[pickled] = weights[pickled].replace(here, there)
    content["policy.pth"] = pack(tmp_path / "weights", weights).read_bytes()
    found = import_archive(pack(tmp_path / "gpu.zip", content), BODY).actors
    for name, value in import_archive(archive, BODY).actors.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)


def test_the_walk_on_arrival_tells_returns_and_the_share_of_clipped_states(
    archive, normalised, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    unscaled = import_archive(archive, BODY)
    plain = trial(unscaled, BODY)
    evaluation = plain["evaluation"]
    assert len(evaluation["returns"]) == len(evaluation["lengths"]) == evaluation["episodes"] == 5
    assert evaluation["return_mean"] == pytest.approx(np.mean(evaluation["returns"]), abs=0.1)
    assert f"return {evaluation['return_mean']:.0f} " in caplog.text
    assert unscaled.record["normalisation"].startswith("none: no VecNormalize file was found")
    assert unscaled.record["normalisation"] in caplog.text
    assert "returns" in plain["concerns"][0]
    assert "Walker2d and HalfCheetah" in plain["concerns"][0]
    assert plain["concerns"][0] in caplog.text

    for clip, share in ((1e9, 0), (1e-9, 1)):
        caplog.clear()
        normalised.clip_obs = clip
        normalised.save(tmp_path / "vecnormalize.pkl")
        imported = import_archive(archive, BODY, tmp_path / "vecnormalize.pkl")
        assert trial(imported, BODY)["normalisation"]["clipped_share"] == share
        assert ("acts otherwise than its archive" in caplog.text) == (share > 0)


# ---- what is refused


def test_another_algorithm_is_refused_by_name(tmp_path):
    path = tmp_path / "other.zip"
    DQN("MlpPolicy", "CartPole-v1", buffer_size=1, device="cpu").save(path)
    refused(path, "holds DQN where one of SAC, TQC, CrossQ, TD3, DDPG, PPO, A2C, TRPO is needed")


def test_a_policy_of_an_own_class_is_refused(archive, tmp_path):
    fields = {"policy_class": {"__module__": "my_project.policies"}}
    refused(doctored(archive, tmp_path, fields), "policy class of the module 'my_project.policies'")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"use_sde": True}, "gSDE"),
        ({"policy_kwargs": {"net_arch": []}}, "lacks hidden layers"),
        ({"policy_kwargs": {"activation_fn": torch.nn.Mish}}, "activation_fn=Mish where one of"),
    ],
)
def test_other_networks_are_refused(options, words, tmp_path):
    path = tmp_path / "other.zip"
    SAC("MlpPolicy", "Walker2d-v5", buffer_size=1, device="cpu", **options).save(path)
    refused(path, words)


def test_another_extractor_of_features_is_refused(archive, tmp_path):
    kwargs = {":type:": "<class 'dict'>", "features_extractor_class": "<class 'mine.Scaled'>"}
    refused(
        doctored(archive, tmp_path, {"policy_kwargs": kwargs}), "features_extractor_class=Scaled"
    )


def test_observations_that_were_a_dict_are_refused(archive, tmp_path):
    fields = {"observation_space": {":type:": "<class 'gymnasium.spaces.dict.Dict'>"}}
    refused(doctored(archive, tmp_path, fields), "observations that are a Dict")


def test_another_size_of_input_is_refused_with_both_numbers(tmp_path):
    path = tmp_path / "wrapped.zip"
    wrapped = gymnasium.wrappers.TimeAwareObservation(gymnasium.make("Walker2d-v5"))
    SAC("MlpPolicy", wrapped, buffer_size=1, device="cpu").save(path)
    refused(path, "takes 18 observations .* walker2d has 17 and 6", "wrapper")


def test_other_bounds_of_actions_are_refused(tmp_path):
    path = tmp_path / "wrapped.zip"
    wrapped = gymnasium.wrappers.RescaleAction(gymnasium.make("Walker2d-v5"), -2, np.float32(2))
    SAC("MlpPolicy", wrapped, buffer_size=1, device="cpu").save(path)
    refused(path, "whose low is -2 where that of walker2d is -1", "wrapper that changes actions")


def test_bounds_that_are_not_told_are_no_reason_to_refuse(model, archive, tmp_path, observations):
    path = doctored(archive, tmp_path, {"action_space": {"low": "[-1. ... -1.]"}})
    same_actor(import_archive(path, BODY).actors, model, observations)


@pytest.mark.parametrize("data", [b"", b"[1]", b"{", b"[" * 10**5, b"\xff"])
def test_fields_that_are_no_fields_are_refused(data, archive, tmp_path):
    refused(pack(tmp_path / "a.zip", {**members_of(archive), "data": data}), "no fields of")


def test_a_checksum_beside_an_archive_is_checked(archive, tmp_path):
    path = Path(shutil.copy(archive, tmp_path / "expert.zip"))
    beside = tmp_path / "expert.zip.sha256"
    beside.write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  expert.zip\n")
    import_archive(path, BODY)
    beside.write_text(f"{'0' * 64}  expert.zip\n")
    refused(path, r"expert\.zip is not the file whose SHA-256 expert\.zip\.sha256 tells")
    beside.write_text("")
    refused(path, r"expert\.zip\.sha256 is not a whole checksum file")


def test_a_record_that_is_none_is_refused(tmp_path):
    path = tmp_path / "expert.json"
    for text, message in (
        ("{", r"expert\.json is not a whole JSON file"),
        ("[1, 2]", r"expert\.json is not a whole JSON file .* no JSON object"),
        ('{"algorithm": null}', r"expert\.json says its algorithm by something else than a text"),
        ('{"a": 1, "a": 2}', r"expert\.json is not a whole JSON file .* 'a' stands twice"),
        ('{"a": NaN}', r"expert\.json is not a whole JSON file .* not finite"),
        ('{"a": ' + "[" * 100 + "]" * 100 + "}", r"expert\.json .* nests deeper than 40"),
        ("[" * 100_000, r"expert\.json .* nests too deeply"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_record(path)
