"""The registry of measures: what each entry promises, and how a measure reaches the tables."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

from brainiarb.activity.activations import Activations
from brainiarb.actors.layers import LAYERS, OBSERVATIONS
from brainiarb.similarity.array_measures import rsa, svcca
from brainiarb.similarity.measures import ALWAYS, MEASURES, ArrayMeasure, chosen_measures
from brainiarb.similarity.network_measures import clone_measures
from brainiarb.similarity.products import SharedStates
from brainiarb.similarity.streaming import cross_products, in_chunks
from brainiarb.statistics.measures import ABSENT, OK
from builders import DERIVED, equal_layers, random_recording

ARRAY_MEASURES = [name for name, entry in MEASURES.items() if isinstance(entry, ArrayMeasure)]
EPISODES = np.repeat(np.arange(6), 20)


@pytest.fixture
def layer():
    rng = np.random.default_rng(0)
    return rng.normal(size=(120, 4)) @ rng.normal(size=(4, 7))


def beside_observations(*networks):
    observations = {OBSERVATIONS: np.random.default_rng(2).normal(size=(120, 3))}
    return cross_products(in_chunks([*networks, observations]), dtype=np.float64)


@pytest.mark.parametrize("name", MEASURES)
def test_two_equal_layers_have_the_ideal_value(name, layer):
    entry = MEASURES[name]
    if isinstance(entry, ArrayMeasure):
        value = entry.value(layer, layer, EPISODES)
    else:
        products = beside_observations({"x": layer}, {"x": layer})
        value = entry.function(products, 0, 1, 0, 0)
    if np.isnan(entry.ideal):
        assert 0 < value < 0.1
    else:
        assert value == pytest.approx(entry.ideal, abs=1e-5)


@pytest.mark.parametrize("name", MEASURES)
def test_unrelated_layers_are_far_from_the_ideal_value(name, layer):
    entry, unrelated = MEASURES[name], np.random.default_rng(1).normal(size=(120, 5))
    if isinstance(entry, ArrayMeasure):
        value = entry.value(layer, unrelated, EPISODES)
    else:
        products = beside_observations({"x": layer}, {"x": unrelated})
        value = entry.function(products, 0, 1, 0, 0)
    assert np.isnan(entry.ideal) or abs(value - entry.ideal) > 0.5


def test_names_in_tables_are_unique():
    names = [entry.tabulated for entry in MEASURES.values() if entry.tabulated]
    assert len(names) == len(set(names))
    assert all(entry.tabulated for entry in MEASURES.values() if entry.drawn)


def test_measures_come_in_the_order_of_the_registry_with_those_that_figures_need():
    assert list(chosen_measures(["svcca", "procrustes"])) == [*ALWAYS, "procrustes", "svcca"]
    assert list(chosen_measures([])) == list(ALWAYS)


def test_an_unknown_measure_is_refused_with_the_known_names():
    with pytest.raises(ValueError, match=r"cka, cka_debiased, .*, found banana; choose"):
        chosen_measures(["cka", "banana"])


def test_a_measure_with_many_rows_is_given_evenly_spaced_ones():
    seen = []

    def function(x, y, episode_ids):
        seen.append((x[:, 0].tolist(), y[:, 0].tolist(), episode_ids.tolist()))
        return 0.0

    entry = ArrayMeasure(
        label="", unit="1", ideal=1.0, compares=lambda *_: True, function=function, rows=4
    )
    rows = np.arange(10.0)[:, None]
    entry.value(rows, rows, np.arange(10))
    entry.value(rows[:4], rows[:4], np.arange(4))
    assert seen == [([0, 3, 6, 9],) * 3, ([0, 1, 2, 3],) * 3]


# ---- from the config to the tables


def test_array_measures_are_those_of_the_two_layers(compare, tmp_path):
    table = compare(random_recording((70, 60, 25), (0, 1, 1)), measures=["svcca", "rsa"])
    assert {"svcca", "rsa"} < set(table)
    assert "procrustes" not in table
    with h5py.File(tmp_path / "common.h5") as first, h5py.File(tmp_path / "clones.h5") as second:
        networks = {"x": Activations(first, "expert"), "y": Activations(second, "common", 1)}
        shared = SharedStates(networks["x"], networks)
        sides = [shared.layers(name) for name in networks]
    common = equal_layers(table, "expert_clone", "common", 1).set_index("layer_first")
    assert set(common.index) == {*LAYERS, *DERIVED}
    for name in common.index:
        x, y = (side[name] for side in sides)
        assert common.loc[name, "svcca"] == pytest.approx(svcca(x, y), abs=1e-9)
        assert common.loc[name, "rsa"] == pytest.approx(rsa(x, y), abs=1e-9)


def test_array_measures_know_an_equal_network_on_paired_states(compare):
    table = compare(random_recording((70, 60), (0, 1)), measures=["rsa"])
    equal = equal_layers(table, "expert_clone", "common", 0)
    np.testing.assert_allclose(equal["rsa"], 1, atol=1e-6)
    assert (equal["note"] == "").all()
    different = table[
        (table["comparison"] == "expert_clone") & (table["layer_first"] != table["layer_second"])
    ]
    assert different["rsa"].isna().all()


def test_layers_are_compared_with_the_observations_too(compare):
    table = compare(random_recording((70, 60), (0, 1)), measures=["rsa"])
    beside = table[table["comparison"] == "clone_observation"]
    assert set(beside["layer_second"]) == {OBSERVATIONS}
    assert beside["rsa"].between(-1, 1).all()


def test_unpaired_rows_have_no_array_measure_but_a_note(compare):
    table = compare(random_recording((70, 60), (0, 1)), measures=["svcca", "rsa"])
    own = equal_layers(table, "expert_clone", "own", 0)
    assert own[["svcca", "rsa"]].isna().all(axis=None)
    assert own["cka"].notna().all()
    assert set(own["note"]) == {
        "svcca, rsa undefined: computed only on states that both networks were shown"
    }


def test_other_experts_have_array_measures_too(compare_references):
    table = compare_references(random_recording((70, 60), (0, 1)), measures=["svcca"])
    assert table[table["stimuli"] == "own"]["svcca"].isna().all()
    experts = equal_layers(table, "expert_seed", "common", -1)
    np.testing.assert_allclose(experts["svcca"], 1, atol=1e-6)


def test_array_measures_are_given_episodes_and_say_what_they_need(compare, monkeypatch):
    entry = MEASURES["linear_predictivity"]

    def function(x, y, episode_ids):
        assert len(x) == len(y) == len(episode_ids)
        episodes = len(set(episode_ids.tolist()))
        return episodes if x.shape[1] > 6 else np.nan

    monkeypatch.setitem(MEASURES, "linear_predictivity", replace(entry, function=function))
    table = compare(random_recording((70, 60), (0, 1)), measures=["linear_predictivity", "rsa"])
    common = equal_layers(table, "expert_clone", "common", 1)
    hidden = common["layer_first"].str.startswith("linear")
    assert (common["linear_predictivity"] == common["episodes"])[hidden].all()
    assert (common["note"] == "")[hidden].all()
    heads = common[~hidden]
    assert heads["linear_predictivity"].isna().all()
    assert heads["rsa"].notna().all()
    needed = "linear_predictivity undefined: needs three episodes, and variance in both layers"
    assert set(heads["note"]) == {needed}


def test_a_tabulated_measure_becomes_a_measure_of_every_clone(compare):
    table = compare(random_recording((70, 60), (0, 1)), measures=["svcca", "rsa"])
    measures = clone_measures(table.assign(expert="sac_0", level=5))
    layers = (*LAYERS, *DERIVED)
    names = {f"{name}_{layer}" for name in ("cka", "svcca", "rsa") for layer in layers}
    assert set(measures["measure"]) == names
    assert set(measures["status"]) <= {OK, ABSENT}
