"""Architectures: the same layers in NumPy and in torch, in every file, and refused if unknown."""

import json

import numpy as np
import pytest
import torch

from brainiarb.actors.actors import (
    NONLINEARITIES,
    Actors,
    mean_action,
    read_actors,
    sampled_action,
    untrained,
    write_actors,
)
from brainiarb.actors.architecture import ACTIVATIONS, Architecture, architecture_from
from brainiarb.errors import Refused

SIZES = (17, 6)
ROWS = np.random.default_rng(0).normal(size=(30, 17)).astype(np.float32)


def layered(architecture):
    """Return one actor with the layer norm, the spread and the bound of an architecture."""
    tensors = dict(
        untrained(SIZES, [3], architecture=Architecture(architecture.hidden)).state_dict()
    )
    if architecture.spread != "state":
        del tensors["log_std_linear.weight"], tensors["log_std_linear.bias"]
    if architecture.spread == "constant":
        tensors["log_std"] = torch.full((1, 6), -0.5)
    for name, width in zip(architecture.trunk, architecture.hidden, strict=True):
        tensors[f"gain_{name}"] = torch.linspace(0.5, 2, width)[None]
        tensors[f"shift_{name}"] = torch.linspace(-1, 1, width)[None]
    return Actors(tensors, architecture)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_nonlinearity_is_that_of_torch_and_0_at_0(activation):
    values = np.linspace(-8, 8, 401, dtype=np.float32)
    found = ACTIVATIONS[activation](values)
    np.testing.assert_allclose(
        found, getattr(torch.nn, activation)()(torch.from_numpy(values)), atol=1e-6
    )
    np.testing.assert_allclose(
        found, NONLINEARITIES[activation](torch.from_numpy(values)), atol=1e-6
    )
    assert ACTIVATIONS[activation](np.zeros(3)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture((5,), "Tanh", spread="none"),
        Architecture((9, 8, 7), "ELU", spread="constant", bound="clip"),
        Architecture((9, 8), "GELU", norm="after"),
        Architecture((9, 8), "SiLU", norm="before", norm_epsilon=1e-3),
    ],
)
def test_what_the_next_layer_reads_is_what_the_actor_gives_it(architecture):
    actors = layered(architecture)
    layers = actors.respond(ROWS)
    assert tuple(layers) == architecture.layers
    for name, expected in actors(torch.from_numpy(ROWS)).items():
        np.testing.assert_allclose(layers[name], expected.detach(), rtol=1e-5, atol=1e-5)
    following = dict(zip(architecture.trunk[:-1], architecture.trunk[1:], strict=True))
    following[architecture.trunk[-1]] = "mean_linear"
    for name, reader in following.items():
        weight, bias = (
            actors.get_parameter(f"{reader}.{part}").detach().numpy() for part in ("weight", "bias")
        )
        values = architecture.read(name, layers[name][0]) @ weight[0].T + bias[0]
        if architecture.norm == "before" and reader != "mean_linear":
            gain, shift = (
                actors.get_parameter(f"{part}_{reader}").detach().numpy()[0]
                for part in ("gain", "shift")
            )
            centred = values - values.mean(axis=1, keepdims=True)
            deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-3)
            values = centred / deviation * gain + shift
        np.testing.assert_allclose(layers[reader][0], values, atol=1e-5)
    derived = architecture.derive({name: values[0] for name, values in layers.items()})
    assert tuple(derived) == (*architecture.layers, *architecture.derived)
    np.testing.assert_allclose(derived["actions"], mean_action(actors)(ROWS), atol=1e-6)


def test_a_spread_is_of_the_state_constant_or_none(caplog):
    rows = np.repeat(ROWS[:1], 4000, axis=0)
    constant = layered(Architecture((5,), spread="constant"))
    drawn = np.arctanh(sampled_action(constant, seed=0)(rows))
    np.testing.assert_allclose(drawn.std(axis=0), np.exp(-0.5), rtol=0.06)
    clipped = layered(Architecture((5,), spread="constant", bound="clip"))
    drawn = sampled_action(clipped, seed=0)(rows)
    assert np.abs(drawn).max() == 1
    none = layered(Architecture((5,), spread="none"))
    assert np.array_equal(sampled_action(none, seed=0)(ROWS), mean_action(none)(ROWS))
    assert "no spread" in caplog.text


def test_a_file_of_actors_holds_their_architecture(tmp_path):
    for norm, spread in (("none", "none"), ("before", "constant"), ("after", "state")):
        actors = layered(Architecture((5, 4), "ELU", norm, spread, "clip"))
        write_actors(tmp_path / "a.pt", actors, {})
        found, _ = read_actors(tmp_path / "a.pt")
        assert (
            found.architecture
            == actors.architecture
            == architecture_from(json.loads(actors.architecture.to_json()))
        )
        assert np.array_equal(mean_action(found)(ROWS), mean_action(actors)(ROWS))


def test_the_probed_layer_is_the_second_hidden_one_or_the_only_one():
    assert [Architecture((4,) * n).probed for n in (1, 2, 3)] == ["linear1", "linear2", "linear2"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([], "expected an architecture such as"),
        ({"activation": "Tanh"}, "expected an architecture such as"),
        ({"hidden": []}, "one hidden layer or more"),
        ({"hidden": [0]}, "one hidden layer or more"),
        ({"hidden": [True]}, "one hidden layer or more"),
        ({"hidden": [4], "activation": "Mish"}, "activation of an actor is one of ReLU, Tanh"),
        ({"hidden": [4], "activation": ["ReLU"]}, "names and numbers"),
        ({"hidden": [4], "depth": 2}, "found depth"),
        ({"hidden": [4], "norm_epsilon": 0}, "norm_epsilon of an actor is more than 0"),
        ({"hidden": [4], "norm_epsilon": "x"}, "names and numbers"),
    ],
)
def test_fields_that_are_no_architecture_are_refused(fields, words):
    with pytest.raises(Refused, match=words):
        architecture_from(fields)
