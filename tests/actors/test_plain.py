"""Plain files: the documented examples become actors, and what does not fit is refused."""

import io
import json
import pickle
import zipfile
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn

from archive_builders import Trap, assert_refused, documented
from brainiarb.actors.actors import mean_action
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.archives import read_expert, write_archive
from brainiarb.actors.plain import LARGEST, read_plain, write_plain
from brainiarb.bodies.registry import get_body
from brainiarb.experts.importing import import_archive, read_record

BODY = get_body("walker2d")
STATES = np.random.default_rng(0).normal(size=(40, 17)).astype(np.float32)
TOLD = {"hidden": [8, 5], "activation": "ELU", "spread": "none"}


def arrays(seed=0, **changes):
    rng = np.random.default_rng(seed)
    shapes = {"linear1": (8, 17), "linear2": (5, 8), "mean_linear": (6, 5)}
    plain = {f"{name}.weight": rng.normal(size=shape) / 3 for name, shape in shapes.items()}
    plain |= {f"{name}.bias": rng.normal(size=shape[0]) for name, shape in shapes.items()}
    return {name: value for name, value in (plain | changes).items() if value is not None}


def saved(tmp_path, plain):
    np.savez(tmp_path / "a.npz", **plain)
    return tmp_path / "a.npz"


def refused(path, *words, told=TOLD):
    assert_refused(partial(read_plain, body=BODY, fields=told), path, *words)


def test_ten_lines_of_torch_write_a_file_that_acts_as_the_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layers = nn.Linear(17, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 6)
    network = nn.Sequential(*layers)
    exec(documented("From torch"), {"network": network})
    told = read_record(tmp_path / "mine.json")
    imported = import_archive(tmp_path / "mine.safetensors", BODY, told=told)
    with torch.no_grad():
        expected = network(torch.from_numpy(STATES)).clamp(-1, 1).numpy()
    np.testing.assert_allclose(mean_action(imported.actors)(STATES), expected, atol=1e-6)
    assert imported.record["layout"] == "plain file"


def test_ten_lines_of_jax_write_a_file_that_acts_as_the_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    params = {
        f"Dense_{k}": {"kernel": rng.normal(size=(i, o)) / 8, "bias": rng.normal(size=o)}
        for k, (i, o) in enumerate(((17, 64), (64, 64), (64, 6)))
    }
    exec(documented("From JAX"), {"params": params})
    told = read_record(tmp_path / "mine.json")
    values = STATES.astype(np.float64)
    for k in range(3):
        values = values @ params[f"Dense_{k}"]["kernel"] + params[f"Dense_{k}"]["bias"]
        values = values / (1 + np.exp(-values)) if k < 2 else np.tanh(values)
    actors = import_archive(tmp_path / "mine.npz", BODY, told=told).actors
    np.testing.assert_allclose(mean_action(actors)(STATES), values, atol=1e-6)


def test_both_kinds_of_file_are_one_actor_and_standardise_observations(tmp_path):
    mean, std = np.linspace(-1, 1, 17), np.linspace(0.5, 2, 17)
    plain = read_plain(saved(tmp_path, arrays()), BODY, TOLD)
    scaled = arrays(observation_mean=mean, observation_std=std)
    save_file({k: np.ascontiguousarray(v) for k, v in scaled.items()}, tmp_path / "a.safetensors")
    found = read_plain(tmp_path / "a.safetensors", BODY, TOLD)
    assert found.architecture == plain.architecture == Architecture((8, 5), "ELU", spread="none")
    expected = mean_action(plain)(((STATES - mean) / std).astype(np.float32))
    np.testing.assert_allclose(mean_action(found)(STATES), expected, atol=1e-5)


@pytest.mark.parametrize("norm", ["before", "after"])
def test_layer_norms_are_those_of_torch_and_survive_the_checkpoint(norm, tmp_path):
    torch.manual_seed(0)
    first, second, last = nn.Linear(17, 8), nn.Linear(8, 5), nn.Linear(5, 6)
    norms = nn.LayerNorm(8), nn.LayerNorm(5)
    for layer in norms:
        layer.weight.data += torch.linspace(0, 1, len(layer.weight))
    plain = {}
    for name, layer in zip(
        ("linear1", "linear2", "mean_linear", "norm1", "norm2"), (first, second, last, *norms),
        strict=True,
    ):  # fmt: skip
        layer.bias.data += torch.linspace(-0.5, 0.5, len(layer.bias))
        for part in ("weight", "bias"):
            plain[f"{name}.{part}"] = getattr(layer, part).detach().numpy()
    order = [(norm_layer, nn.ELU()) for norm_layer in norms]
    order = [pair if norm == "before" else pair[::-1] for pair in order]
    network = nn.Sequential(first, *order[0], second, *order[1], last, nn.Tanh())
    actors = read_plain(saved(tmp_path, plain), BODY, {**TOLD, "norm": norm})
    with torch.no_grad():
        expected = network(torch.from_numpy(STATES)).numpy()
    np.testing.assert_allclose(mean_action(actors)(STATES), expected, atol=1e-6)
    write_archive(tmp_path / "checkpoint.zip", actors, 0, BODY)
    placed = read_expert(tmp_path / "checkpoint.zip", BODY)
    assert placed.architecture == actors.architecture
    assert np.array_equal(mean_action(placed)(STATES), mean_action(actors)(STATES))


def test_the_same_actor_gives_the_same_bytes(tmp_path):
    actors = read_plain(saved(tmp_path, arrays()), BODY, TOLD)
    for folder in "xy":
        write_plain(tmp_path / folder / "expert.zip", actors)
    assert (tmp_path / "x/expert.zip").read_bytes() == (tmp_path / "y/expert.zip").read_bytes()


@pytest.mark.parametrize(
    ("changes", "told", "words"),
    [
        ({}, None, "tells no architecture; write"),
        ({}, {**TOLD, "activation": "Sine"}, "activation of an actor is one of"),
        ({}, {**TOLD, "hidden": [8, 6]}, r"hidden layers of \[8, 5\] units"),
        ({}, {**TOLD, "spread": "constant"}, "lacks log_std"),
        ({"linear2.bias": None}, TOLD, "lacks linear2.bias"),
        ({"norm1.weight": np.ones(8)}, TOLD, "has norm1.weight besides"),
        ({"linear2.weight": np.ones((5, 7))}, TOLD, "do not fit each other at linear2"),
        ({"linear1.weight": np.ones((8, 11))}, TOLD, "takes 11 observations and gives 6"),
        ({"mean_linear.bias": np.full(6, np.nan)}, TOLD, "not finite"),
        ({"observation_mean": np.zeros(17)}, TOLD, "without the other"),
        (
            {"observation_mean": np.zeros(17), "observation_std": np.zeros(17)},
            TOLD,
            "cannot scale 17 observations",
        ),
        ({"linear1.bias": np.array(["a"] * 8)}, TOLD, "where numbers are expected"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, told, words, tmp_path):
    refused(saved(tmp_path, arrays(**changes)), words, told=told)


def test_pickled_objects_are_refused_and_not_executed(tmp_path, marker):
    refused(saved(tmp_path, arrays(**{"linear1.bias": np.array([Trap(marker)] * 8)})), "objects")
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Trap(marker)))
    refused(tmp_path / "a.npz", "not a whole file of plain arrays")


def test_arrays_that_claim_more_than_they_hold_are_refused(tmp_path):
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        content, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 17)}
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("linear1.weight.npy", content.getvalue())
    refused(tmp_path / "a.npz", "not a whole file of plain arrays")
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("linear1.weight.npy", bytes(LARGEST + 1))
    refused(tmp_path / "a.npz", f"more than {LARGEST} bytes")
    for content in (b"", b"{}", json.dumps({"linear1": 1}).encode()):
        (tmp_path / "a.safetensors").write_bytes(content)
        refused(tmp_path / "a.safetensors", "not a whole file of plain arrays")
