"""Import without trust: actors arrive unchanged, all else is refused, nothing is executed."""

import base64
import io
import json
import logging
import os
import pathlib
import pickle
import re
import tracemalloc
import zipfile

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from brainiarb.actors.actors import mean_action
from brainiarb.actors.archives import LARGEST, read_expert, write_archive
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import import_archive, read_record, trial
from conftest import new_folder, snakemake

BODY = get_body("walker2d")
SIZES = (17, 6)


class Trap:
    """An object whose pickle makes a file when it is read."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return pathlib.Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path):
    """A file that exists once a trap was sprung, and never in the end."""
    path = tmp_path / "executed"
    pickle.loads(pickle.dumps(Trap(path)))
    assert path.exists()
    path.unlink()
    yield path
    assert not path.exists()


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def torch_bytes(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def doctored(archive, tmp_path, fields=None, weights=None, **members):
    """Write a copy of an archive with other fields, other weights or other members."""
    content = members_of(archive)
    content["data"] = json.dumps({**json.loads(content["data"]), **(fields or {})}).encode()
    if weights:
        policy = torch.load(io.BytesIO(content["policy.pth"]), weights_only=True)
        content["policy.pth"] = torch_bytes({**policy, **weights(policy)})
    return pack(tmp_path / "doctored.zip", {**content, **members})


def refused(path, *words, vecnormalize=None):
    """Import what must not be imported: one sentence, and nothing left beside the archive."""
    before = set(path.parent.rglob("*"))
    with pytest.raises(ValueError, match=".*".join(words)) as caught:
        import_archive(path, BODY, vecnormalize)
    assert "\n" not in str(caught.value)
    assert set(path.parent.rglob("*")) == before


def same_actor(actors, model, observations, normalise=np.asarray):
    expected, _ = model.predict(normalise(observations), deterministic=True)
    np.testing.assert_allclose(mean_action(actors)(observations), expected, atol=1e-5)


# ---- what is accepted


def test_an_expert_of_sac_arrives_with_its_critics_and_cold_optimisers(
    model, archive, tmp_path, observations
):
    imported = import_archive(archive, BODY)
    same_actor(imported.actors, model, observations)
    assert imported.record["layout"] == "SAC"
    assert imported.record["critics"] == "kept"
    write_archive(tmp_path / "fresh.zip", imported.actors, 0, BODY.env_id, imported.critics)
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
    write_archive(tmp_path / "fresh.zip", imported.actors, 0, BODY.env_id, imported.critics)
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
    write_archive(tmp_path / "fresh.zip", imported.actors, 0, BODY.env_id, imported.critics)
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
    plain = trial(import_archive(archive, BODY), BODY)
    evaluation = plain["evaluation"]
    assert len(evaluation["returns"]) == len(evaluation["lengths"]) == evaluation["episodes"] == 5
    assert evaluation["return_mean"] == pytest.approx(np.mean(evaluation["returns"]), abs=0.1)
    assert f"return {evaluation['return_mean']:.0f} " in caplog.text
    assert "normalisation" not in plain

    for clip, share in ((1e9, 0), (1e-9, 1)):
        caplog.clear()
        normalised.clip_obs = clip
        normalised.save(tmp_path / "vecnormalize.pkl")
        imported = import_archive(archive, BODY, tmp_path / "vecnormalize.pkl")
        assert trial(imported, BODY)["normalisation"]["clipped_share"] == share
        assert ("acts otherwise than its archive" in caplog.text) == (share > 0)


# ---- normalisation


@pytest.fixture
def normalised():
    """The VecNormalize of an expert, which has seen observations of many sizes."""
    envs = VecNormalize(make_vec_env("Walker2d-v5", 2, seed=1), norm_reward=False)
    envs.action_space.sample()  # so that a random generator is pickled too
    rng = np.random.default_rng(4)
    envs.obs_rms.mean, envs.obs_rms.var = rng.normal(size=17), rng.uniform(0.1, 9, 17)
    return envs


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


def test_a_normalisation_that_names_anything_else_is_refused(normalised, archive, tmp_path, marker):
    normalised.reset_infos = [Trap(marker)]
    path = tmp_path / "vecnormalize.pkl"
    path.write_bytes(pickle.dumps(normalised))
    refused(archive, r"vecnormalize\.pkl", "pathlib", "no VecNormalize needs", vecnormalize=path)


def test_a_normalisation_of_another_archive_is_refused(archive, tmp_path):
    path = tmp_path / "vecnormalize.pkl"
    VecNormalize(make_vec_env("Hopper-v5", 1)).save(path)
    refused(archive, "11 observations where the actor takes 17", vecnormalize=path)


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
    refused(archive, r"vecnormalize\.pkl", vecnormalize=path)


# ---- what is refused


@pytest.mark.parametrize("algorithm", [PPO, A2C, TD3, DDPG, DQN])
def test_other_algorithms_are_refused_by_name(algorithm, tmp_path):
    replay = {"buffer_size": 1} if algorithm in (TD3, DDPG, DQN) else {}
    env = "CartPole-v1" if algorithm is DQN else "Walker2d-v5"
    path = tmp_path / "other.zip"
    networks = {"net_arch": [8, 8]}
    algorithm("MlpPolicy", env, policy_kwargs=networks, device="cpu", **replay).save(path)
    refused(path, f"holds {algorithm.__name__} where SAC or TQC is needed")


def test_a_policy_of_an_own_class_is_refused(archive, tmp_path):
    fields = {"policy_class": {"__module__": "my_project.policies"}}
    refused(doctored(archive, tmp_path, fields), "policy class of the module 'my_project.policies'")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"use_sde": True}, "gSDE"),
        ({"policy_kwargs": {"net_arch": [8]}}, "1 hidden layer where two are needed"),
        ({"policy_kwargs": {"net_arch": [8, 8, 8]}}, "3 hidden layers where two are needed"),
        ({"policy_kwargs": {"net_arch": []}}, "lacks actor.latent_pi.0.bias"),
        ({"policy_kwargs": {"activation_fn": torch.nn.Tanh}}, "activation_fn=Tanh where ReLU"),
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


def test_an_archive_without_an_actor_is_refused(archive, tmp_path):
    content = members_of(archive)
    critics = {"critic.qf0.0.weight": torch.zeros(8, 23)}
    refused(
        pack(tmp_path / "a.zip", {**content, "policy.pth": torch_bytes(critics)}), "lacks actor"
    )
    del content["policy.pth"]
    refused(pack(tmp_path / "b.zip", content), "no policy.pth, so it has no actor")


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_are_not_finite_are_refused(value, archive, tmp_path):
    def diverge(policy):
        return {"actor.mu.bias": policy["actor.mu.bias"].fill_(value)}

    refused(doctored(archive, tmp_path, weights=diverge), "not finite")


def test_layers_that_do_not_fit_each_other_are_refused(archive, tmp_path):
    def cut(policy):
        return {"actor.latent_pi.2.weight": policy["actor.latent_pi.2.weight"][:, :-1].clone()}

    refused(doctored(archive, tmp_path, weights=cut), "do not fit each other at linear2")


def test_weights_that_claim_more_than_the_file_holds_are_refused(archive, tmp_path):
    huge = {"actor.mu.weight": torch.zeros(1).expand(10**9)}
    refused(doctored(archive, tmp_path, weights=lambda _: huge), "more numbers than the file")


@pytest.mark.parametrize("member", ["policy.pth", "data"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(member, archive, tmp_path, monkeypatch):
    content = {**members_of(archive), member: bytes(LARGEST[member] + 1)}
    path = pack(tmp_path / "bomb.zip", content, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("unpacked"))
    refused(path, f"{member} that unpacks to {LARGEST[member] + 1} bytes")


def test_a_zip_bomb_that_hides_its_size_is_refused(archive, tmp_path):
    size = 2**24
    bomb = {**members_of(archive), "policy.pth": bytes(size)}
    path = pack(tmp_path / "bomb.zip", bomb, zipfile.ZIP_DEFLATED)
    told, lie = size.to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert path.read_bytes().count(told) == 2
    path.write_bytes(path.read_bytes().replace(told, lie))
    tracemalloc.start()
    refused(path, "not a whole Stable-Baselines3 archive")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 4


def test_a_zip_bomb_within_the_weights_is_refused(archive, tmp_path):
    inner = pack(tmp_path / "inner", {"archive/data/0": bytes(2**24)}, zipfile.ZIP_DEFLATED)
    path = doctored(archive, tmp_path, **{"policy.pth": inner.read_bytes()})
    refused(path, "not a whole", "weights unpack from")


@pytest.mark.parametrize("name", ["../data", "/etc/data", "a/b", "a\\b", "C:data", "..", ".hidden"])
def test_a_path_inside_the_zip_is_refused(name, archive, tmp_path):
    path = doctored(archive, tmp_path, **{name: b""})
    refused(path, "a path, a link or a second of its name")


def test_a_link_inside_the_zip_is_refused(archive, tmp_path):
    path = doctored(archive, tmp_path)
    with zipfile.ZipFile(path, "a") as file:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
    refused(path, "a path, a link or a second of its name")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_second_member_of_one_name_is_refused(archive, tmp_path):
    path = doctored(archive, tmp_path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("policy.pth", b"")
    refused(path, "'policy.pth', a path, a link or a second of its name")


def test_pickled_code_in_place_of_weights_is_refused_and_not_executed(archive, tmp_path, marker):
    trap = pickle.dumps(Trap(marker), 2)
    refused(doctored(archive, tmp_path, **{"policy.pth": trap}), "not a whole")
    inner = pack(tmp_path / "inner", {"archive/data.pkl": trap, "archive/version": b"3\n"})
    hidden = {"policy.pth": inner.read_bytes()}
    refused(
        doctored(archive, tmp_path, **hidden),
        "not a whole",
        "more than tensors, none of it executed",
    )


def test_a_damaged_archive_is_refused(archive, tmp_path):
    whole = archive.read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(b"policy.pth") + 5000] ^= 1
    contents = {"short": whole[:5000], "empty": b"", "flipped": flipped, "text": b"no zip" * 99}
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        path = tmp_path / name / "expert.zip"
        path.write_bytes(content)
        refused(path, r"expert\.zip is not a whole Stable-Baselines3 archive")


@pytest.mark.parametrize("data", [b"", b"[1]", b"{", b"[" * 10**5, b"\xff"])
def test_fields_that_are_no_fields_are_refused(data, archive, tmp_path):
    refused(pack(tmp_path / "a.zip", {**members_of(archive), "data": data}), "no fields of")


def test_a_record_that_is_none_is_refused(tmp_path):
    path = tmp_path / "expert.json"
    for text, message in (
        ("{", r"expert\.json is not a whole JSON file"),
        ("[1, 2]", r"expert\.json lies beside .* but holds no JSON object"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_record(path)


# ---- by the workflow's rule

PLACED = pathlib.Path("results/tiny/walker2d/mine")
FILES = ("checkpoint.zip", "checkpoint.json")


def place(folder, *options, fails=False):
    registry = "experts={mine: {checkpoint: mine.zip}}"
    target = PLACED / "checkpoint.zip"
    return snakemake(
        folder, "--cores", "1", *options, "--config", registry, "--", target, fails=fails
    )


def test_the_rule_places_an_expert_with_its_record_and_the_same_bytes_again(
    model, archive, normalised, tmp_path, observations
):
    folder = new_folder(tmp_path / "folder")
    (folder / "mine.zip").write_bytes(archive.read_bytes())
    (folder / "mine.json").write_text('{"made_by": "me"}')
    normalised.save(folder / "mine_vecnormalize.pkl")
    said = place(folder)
    record = json.loads((folder / PLACED / "checkpoint.json").read_text())
    assert record["made_by"] == "me"
    assert record["placed_from"] == "mine.zip"
    mean = record["import"]["evaluation"]["return_mean"]
    assert f"return {mean:.0f} " in said
    assert record["import"]["normalisation"]["clip"] == 10
    placed = folder / PLACED / "checkpoint.zip"
    same_actor(
        read_expert(placed, get_body("walker2d")), model, observations, normalised.normalize_obs
    )

    # Written by another process, at another time, from the same input.
    again = import_archive(folder / "mine.zip", BODY, folder / "mine_vecnormalize.pkl")
    write_archive(tmp_path / "again.zip", again.actors, 0, BODY.env_id, again.critics)
    assert placed.read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_the_rule_finds_a_normalisation_under_its_usual_names_the_closest_first(tmp_path):
    folder = new_folder(tmp_path / "folder")
    closest = {
        "a": "a_vecnormalize.pkl",
        "b_20_steps": "b_vecnormalize_20_steps.pkl",
        "c": "c/vecnormalize.pkl",
        "d": "vecnormalize.pkl",
    }
    for name, normalisation in closest.items():
        placed = folder / PLACED.with_name(name)
        for path in (folder / f"{name}.zip", folder / normalisation, *map(placed.joinpath, FILES)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        # Outputs that are older than the inputs, so that a dry run names these.
        for path in placed.iterdir():
            os.utime(path, (10**9, 10**9))
    registry = ", ".join(f"{name}: {{checkpoint: {name}.zip}}" for name in closest)
    targets = [PLACED.with_name(name) / "checkpoint.zip" for name in closest]
    options = ("--cores", "1", "--dry-run", "--config", f"experts={{{registry}}}")
    said = snakemake(folder, *options, "--", *targets)
    reasons = re.findall(r"Updated input files: (.*)", said)
    found = sorted(sorted(reason.split(", ")) for reason in reasons)
    assert found == sorted(sorted((f"{name}.zip", file)) for name, file in closest.items())


def test_the_rule_leaves_nothing_of_an_expert_that_is_refused(tmp_path):
    folder = new_folder(tmp_path / "folder")
    PPO("MlpPolicy", "Walker2d-v5", device="cpu").save(folder / "mine.zip")
    said = place(folder, fails=True)
    assert "error: mine.zip holds PPO where SAC or TQC is needed" in said
    assert "Traceback" not in said
    assert not list((folder / PLACED).glob("*"))
