"""The shared actor: equal to that of Stable-Baselines3, and exact when a scaler is folded in."""

from zipfile import ZipFile

import numpy as np
import pytest
import torch

from brainiarb.actors.actors import (
    Actors,
    fold_scaler,
    mean_action,
    read_actors,
    sampled_action,
    stack_actors,
    untrained,
    write_actors,
)
from brainiarb.actors.archives import read_expert
from brainiarb.actors.layers import LAYERS
from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from brainiarb.rollouts.scaler import Scaler

SIZES = (17, 6)


def test_the_mean_action_is_that_of_stable_baselines3(model, archive, observations):
    actors = read_expert(archive, get_body("walker2d"))
    expected, _ = model.predict(observations, deterministic=True)
    np.testing.assert_allclose(mean_action(actors)(observations), expected, atol=1e-6)


def test_folding_the_scaler_is_exact(observations):
    rng = np.random.default_rng(1)
    scaler = Scaler(rng.normal(size=17) * 3, rng.uniform(0.2, 5, 17))
    actors = untrained(SIZES, [1, 2, 3])
    folded = fold_scaler(actors, scaler)
    raw = torch.from_numpy(observations).float()
    standardised = torch.from_numpy((observations - scaler.mean) / scaler.std).float()
    found = folded(raw)
    for name, expected in actors(standardised).items():
        torch.testing.assert_close(found[name], expected, atol=1e-4, rtol=1e-4)


def test_actors_side_by_side_are_the_actors_alone(observations):
    rows = torch.from_numpy(observations).float()
    both = untrained(SIZES, [5, 9])(rows)
    alone = untrained(SIZES, [9])(rows)
    for found, expected in zip(both.values(), alone.values(), strict=True):
        torch.testing.assert_close(found[1:], expected)


def test_responses_without_torch_are_those_of_the_module(observations):
    actors = untrained(SIZES, [5, 9, 12])
    for states in (observations, np.stack([observations, 2 * observations, -observations])):
        responses = actors.respond(states)
        expected = actors(torch.from_numpy(states).float())
        assert list(responses) == list(LAYERS)
        for found, layer in zip(responses.values(), expected.values(), strict=True):
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, layer.detach().numpy(), rtol=1e-5, atol=1e-5)


def test_sampled_actions_follow_the_squashed_gaussian():
    actors = untrained(SIZES, [4])
    state = np.random.default_rng(2).normal(size=(1, 17))
    activity = actors(torch.from_numpy(state).float())
    u = np.arctanh(sampled_action(actors, seed=0)(np.repeat(state, 4000, axis=0)))
    std = activity["log_std_linear"][0, 0].exp().detach().numpy()
    np.testing.assert_allclose(u.std(axis=0), std, rtol=0.06)
    np.testing.assert_allclose(
        u.mean(axis=0), activity["mean_linear"][0, 0].detach().numpy(), atol=0.1
    )


def test_the_same_seed_samples_the_same_actions(observations):
    actors = untrained(SIZES, [4])
    first, second = (sampled_action(actors, seed=7)(observations) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, sampled_action(actors, seed=8)(observations))


def test_clones_survive_the_file_and_its_bytes_do_not_depend_on_the_name(tmp_path):
    actors = untrained(SIZES, [1, 2])
    write_actors(tmp_path / "a.pt", actors, {"level": 40})
    write_actors(tmp_path / "other.pt", actors, {"level": 40})
    # The record of a file, in the comment of the archive, is all that names its place.
    first, other = (
        (tmp_path / name).read_bytes()[: -len(ZipFile(tmp_path / name).comment)]
        for name in ("a.pt", "other.pt")
    )
    assert first[:-2] == other[:-2]  # the last two bytes are the length of the comment
    found, metadata = read_actors(tmp_path / "a.pt")
    assert metadata == {"level": 40}
    for name, value in actors.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)


def test_stacked_actors_act_as_they_do_alone_whatever_their_widths(observations):
    rows = torch.from_numpy(observations).float()
    narrow = untrained(SIZES, [1])
    tensors = narrow.state_dict()
    tensors["linear1.weight"] = tensors["linear1.weight"][:, :100]
    tensors["linear1.bias"] = tensors["linear1.bias"][:, :100]
    tensors["linear2.weight"] = tensors["linear2.weight"][:, :, :100]
    narrow, wide = Actors(tensors), untrained(SIZES, [2, 3])
    stacked = stack_actors([narrow, wide])
    assert len(stacked) == 3
    means = torch.cat([narrow(rows)["mean_linear"], wide(rows)["mean_linear"]])
    torch.testing.assert_close(stacked(rows)["mean_linear"], means)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("linear1.weight", lambda values: values.fill_(np.nan), "linear1.weight .* not finite"),
        ("linear2.bias", lambda values: values.fill_(np.inf), "linear2.bias .* not finite"),
        ("linear2.weight", lambda values: values[:, :, :9], "linear2.weight has the shape"),
        ("mean_linear.bias", lambda values: values[:, :5], "mean_linear.weight has the shape"),
        ("linear2.bias", lambda values: values[:1], "linear2.bias has the shape"),
    ],
)
def test_weights_that_no_clones_have_are_refused(tmp_path, name, change, words):
    actors = untrained(SIZES, [1, 2])
    tensors = {n: value.detach().clone() for n, value in actors.state_dict().items()}
    tensors[name] = change(tensors[name])
    write_actors(tmp_path / "bc_40.pt", actors.like(tensors), {})
    with pytest.raises(Refused, match=rf"bc_40\.pt is not a whole clones file.*{words}") as said:
        read_actors(tmp_path / "bc_40.pt")
    assert "\n" not in str(said.value)
