"""Which states networks are shown, and what comes out of comparing them, from stimuli to table."""

import h5py
import numpy as np
import pandas as pd
import pytest

from brainiarb.activity.activations import Activations, every_second
from brainiarb.actors.layers import DERIVED, LAYERS
from brainiarb.similarity import pairs
from brainiarb.similarity.array_measures import linear_cka, procrustes
from brainiarb.similarity.intervals import half_of
from brainiarb.similarity.pairs import HEADS, compare_experts
from brainiarb.similarity.products import paired_layers
from builders import SHOWN_ROWS, SIMILARITY_MEASURES, equal_layers, random_recording


def test_equal_networks_are_alike_on_the_same_states_only(compare):
    table = compare(random_recording((70, 60, 50, 80, 60), (0, 0, 0, 1, 1)))
    for stimuli in ("expert", "level", "half"):
        equal = equal_layers(table, "expert_clone", stimuli, 0)
        np.testing.assert_allclose(equal["cka"], 1, atol=1e-6)
        assert (equal["pairing"] == "paired").all()
        assert (equal_layers(table, "expert_clone", stimuli, 1)["cka"] < 0.99).all()
    unpaired = equal_layers(table, "expert_clone", "own", 0)
    assert (unpaired["pairing"] == "unpaired").all()
    assert (unpaired["cka_debiased"].abs() < 0.3).all()


def test_the_published_procedure_does_not_know_a_network_again(compare, tmp_path):
    compare(random_recording((70, 60), (0, 1)))
    with h5py.File(tmp_path / "expert.h5") as expert, h5py.File(tmp_path / "peers.h5") as peers:
        table = compare_experts(expert, peers, SIMILARITY_MEASURES, np.random.default_rng(0))
    twice = equal_layers(table, "expert_two_rollouts", "own", -1)
    assert set(twice["layer_first"]) == {*LAYERS, *DERIVED, "observations"}
    assert (twice["cka_debiased"].abs() < 0.3).all()
    assert (twice["pairing"] == "unpaired").all()
    np.testing.assert_allclose(equal_layers(table, "expert_itself", "own", -1)["cka"], 1)


def test_experts_are_told_apart_by_their_algorithm_on_the_same_states(compare, tmp_path):
    level = compare(random_recording((70, 60), (0, 1)))
    with h5py.File(tmp_path / "expert.h5") as expert, h5py.File(tmp_path / "peers.h5") as peers:
        table = compare_experts(expert, peers, SIMILARITY_MEASURES, np.random.default_rng(0))
    for compared, stimuli in ((table, "expert"), (level, "half")):
        seed = equal_layers(compared, "expert_seed", stimuli, -1)
        assert set(seed["second"]) == {"alike"}
        np.testing.assert_allclose(seed["cka"], 1, atol=1e-6)
        different = equal_layers(compared, "expert_algorithm", stimuli, -1)
        assert "other" in set(different["second"])
        assert (different["cka"] < 0.99).all()
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
    assert of_expert == len(set(ids[: SHOWN_ROWS // 2]))
    half = equal_layers(table, "expert_clone", "half", 1).set_index("layer_first")
    beside_states = table[(table["comparison"] == "clone_observation") & (table["clone"] == 1)]
    beside_states = beside_states.set_index("layer_first")
    assert set(half.index) == set(beside_states.index) == {*LAYERS, *DERIVED}
    assert (half["episodes"] == len(set(ids))).all()
    for name in half.index:
        x, y = (side[name] for side in sides)
        assert half.loc[name, "cka_debiased"] == pytest.approx(linear_cka(x, y, True), abs=1e-6)
        assert beside_states.loc[name, "cka"] == pytest.approx(linear_cka(y, states), abs=1e-6)
        if name.endswith("_relu"):
            assert np.isnan(half.loc[name, "procrustes"])
        else:
            distance = procrustes(x, y, angular=True)
            assert half.loc[name, "procrustes"] == pytest.approx(distance, abs=1e-5)
    np.testing.assert_array_equal(sides[1]["linear1_relu"], np.maximum(sides[1]["linear1"], 0))
    np.testing.assert_allclose(np.tanh(sides[1]["mean_linear"]), sides[1]["actions"])


def test_clones_that_fall_at_once_are_undefined_where_they_give_no_state(compare):
    table = compare(random_recording((8, 9), (0, 1)))
    fallen = equal_layers(table, "expert_clone", "level", 0)
    assert fallen["cka"].isna().all()
    assert set(fallen["note"]) == {"undefined: no rows"}
    assert (equal_layers(table, "expert_clone", "half", 0)["rows"] == SHOWN_ROWS / 2).all()
    np.testing.assert_allclose(
        equal_layers(table, "expert_clone", "expert", 0)["cka"], 1, atol=1e-6
    )


@pytest.mark.parametrize("shorter", ["shown", "peers_shown"])
def test_recordings_of_other_states_are_refused(compare, shorter):
    with pytest.raises(ValueError, match="expected two recordings of the same expert states"):
        compare(random_recording((70, 60), (0, 1)), **{shorter: SHOWN_ROWS - 1})


def test_other_states_are_compared_by_the_name_unpaired_only(compare, tmp_path):
    compare(random_recording((70, 60), (0, 1)))
    with h5py.File(tmp_path / "expert.h5") as expert:
        twice = [Activations(expert, "own", k) for k in range(2)]
        with pytest.raises(ValueError, match="compare them as unpaired"):
            paired_layers(twice)
        first, second = paired_layers(twice, unpaired=True)
    assert len(first["linear1"]) == len(second["linear1"])


@pytest.mark.parametrize("stimuli", ["expert", "level", "half", "own"])
def test_every_value_is_that_of_its_two_layers_alone(compare, tmp_path, stimuli):
    """The clones' episodes differ in number and length, so that no two stimuli have equal rows."""
    table = compare(random_recording((70, 60, 25), (0, 1, 1)))
    with h5py.File(tmp_path / "expert.h5") as first, h5py.File(tmp_path / "clones.h5") as second:
        reference = {
            name: Activations(*source).layers()
            for name, source in {
                "expert": (first, "expert"),
                "level": (second, "reference/expert/level"),
                "own": (first, "own"),
            }.items()
        }
        reference["half"] = every_second(reference["expert"], reference["level"])
        layers = Activations(second, stimuli, 1).layers()
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
