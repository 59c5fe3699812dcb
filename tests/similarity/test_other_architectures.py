"""Networks of other depths, widths and kinds are compared; what they lack has a reason."""

from contextlib import ExitStack

import h5py
import numpy as np
import pytest
import torch

from brainiarb.activity.activations import Activations, record_own, record_shared
from brainiarb.activity.networks import references
from brainiarb.activity.stimuli import common_states, own
from brainiarb.actors.actors import Actors, untrained
from brainiarb.actors.architecture import Architecture
from brainiarb.similarity.acting import compare_functions, named_functions
from brainiarb.similarity.network_measures import clone_measures, expert_measures
from brainiarb.similarity.pairs import compare_experts, compare_level
from brainiarb.similarity.single_networks import single_table
from brainiarb.similarity.stitching import fit_affine, fit_together, stitch, stitched_layers
from builders import SHOWN_ROWS, SIMILARITY_MEASURES, SIZES, TRANSIENT, random_recording


def actor(hidden, activation="ReLU", spread="state", bound="tanh", seeds=(1,)):
    """Return untrained actors of any architecture."""
    grown = untrained(SIZES, seeds, architecture=Architecture(hidden, activation))
    tensors = dict(grown.state_dict())
    if spread != "state":
        del tensors["log_std_linear.weight"], tensors["log_std_linear.bias"]
    if spread == "constant":
        tensors["log_std"] = torch.full((len(seeds), SIZES[1]), -1.0)
    return Actors(tensors, Architecture(hidden, activation, bound=bound))


EXPERT = actor((9, 8, 7), "Tanh", "constant", "clip")
FLOOR = actor((9, 8, 7), "Tanh", seeds=(2, 3))
CLONES = actor((9, 8, 7), "Tanh", seeds=(4, 5))
PEERS = {"deterministic": actor((6,), "ELU", "none"), "sac": actor((20, 10))}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of activations of an expert like PPO's with three hidden layers, and of two peers."""
    folder = tmp_path_factory.mktemp("activations")
    walked, clones_walk = (random_recording((70, 60), ids) for ids in ((0, 0), (0, 1)))
    pool = common_states({-1: walked, 0: clones_walk}, SHOWN_ROWS, TRANSIENT)
    with ExitStack() as stack:
        common, clones = (
            stack.enter_context(h5py.File(folder / f"{name}.h5", "w"))
            for name in ("common", "clones")
        )
        common.attrs["algorithm"] = "ppo"
        record_shared(common, "expert", EXPERT, pool)
        record_own(common, "own", EXPERT, [own(walked, 0, SHOWN_ROWS)])
        record_shared(common, "untrained", FLOOR, pool)
        for name, peer in PEERS.items():
            record_shared(common, f"peers/{name}", peer, pool)
            common[f"peers/{name}"].attrs["algorithm"] = name
        record_shared(clones, "common", CLONES, pool)
        record_own(clones, "own", CLONES, [own(clones_walk, k, SHOWN_ROWS) for k in (0, 1)])
        yield common, clones


def test_a_recording_knows_the_architecture_of_its_networks(files):
    recorded = Activations(files[0], "expert")
    assert recorded.architecture == EXPERT.architecture
    assert tuple(recorded.layers()) == ("linear1", "linear2", "linear3", "mean_linear")
    expected = EXPERT.respond(recorded.observations())
    for name, values in recorded.layers().items():
        np.testing.assert_allclose(values, expected[name][0], atol=1e-5)


def test_layers_of_networks_of_other_depths_are_all_compared(files):
    table = compare_experts(files[0], SIMILARITY_MEASURES, np.random.default_rng(0))
    shown = table[(table["first"] == "expert") & (table["stimuli"] == "common")]
    pairs = shown[shown["second"] == "deterministic"]
    recorded = pairs[
        ~pairs["layer_first"].str.endswith("_relu") & (pairs["layer_first"] != "actions")
    ]
    assert len(recorded) == 4 * 2
    assert recorded["cka_debiased"].notna().all()
    derived = pairs[pairs["layer_first"] == pairs["layer_second"]]["layer_first"]
    assert set(derived) == {"linear1", "mean_linear", "linear1_relu", "actions"}
    with_head = shown[shown["second"] == "sac"]
    assert "log_std_linear" in set(with_head["layer_second"])
    assert "log_std_linear" not in set(with_head["layer_first"])
    measures = expert_measures(table.assign(expert="e", level=-1), ["cka_debiased"])
    assert {"cka_linear3_relu", "floor_cka_linear3_relu"} <= set(measures["measure"])


def test_clones_have_measures_of_every_layer_that_they_share_with_the_expert(files):
    table = compare_level(*files, SIMILARITY_MEASURES).assign(expert="e", level=0)
    measures = clone_measures(table).set_index(["measure", "clone"])["value"]
    for layer in ("linear1", "linear2", "linear3", "mean_linear", "linear3_relu", "actions"):
        assert np.isfinite(measures[f"cka_{layer}"]).all()
    assert "cka_log_std_linear" not in measures.index.get_level_values(0)


def test_what_a_network_lacks_has_no_value_and_a_reason(files):
    common, _ = files
    states = Activations(common, "expert").observations()
    acting = compare_functions(EXPERT, CLONES, states, "{}", "e", 0).set_index("measure")
    assert acting.loc["action_mse", "value"].notna().all()
    assert acting.loc["mean_kl", "note"].str.contains("bounds its actions by tanh").all()
    deterministic = PEERS["deterministic"]
    (note,) = compare_functions(deterministic, deterministic, states, "{}", "e", 0).query(
        "measure == 'mean_kl'"
    )["note"]
    assert "have no spread" in note
    single = single_table(references(common), "e").set_index(["network", "measure"])["note"]
    assert "no head" in single["expert", "self_cka_log_std_linear2"]
    assert "only units of a ReLU" in single["expert", "silent_units_linear3"]
    assert not single["sac", "silent_units_linear1"]
    named = named_functions(EXPERT, {"untrained": FLOOR, **PEERS}, states, "e")
    assert named["network"].value_counts().to_dict() == {
        "untrained": 6,
        "deterministic": 3,
        "sac": 3,
    }
    mse = named[named["measure"] == "action_mse_common"].set_index("network")["value"]
    actions = [
        network.architecture.action(network.respond(states)["mean_linear"][0])
        for network in (EXPERT, PEERS["sac"])
    ]
    assert mse["sac"] == pytest.approx(np.square(actions[0] - actions[1]).mean(), rel=1e-4)


def test_a_layer_of_a_network_is_put_into_a_deeper_one():
    below = actor((5, 4), "Tanh", seeds=(1, 2))
    readers = stitched_layers(below.architecture, EXPERT.architecture)
    assert readers == {"linear1": ("linear2",), "linear2": ("linear3",)}
    assert stitched_layers(EXPERT.architecture, EXPERT.architecture)["linear3"] == ("mean_linear",)
    states = np.random.default_rng(0).normal(size=(200, SIZES[0]))
    values = np.tanh(EXPERT.respond(states)["linear2"][0])
    maps = [fit_affine(np.tanh(v), values) for v in below.respond(states)["linear2"]]
    joined = stitch(below, EXPERT, "linear2", maps)
    assert joined.architecture.hidden == (5, 4, 7)
    assert joined.architecture.bound == "clip"
    weight, bias = (
        EXPERT.get_parameter(f"linear3.{part}")[0].detach().numpy() for part in ("weight", "bias")
    )
    expected = maps[1](np.tanh(below.respond(states)["linear2"][1])) @ weight.T + bias
    np.testing.assert_allclose(joined.respond(states)["linear3"][1], expected, atol=1e-5)
    assert not fit_together(PEERS["sac"].architecture, EXPERT.architecture)
    assert not fit_together(Architecture((5,), norm="after"), Architecture((5,)))
