"""Which states networks are shown, and what comes out of comparing them, from stimuli to table."""

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml

from brainiarb.activity.activations import describe_half, read_layers, record_own, record_shared
from brainiarb.activity.stimuli import half, own, own_twice, pool
from brainiarb.actors.actors import beside, untrained
from brainiarb.actors.layers import LAYERS
from brainiarb.similarity import pairs
from brainiarb.similarity.array_measures import linear_cka, procrustes
from brainiarb.similarity.intervals import clone_intervals, half_of, with_intervals
from brainiarb.similarity.pairs import (
    DERIVED,
    HEADS,
    ROTATED,
    Recording,
    compare_experts,
    compare_level,
    matched,
)
from brainiarb.similarity.positions import level_measures, place
from builders import SIZES, TRANSIENT, random_recording

ROWS = 60
FILES = ("expert", "floor", "peers", "clones")


@pytest.fixture(scope="module")
def expert():
    return untrained(SIZES, [1])


@pytest.fixture
def compare(expert, tmp_path):
    """Compare the expert with two clones, its equal and another network, that walked as given."""
    floor = untrained(SIZES, [2, 3])
    clones = beside([expert, untrained(SIZES, [4])])
    others = {"alike": expert, "other": untrained(SIZES, [5])}
    walked = random_recording((70, 60, 50, 80), (0, 0, 0, 0))

    def run(clones_walk, shown=ROWS, peers_shown=ROWS):
        of_expert, of_level = pool(walked, ROWS, TRANSIENT), pool(clones_walk, ROWS, TRANSIENT)
        files = [h5py.File(tmp_path / f"{name}.h5", "w") for name in FILES]
        record_shared(files[0], "expert", expert, of_expert)
        record_own(files[0], "own", expert, own_twice(walked, ROWS))
        record_shared(files[1], "expert", floor, of_expert)
        files[2].attrs["algorithm"] = "sac"
        record_shared(files[3], "expert", clones, pool(walked, shown, TRANSIENT))
        record_shared(files[3], "level", clones, of_level)
        describe_half(files[3], "expert", "level", half(of_expert, of_level))
        record_own(files[3], "own", clones, [own(clones_walk, k, ROWS) for k in range(2)])
        record_shared(files[3], "reference/expert/level", expert, of_level)
        record_shared(files[3], "reference/untrained/level", floor, of_level)
        for name, peer in others.items():
            record_shared(files[2], f"{name}/expert", peer, pool(walked, peers_shown, TRANSIENT))
            record_shared(files[3], f"reference/peers/{name}/level", peer, of_level)
            files[2][name].attrs["algorithm"] = {"alike": "sac", "other": "crossq"}[name]
        for file in files:
            file.close()
        files = [h5py.File(tmp_path / f"{name}.h5") for name in FILES]
        try:
            return compare_level(*files)
        finally:
            for file in files:
                file.close()

    return run


def diagonal(table, comparison, stimuli, clone):
    """The pairs of equal layers of one comparison."""
    return table[
        (table["comparison"] == comparison)
        & (table["stimuli"] == stimuli)
        & (table["clone"] == clone)
        & (table["layer_first"] == table["layer_second"])
    ]


def test_states_come_evenly_from_all_episodes_after_their_transient():
    walked = random_recording((70, 60, 50), (0, 0, 1))
    chosen = pool(walked, 40, TRANSIENT)
    assert np.bincount(chosen.episode_ids).tolist() == [10, 10, 20]
    starts = np.concatenate([np.arange(10), 70 + np.arange(10), 130 + np.arange(10)])
    dropped = {tuple(row) for row in walked["observations"][starts]}
    assert not dropped & {tuple(row) for row in chosen.observations}


def test_agents_that_fall_within_the_transient_give_no_state():
    assert set(pool(random_recording((8, 60), (0, 1)), 40, TRANSIENT).episode_ids) == {1}
    assert pool(random_recording((8, 9), (0, 1)), 40, TRANSIENT).observations.shape == (0, 17)


def test_digests_tell_states_and_their_order():
    walked = random_recording((70,), (0,))
    first, again, fewer = (pool(walked, rows, TRANSIENT) for rows in (40, 40, 39))
    assert first.digest == again.digest
    assert first.digest != fewer.digest


def test_equal_networks_are_alike_on_the_same_states_only(compare):
    table = compare(random_recording((70, 60, 50, 80, 60), (0, 0, 0, 1, 1)))
    for stimuli in ("expert", "level", "half"):
        equal = diagonal(table, "expert_clone", stimuli, 0)
        np.testing.assert_allclose(equal["cka"], 1, atol=1e-6)
        assert (equal["pairing"] == "paired").all()
        assert (diagonal(table, "expert_clone", stimuli, 1)["cka"] < 0.99).all()
    unpaired = diagonal(table, "expert_clone", "own", 0)
    assert (unpaired["pairing"] == "unpaired").all()
    assert (unpaired["cka_debiased"].abs() < 0.3).all()


def test_the_published_procedure_does_not_know_a_network_again(compare, tmp_path):
    compare(random_recording((70, 60), (0, 1)))
    with h5py.File(tmp_path / "expert.h5") as expert, h5py.File(tmp_path / "peers.h5") as peers:
        table = compare_experts(expert, peers, np.random.default_rng(0))
    twice = diagonal(table, "expert_two_rollouts", "own", -1)
    assert set(twice["layer_first"]) == {*LAYERS, *DERIVED, "observations"}
    assert (twice["cka_debiased"].abs() < 0.3).all()
    assert (twice["pairing"] == "unpaired").all()
    np.testing.assert_allclose(diagonal(table, "expert_itself", "own", -1)["cka"], 1)


def test_experts_are_told_apart_by_their_algorithm_on_the_same_states(compare, tmp_path):
    level = compare(random_recording((70, 60), (0, 1)))
    with h5py.File(tmp_path / "expert.h5") as expert, h5py.File(tmp_path / "peers.h5") as peers:
        table = compare_experts(expert, peers, np.random.default_rng(0))
    for found, stimuli in ((table, "expert"), (level, "half")):
        seed = diagonal(found, "expert_seed", stimuli, -1)
        assert set(seed["second"]) == {"alike"}
        np.testing.assert_allclose(seed["cka"], 1, atol=1e-6)
        other = diagonal(found, "expert_algorithm", stimuli, -1)
        assert "other" in set(other["second"])
        assert (other["cka"] < 0.99).all()
    assert set(zip(table["first"], table["second"], strict=True)) >= {("alike", "other")}
    assert len(table.query("comparison == 'random_heads'")) == 2 * HEADS


def test_every_layer_meets_itself_and_the_observations_on_half(compare, tmp_path):
    table = compare(random_recording((70, 60, 25), (0, 1, 1)))
    with h5py.File(tmp_path / "expert.h5") as first, h5py.File(tmp_path / "clones.h5") as second:
        sides, ids, of_expert = half_of(first, second, 1)
        states = np.concatenate(
            [second[f"{part}/observations"][::2] for part in ("expert", "level")]
        )
    assert len(ids) == len(states)
    assert of_expert == len(set(ids[: ROWS // 2]))
    half = diagonal(table, "expert_clone", "half", 1).set_index("layer_first")
    beside_states = table[(table["comparison"] == "clone_observation") & (table["clone"] == 1)]
    beside_states = beside_states.set_index("layer_first")
    assert set(half.index) == set(beside_states.index) == {*LAYERS, *DERIVED}
    assert (half["episodes"] == len(set(ids))).all()
    for name in half.index:
        x, y = (side[name] for side in sides)
        assert half.loc[name, "cka_debiased"] == pytest.approx(linear_cka(x, y, True), abs=1e-6)
        assert beside_states.loc[name, "cka"] == pytest.approx(linear_cka(y, states), abs=1e-6)
        if name in ROTATED:
            distance = procrustes(x, y, angular=True)
            assert half.loc[name, "procrustes"] == pytest.approx(distance, abs=1e-5)
    np.testing.assert_array_equal(sides[1]["linear1_relu"], np.maximum(sides[1]["linear1"], 0))
    np.testing.assert_allclose(np.tanh(sides[1]["mean_linear"]), sides[1]["actions"])


def test_clones_that_fall_at_once_are_undefined_where_they_give_no_state(compare):
    table = compare(random_recording((8, 9), (0, 1)))
    fallen = diagonal(table, "expert_clone", "level", 0)
    assert fallen["cka"].isna().all()
    assert set(fallen["note"]) == {"undefined: no rows"}
    assert (diagonal(table, "expert_clone", "half", 0)["rows"] == ROWS / 2).all()
    np.testing.assert_allclose(diagonal(table, "expert_clone", "expert", 0)["cka"], 1, atol=1e-6)


@pytest.mark.parametrize("other", ["shown", "peers_shown"])
def test_recordings_of_other_states_are_refused(compare, other):
    with pytest.raises(ValueError, match="expected two recordings of the same expert states"):
        compare(random_recording((70, 60), (0, 1)), **{other: ROWS - 1})


def test_other_states_are_compared_by_the_name_unpaired_only(compare, tmp_path):
    compare(random_recording((70, 60), (0, 1)))
    with h5py.File(tmp_path / "expert.h5") as expert:
        twice = [Recording(expert, "own", k) for k in range(2)]
        with pytest.raises(ValueError, match="compare them as unpaired"):
            matched(twice)
        first, second = matched(twice, unpaired=True)
    assert len(first["linear1"]) == len(second["linear1"])


def test_the_interval_of_the_clone_of_median_return_holds_its_value(compare, tmp_path):
    table = compare(random_recording((70, 60, 80, 60), (0, 0, 1, 1))).assign(
        median=lambda t: t["clone"] == 1
    )
    settings = {"replicates": 50, "shift": 0.01}
    with h5py.File(tmp_path / "expert.h5") as expert, h5py.File(tmp_path / "clones.h5") as clones:
        found = clone_intervals(expert, clones, 1, settings, np.random.default_rng(0))
        again = clone_intervals(expert, clones, 1, settings, np.random.default_rng(0))
    pd.testing.assert_frame_equal(found, again)
    table = with_intervals(table, found)
    its = diagonal(table, "expert_clone", "half", 1)
    assert len(its) == len(table.dropna(subset=["low"])) == len(LAYERS) + len(DERIVED)
    assert (its["low"] - 0.02 <= its["cka_debiased"]).all()
    assert (its["cka_debiased"] <= its["high"] + 0.02).all()
    assert (its["high"] - its["low"]).between(0.001, 0.5).all()
    assert its["p_swap"].between(1 / 51, 0.2).all()
    assert its["p_shift"].between(0, 1, inclusive="right").all()
    assert its["p_shift"].min() < 0.5


def test_measures_place_clones_between_floor_and_ceiling(compare):
    table = compare(random_recording((70, 60), (0, 1))).assign(expert="sac_0", level=5)
    measures = level_measures(table).set_index(["measure", "clone"])["value"]
    for layer in LAYERS:
        # The first clone and the expert of its algorithm are the expert itself.
        assert measures[f"cka_{layer}", 0] == pytest.approx(1, abs=1e-6)
        assert measures[f"position_{layer}", 0] == pytest.approx(1, abs=1e-5)
        assert measures[f"position_{layer}", 1] < 0.9
        assert measures[f"procrustes_{layer}", 0] < 2e-3 < measures[f"procrustes_{layer}", 1]


def test_a_position_needs_a_ceiling_above_the_floor():
    values = pd.Series([0.5, 0.75, 1.0])
    found, note = place(values, np.array([0.4, 0.6]), np.array([0.9, 1.1]))
    np.testing.assert_allclose(found, [0, 0.5, 1])
    assert note == ""
    found, note = place(values, np.array([0.4, 0.6]), np.array([0.55, 1.45]))
    np.testing.assert_allclose(found, [0, 0.5, 1])
    assert "overlap" in note
    for ceiling, why in (
        ([0.3, 0.5], "less than a s.d. above the floor 0.5"),
        ([0.5, 0.6], "less than a s.d. above the floor 0.5"),
        ([], "no other expert"),
    ):
        found, note = place(values, np.array([0.4, 0.6]), np.array(ceiling))
        assert np.isnan(found).all()
        assert why in note


def test_the_default_study_compares_10000_states_of_20_episodes(root):
    config = yaml.safe_load((root / "config/config.yaml").read_text("utf-8"))
    assert config["stimuli"]["rows"] >= 10000
    assert config["recording"]["expert_episodes"] >= 20
    assert config["noise"]["clones"] * config["recording"]["clone_episodes"] >= 20


@pytest.mark.parametrize("stimuli", ["expert", "level", "half", "own"])
def test_every_value_is_that_of_its_two_layers_alone(compare, tmp_path, stimuli):
    """The clones' episodes differ in number and length, so that no two stimuli have equal rows."""
    table = compare(random_recording((70, 60, 25), (0, 1, 1)))
    with h5py.File(tmp_path / "expert.h5") as first, h5py.File(tmp_path / "clones.h5") as second:
        reference = {
            name: read_layers(*source, 0)
            for name, source in {
                "expert": (first, "expert"),
                "level": (second, "reference/expert/level"),
                "own": (first, "own"),
            }.items()
        }
        reference["half"] = {
            name: np.concatenate([reference["expert"][name][::2], reference["level"][name][::2]])
            for name in reference["own"]
        }
        layers = read_layers(second, stimuli, 1)
    chosen = table[
        (table["comparison"] == "expert_clone")
        & (table["clone"] == 1)
        & (table["stimuli"] == stimuli)
        & table["layer_first"].isin(LAYERS)
    ]
    assert len(chosen) == 16
    for pair in chosen.itertuples():
        x, y = reference[stimuli][pair.layer_first], layers[pair.layer_second]
        x, y = x[: len(y)], y[: len(x)]
        assert pair.rows == len(x) > 20
        assert pair.cka == pytest.approx(linear_cka(x, y), abs=1e-6)
        assert pair.cka_debiased == pytest.approx(linear_cka(x, y, debiased=True), abs=1e-6)


def test_how_many_clones_are_in_memory_together_does_not_matter(compare, monkeypatch):
    walked = random_recording((70, 60, 25), (0, 1, 1))
    together = compare(walked)
    monkeypatch.setattr(pairs, "BLOCK", 1)
    pd.testing.assert_frame_equal(compare(walked), together, rtol=0, atol=1e-6)
