"""Stitching: maps that are known, networks that are the same but for their units, and floors."""

import numpy as np
import pytest
import torch

from brainiarb.activity.stimuli import Stimuli
from brainiarb.actors.actors import Actors, mean_action, stack_actors, untrained
from brainiarb.actors.archives import read_expert
from brainiarb.actors.layers import LAYERS
from brainiarb.bodies.registry import get_body
from brainiarb.rollouts.recording import record_episodes
from brainiarb.rollouts.returns import episode_returns
from brainiarb.similarity.stitching import (
    AffineMap,
    fit_affine,
    fit_maps,
    matched_states,
    stitch,
    tabulate_stitched,
    walk_stitched,
)
from builders import random_recording
from conftest import ROOT

WALKER, SIZES = get_body("walker2d"), (17, 6)
RNG = np.random.default_rng(0)


def test_a_planted_map_is_found_whatever_the_scale_of_the_units():
    x = RNG.normal(3, 1, (500, 8)) @ RNG.normal(size=(8, 8))
    planted = AffineMap(RNG.normal(size=(5, 8)), RNG.normal(size=5))
    fitted = fit_affine(x, planted(x), ridge=0)
    np.testing.assert_allclose(fitted.weight, planted.weight, atol=1e-9)
    np.testing.assert_allclose(fitted.bias, planted.bias, atol=1e-9)
    scales = 10.0 ** np.arange(-4, 4)
    y = planted(x) + RNG.normal(size=(500, 5))
    rescaled = fit_affine(x * scales, y)
    np.testing.assert_allclose(rescaled(x * scales), fit_affine(x, y)(x), atol=1e-9)


def test_a_unit_without_variance_gets_no_weight_and_too_few_rows_are_no_error():
    x = RNG.normal(size=(4, 30))
    x[:, 7] = 0.1
    fitted = fit_affine(x, x[:, :2])
    assert (fitted.weight[:, 7] == 0).all()
    np.testing.assert_allclose(fitted(x), x[:, :2], atol=1e-4)
    constant = fit_affine(np.full((9, 30), 0.1), np.arange(18.0).reshape(9, 2))
    assert not constant.weight.any()
    assert constant.bias.tolist() == [8, 9]


@pytest.mark.parametrize("layer", ["linear1", "linear2"])
def test_a_stitched_network_is_the_map_between_two_networks(layer):
    below, expert = untrained(SIZES, [1, 2]), untrained(SIZES, [3])
    maps = [AffineMap(RNG.normal(size=(256, 256)) / 16, RNG.normal(size=256)) for _ in range(2)]
    states = RNG.normal(size=(20, 17))
    stitched = stitch(below, expert, layer, maps).respond(states)
    of_below = below.respond(states)
    after = {name: [part[0] for part in layers_of(expert, name)] for name in LAYERS}
    for k, mapped in enumerate(maps):
        values = mapped(np.maximum(of_below[layer][k], 0))
        for name in LAYERS[LAYERS.index(layer) + 1 : 3]:
            weight, bias = after[name]
            values = values @ weight.T + bias
            np.testing.assert_allclose(stitched[name][k], values, atol=1e-5)
            values = np.maximum(values, 0)


def layers_of(actors, name):
    """Weight and bias of a layer as arrays."""
    return [actors.get_parameter(f"{name}.{part}").detach().numpy() for part in ("weight", "bias")]


def test_stacks_of_other_widths_act_side_by_side_as_alone(observations):
    narrow = Actors(
        {
            f"{name}.{part}": torch.randn(shape)
            for name, (out, inputs) in {
                "linear1": (5, 17),
                "linear2": (300, 5),
                "mean_linear": (6, 300),
                "log_std_linear": (6, 300),
            }.items()
            for part, shape in (("weight", (2, out, inputs)), ("bias", (2, out)))
        }
    )
    wide = untrained(SIZES, [1])
    joined = stack_actors([narrow, wide]).respond(observations)
    for name in ("mean_linear", "log_std_linear"):
        expected = np.concatenate([actors.respond(observations)[name] for actors in (narrow, wide)])
        np.testing.assert_allclose(joined[name], expected, rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def expert():
    path = ROOT / "workflow/resources/checkpoints/walker2d/crossq_0.zip"
    return read_expert(path, get_body("walker2d"))


@pytest.fixture(scope="module")
def walked(expert):
    return record_episodes(
        WALKER, mean_action(expert), agents=1, episodes=2, steps=1000, seed=0, mode="mean"
    )


def disguised(expert, seed):
    """The expert with its hidden units in another order and at other scales: the same function."""
    rng = np.random.default_rng(seed)
    tensors = dict(expert.state_dict())
    readers = {"linear1": ["linear2"], "linear2": ["mean_linear", "log_std_linear"]}
    for layer, reading in readers.items():
        order, scale = torch.from_numpy(rng.permutation(256)), rng.uniform(0.2, 5, 256)
        scale = torch.from_numpy(scale).float()
        tensors[f"{layer}.weight"] = tensors[f"{layer}.weight"][:, order] * scale[:, None]
        tensors[f"{layer}.bias"] = tensors[f"{layer}.bias"][:, order] * scale
        for name in reading:
            tensors[f"{name}.weight"] = tensors[f"{name}.weight"][:, :, order] / scale
    return Actors(tensors)


def blinded(expert):
    """The expert with a first layer that is the same in every state."""
    tensors = {name: value.clone() for name, value in expert.state_dict().items()}
    tensors["linear1.weight"].zero_()
    return Actors(tensors)


def test_the_identity_is_the_expert_to_the_bit(expert, walked):
    identity = AffineMap(np.eye(256), np.zeros(256))
    for layer in ("linear1", "linear2"):
        stitched = stitch(expert, expert, layer, [identity]).respond(walked["observations"])
        for name, values in expert.respond(walked["observations"]).items():
            assert np.array_equal(stitched[name], values)


def test_the_same_network_in_disguise_walks_as_the_expert_and_a_blind_one_falls(expert, walked):
    experts_return = episode_returns(walked)["return"].mean()
    networks = stack_actors([expert, disguised(expert, 1), blinded(expert)])
    measured = walk_stitched(
        WALKER, expert, networks, matched_states(walked, 2000), episodes=2, seed=0
    )
    for layer in ("linear1", "linear2"):
        *same, blind = measured[f"stitched_r2_{layer}"]
        assert min(same) > 1 - 1e-6
        assert blind < 0.01
        *same, blind = measured[f"stitched_return_{layer}"]
        # Rounding of weights alone moves a return of 1,000 steps of contacts by about 1 %.
        assert same == pytest.approx([experts_return, experts_return], rel=0.03)
        assert blind < 0.2 * experts_return


def test_states_are_matched_from_the_start_to_the_last_step_that_counts():
    walked = random_recording((1500, 700), (0, 0))
    chosen = matched_states(walked, 100)
    assert np.bincount(chosen.episode_ids).tolist() == [50, 50]
    place = {tuple(row): i for i, row in enumerate(walked["observations"])}
    rows = np.array([place[tuple(row)] for row in chosen.observations])
    first = rows[:50]
    assert first.min() < 20
    assert 980 <= first.max() < 1000


def test_maps_are_judged_by_episodes_they_were_not_fitted_to():
    below, expert = untrained(SIZES, [1]), untrained(SIZES, [2])
    states = np.random.default_rng(2).normal(size=(80, 17)).astype(np.float32)
    for episodes, shares in ((np.repeat([3, 8], 40), True), (np.full(80, 3), False)):
        for maps in fit_maps(below, expert, Stimuli(states, episodes)).values():
            fitted, share = maps[0]
            assert np.isfinite(fitted.weight).all()
            assert (share < 0.99) if shares else np.isnan(share)


def test_the_table_names_measures_units_and_what_is_missing():
    measured = {"stitched_return_linear1": [5.0, 6.0], "stitched_r2_linear1": [np.nan, 0.5]}
    table = tabulate_stitched(measured, "sac_0", 40, [0, 1], "floor_")
    assert table["measure"].unique().tolist() == [f"floor_{name}" for name in measured]
    assert table["value"].tolist()[:2] == [5, 6]
    assert table["unit"].tolist() == ["reward", "reward", "1", "1"]
    assert table["note"].tolist() == ["", "", "undefined: one episode", ""]
