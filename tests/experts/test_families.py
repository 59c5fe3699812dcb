"""Import of every family of algorithms: the actor acts as the library that trained it says."""

import io
import json
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DDPG, PPO, SAC, TD3
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
from torch import nn

from archive_builders import assert_refused, doctored, members_of, pack, torch_bytes
from brainiarb.actors.actors import mean_action
from brainiarb.actors.archives import read_expert, write_archive
from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import SUPPORTED, import_archive
from conftest import ROOT

WALKER, HUMANOID, HOPPER = map(get_body, ("walker2d", "humanoid", "hopper"))
AGENTS = Path(__file__).resolve().parents[3] / "shared" / "agents"
CLOSE, ROUNDED = 1e-6, 2e-5


def trained(algorithm, body, seed=0, **kwargs):
    """Return a model that has never learnt, with biases and spreads that are not 0."""
    options = {} if algorithm in (PPO, A2C) else {"buffer_size": 1}
    model = algorithm(
        "MlpPolicy", body.env_id, policy_kwargs=kwargs, device="cpu", seed=seed, **options
    )
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.policy.parameters():
        parameter.data += 0.05 * torch.randn(parameter.shape, generator=generator)
    return model


def states_of(body, rows=50):
    shape = rows, environment_facts(body).observations
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def in_units_of(body, actions):
    facts = environment_facts(body)
    return actions * facts.action_half_range + facts.action_centre


def assert_same(actors, model, body, normalise=np.asarray):
    states = states_of(body)
    expected, _ = model.predict(normalise(states), deterministic=True)
    found = in_units_of(body, mean_action(actors)(states))
    assert np.abs(found - expected).max() <= CLOSE


@pytest.mark.parametrize(
    ("algorithm", "kwargs", "spread", "bound", "activation"),
    [
        (SAC, {"net_arch": [16]}, "state", "tanh", "ReLU"),
        (SAC, {"net_arch": [32, 16, 8], "activation_fn": nn.ELU}, "state", "tanh", "ELU"),
        (SAC, {"net_arch": [1024, 1024]}, "state", "tanh", "ReLU"),
        (TD3, {"net_arch": [400, 300], "activation_fn": nn.GELU}, "none", "tanh", "GELU"),
        (DDPG, {"net_arch": [8, 8, 8], "activation_fn": nn.SiLU}, "none", "tanh", "SiLU"),
        (PPO, {}, "constant", "clip", "Tanh"),
        (A2C, {"activation_fn": nn.LeakyReLU}, "constant", "clip", "LeakyReLU"),
    ],
)
def test_an_archive_becomes_an_expert_that_acts_the_same(
    algorithm, kwargs, spread, bound, activation, tmp_path
):
    model = trained(algorithm, HUMANOID, **kwargs)
    model.save(tmp_path / "a.zip")
    imported = import_archive(tmp_path / "a.zip", HUMANOID)
    assert_same(imported.actors, model, HUMANOID)
    architecture = imported.actors.architecture
    assert (architecture.spread, architecture.bound) == (spread, bound)
    assert architecture.activation == activation
    assert imported.record["layout"] == algorithm.__name__
    assert imported.record["hidden"] == kwargs.get("net_arch", [64, 64])

    write_archive(tmp_path / "b.zip", imported.actors, 0, HUMANOID, imported.critics)
    placed = read_expert(tmp_path / "b.zip", HUMANOID)
    assert placed.architecture == architecture
    for name, value in imported.actors.state_dict().items():
        assert torch.equal(placed.state_dict()[name], value)
    if spread == "state":
        assert_same(imported.actors, SAC.load(tmp_path / "b.zip", device="cpu"), HUMANOID)


def test_the_spread_of_ppo_is_a_share_of_the_half_range(tmp_path):
    model = trained(PPO, HUMANOID)
    model.save(tmp_path / "a.zip")
    actors = import_archive(tmp_path / "a.zip", HUMANOID).actors
    expected = model.policy.log_std.detach() - np.log(0.4)
    torch.testing.assert_close(actors.get_parameter("log_std")[0].detach(), expected)


@pytest.mark.parametrize("algorithm", [PPO, TD3])
def test_a_vecnormalize_is_folded_into_every_family(algorithm, tmp_path):
    model = trained(algorithm, WALKER)
    model.save(tmp_path / "a.zip")
    scaled = VecNormalize(DummyVecEnv([lambda: gymnasium.make(WALKER.env_id)]), clip_obs=1e9)
    scaled.obs_rms.mean = np.linspace(-2, 2, 17)
    scaled.obs_rms.var = np.linspace(0.5, 3, 17)
    scaled.save(tmp_path / "v.pkl")
    imported = import_archive(tmp_path / "a.zip", WALKER, tmp_path / "v.pkl")
    assert_same(imported.actors, model, WALKER, scaled.normalize_obs)


def test_trpo_and_shared_layers_of_old_versions_are_read(tmp_path):
    model = trained(PPO, WALKER, net_arch=[8, 8])
    model.save(tmp_path / "a.zip")
    content = members_of(tmp_path / "a.zip")
    fields = json.loads(content["data"])
    del fields["clip_range"]
    fields["cg_max_steps"] = 15
    content["data"] = json.dumps(fields).encode()
    policy = torch.load(io.BytesIO(content["policy.pth"]), weights_only=True)
    for part in ("weight", "bias"):
        first = policy.pop(f"mlp_extractor.policy_net.0.{part}")
        policy[f"mlp_extractor.shared_net.0.{part}"] = first
        second = policy.pop(f"mlp_extractor.policy_net.2.{part}")
        policy[f"mlp_extractor.policy_net.0.{part}"] = second
    content["policy.pth"] = torch_bytes(policy)
    imported = import_archive(pack(tmp_path / "b.zip", content), WALKER)
    assert imported.record["layout"] == "TRPO"
    assert_same(imported.actors, model, WALKER)


def test_the_batch_norms_of_crossq_are_folded(tmp_path):
    model = trained(SAC, WALKER, net_arch=[12, 9])
    model.save(tmp_path / "a.zip")
    content = members_of(tmp_path / "a.zip")
    policy = torch.load(io.BytesIO(content["policy.pth"]), weights_only=True)
    rng = torch.Generator().manual_seed(0)
    norms = [nn.BatchNorm1d(width, eps=1e-3) for width in (17, 12, 9)]
    layers, normed = [], {k: v for k, v in policy.items() if "latent_pi" not in k}
    for place, norm in enumerate(norms):
        for tensor in (norm.running_mean, norm.weight.data, norm.bias.data):
            tensor.normal_(generator=rng)
        norm.running_var.uniform_(0.5, 2, generator=rng)
        there = f"actor.latent_pi.{3 * place}"
        normed |= {
            f"{there}.ra_mean": norm.running_mean, f"{there}.ra_var": norm.running_var,
            f"{there}.scale": norm.weight.data, f"{there}.bias": norm.bias.data,
            f"{there}.steps": torch.tensor(100),
        }  # fmt: skip
        layers.append(norm.eval())
        if place < 2:
            linear = model.actor.latent_pi[2 * place]
            layers += [linear, nn.ReLU()]
            for part in ("weight", "bias"):
                normed[f"actor.latent_pi.{3 * place + 1}.{part}"] = getattr(linear, part).data
    fields = {"policy_class": {"__module__": "sb3_contrib.crossq.policies"}}
    doctored(tmp_path / "a.zip", tmp_path, fields, **{"policy.pth": torch_bytes(normed)})
    imported = import_archive(tmp_path / "doctored.zip", WALKER)
    assert imported.record["layout"] == "CrossQ"
    states = states_of(WALKER)
    with torch.no_grad():
        features = nn.Sequential(*layers)(torch.from_numpy(states))
        expected = torch.tanh(model.actor.mu(features)).numpy()
    assert np.abs(mean_action(imported.actors)(states) - expected).max() <= CLOSE


def in_double(actors, states):
    """The mean actions of an actor whose weights are multiplied in float64."""
    weights, architecture, values = actors.arrays(), actors.architecture, states
    for name in (*architecture.trunk, "mean_linear"):
        values = values @ weights[f"{name}.weight"][0].T.astype(float) + weights[f"{name}.bias"][0]
        values = architecture.read(name, values)
    return architecture.action(values)


def agent_of_the_zoo(name):
    """Return the archive of an agent of the RL Zoo and its VecNormalize; skip where it is not."""
    (path,) = (AGENTS / name).glob("*.zip") if (AGENTS / name).is_dir() else (None,)
    if path is None:
        pytest.skip(f"the agents of the RL Zoo are not here ({name})")
    return path, path.parent / "vecnormalize.pkl"


@pytest.mark.parametrize(
    ("agent", "body", "algorithm"),
    [
        ("a2c-HalfCheetah", get_body("halfcheetah"), "A2C"),
        ("a2c-Hopper", HOPPER, "A2C"),
        ("trpo-Hopper", HOPPER, "TRPO"),
    ],
)
def test_an_agent_of_the_rl_zoo_acts_as_its_library_says_and_folded_as_float32_rounds(
    agent, body, algorithm
):
    path, vecnormalize = agent_of_the_zoo(agent)
    imported = import_archive(path, body, vecnormalize)
    assert imported.record["layout"] == algorithm
    env = gymnasium.make(body.env_id)
    policy = ActorCriticPolicy(
        env.observation_space, env.action_space, lambda _: 0.0, imported.record["hidden"]
    )
    weights = members_of(path)["policy.pth"]
    policy.load_state_dict(torch.load(io.BytesIO(weights), "cpu", weights_only=True))
    standard = states_of(body, 1000)
    plain, scaler = import_archive(path, body).actors, imported.normalisation.scaler
    predicted, _ = policy.predict(standard, deterministic=True)
    assert np.abs(in_units_of(body, mean_action(plain)(standard)) - predicted).max() <= CLOSE
    # These actors have large weights, so float32 moves their actions, however they are computed.
    raw = standard * scaler.std + scaler.mean
    exact = in_units_of(body, in_double(plain, (raw - scaler.mean) / scaler.std))
    folded = in_units_of(body, mean_action(imported.actors)(raw))
    for names, first, second in (
        ("folded from predict", folded, predicted),
        ("predict from float64", predicted, exact),
        ("folded from float64", folded, exact),
    ):
        difference = np.abs(first - second).max()
        print(f"{agent}, {names}: at most {difference:.1e}")
        assert difference <= ROUNDED


@pytest.mark.parametrize(
    ("agent", "body", "words"),
    [("ppo-Ant", "ant", "TimeFeatureWrapper"), ("ars-Hopper", "hopper", "holds ARS where")],
)
def test_an_agent_of_the_rl_zoo_that_does_not_fit_is_refused_by_name(agent, body, words):
    path, _ = agent_of_the_zoo(agent)
    assert_refused(lambda path: import_archive(path, get_body(body)), path, words)


def test_a_time_feature_and_stacked_frames_are_refused_by_name(tmp_path):
    class Wider(gymnasium.ObservationWrapper):
        def __init__(self, low):
            super().__init__(gymnasium.make(WALKER.env_id))
            high = np.where(np.isfinite(low), 1, np.inf).astype(np.float32)
            self.observation_space = gymnasium.spaces.Box(low, high)

    time = np.append(np.full(17, -np.inf), 0).astype(np.float32)
    for low, words in (
        (time, "TimeFeatureWrapper"),
        (np.full(51, -np.inf, np.float32), "3 frames"),
    ):
        path = tmp_path / "a.zip"
        PPO("MlpPolicy", Wider(low), policy_kwargs={"net_arch": [8]}, device="cpu").save(path)
        assert_refused(lambda path: import_archive(path, WALKER), path, words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda policy: {"log_std": torch.zeros(64, 6)}, "gSDE"),
        (lambda policy: {"lstm_actor.weight_ih_l0": torch.zeros(4, 4)}, "a memory"),
        (lambda policy: {"features_extractor.cnn.0.weight": torch.zeros(4)}, "network for images"),
        (lambda policy: {"log_std": torch.zeros(5)}, "log_std whose size does not fit"),
        (
            lambda policy: {"mlp_extractor.policy_net.1.weight": torch.zeros(64)},
            "neither a linear layer nor a batch norm",
        ),
    ],
)
def test_other_actors_of_ppo_are_refused(change, words, tmp_path):
    trained(PPO, WALKER).save(tmp_path / "a.zip")
    path = doctored(tmp_path / "a.zip", tmp_path, weights=change)
    assert_refused(lambda path: import_archive(path, WALKER), path, words)


@pytest.mark.parametrize("page", ["README.md", "docs/own_experts.md", "config/config.yaml"])
def test_the_pages_name_every_algorithm_that_is_read(page):
    text = (ROOT / page).read_text("utf-8")
    assert {name for name in SUPPORTED if name not in text} == set()
