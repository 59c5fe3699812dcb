"""Which states networks are shown, and what comes out of comparing them, from stimuli to table."""

import h5py
import numpy as np
import pandas as pd
import pytest

from brainiarb.activity.activations import Activations
from brainiarb.actors.layers import LAYERS
from brainiarb.similarity import pairs
from brainiarb.similarity.array_measures import linear_cka, procrustes
from brainiarb.similarity.pairs import RANDOM_HEADS
from brainiarb.similarity.unpaired import matched_rows
from builders import DERIVED, SHOWN_ROWS, equal_layers, random_recording


def test_equal_networks_are_alike_on_the_same_states_only(compare):
    table = compare(random_recording((70, 60, 50, 80, 60), (0, 0, 0, 1, 1)))
    equal = equal_layers(table, "expert_clone", "common", 0)
    np.testing.assert_allclose(equal["cka"], 1, atol=1e-6)
    assert (equal["pairing"] == "paired").all()
    assert (equal_layers(table, "expert_clone", "common", 1)["cka"] < 0.99).all()
    unpaired = equal_layers(table, "expert_clone", "own", 0)
    assert (unpaired["pairing"] == "unpaired").all()
    assert (unpaired["cka_debiased"].abs() < 0.3).all()


def test_the_expert_meets_untrained_networks_and_other_experts_once(compare_references):
    table = compare_references(random_recording((70, 60), (0, 1)))
    np.testing.assert_allclose(equal_layers(table, "expert_itself", "own", -1)["cka"], 1)
    floors = table[table["comparison"] == "expert_untrained"]
    assert set(floors["clone"]) == {0, 1}
    assert (equal_layers(table, "expert_untrained", "common", 0)["cka"] < 0.99).all()
    seed = equal_layers(table, "expert_seed", "common", -1)
    assert set(seed["second"]) == {"alike"}
    np.testing.assert_allclose(seed["cka"], 1, atol=1e-6)
    different = equal_layers(table, "expert_algorithm", "common", -1)
    assert set(different["second"]) == {"other"}
    assert (different["cka"] < 0.99).all()
    assert set(zip(table["first"], table["second"], strict=True)) >= {("alike", "other")}
    assert len(table.query("comparison == 'random_heads'")) == 2 * RANDOM_HEADS
    assert set(table["stimuli"]) == {"own", "common"}


def test_every_layer_meets_itself_and_the_observations_on_common(compare, tmp_path):
    table = compare(random_recording((70, 60, 25), (0, 1, 1)))
    with h5py.File(tmp_path / "common.h5") as first, h5py.File(tmp_path / "clones.h5") as second:
        recorded = Activations(first, "expert"), Activations(second, "common", 1)
        sides = [activations.derived_layers() for activations in recorded]
        states, ids = recorded[0].observations(), recorded[0].episode_ids
    common = equal_layers(table, "expert_clone", "common", 1).set_index("layer_first")
    beside_states = table[(table["comparison"] == "clone_observation") & (table["clone"] == 1)]
    beside_states = beside_states.set_index("layer_first")
    assert set(common.index) == set(beside_states.index) == {*LAYERS, *DERIVED}
    assert (common["episodes"] == len(set(ids.tolist()))).all()
    assert (common["rows"] == len(states)).all()
    for name in common.index:
        x, y = (side[name] for side in sides)
        assert common.loc[name, "cka_debiased"] == pytest.approx(linear_cka(x, y, True), abs=1e-6)
        assert beside_states.loc[name, "cka"] == pytest.approx(linear_cka(y, states), abs=1e-6)
        if name == "linear2":
            distance = procrustes(x, y, angular=True)
            assert common.loc[name, "procrustes"] == pytest.approx(distance, abs=1e-5)
        else:
            assert np.isnan(common.loc[name, "procrustes"])


def test_clones_that_fall_at_once_are_compared_on_the_states_of_the_others(compare):
    table = compare(random_recording((8, 9), (0, 1)))
    fallen = equal_layers(table, "expert_clone", "common", 0)
    assert (fallen["rows"] == SHOWN_ROWS / 2).all()
    np.testing.assert_allclose(fallen["cka"], 1, atol=1e-6)


def test_recordings_of_other_states_are_refused(compare):
    with pytest.raises(ValueError, match="expected two recordings of the same common states"):
        compare(random_recording((70, 60), (0, 1)), shown=SHOWN_ROWS - 2)


@pytest.mark.parametrize("stimuli", ["common", "own"])
def test_every_value_is_that_of_its_two_layers_alone(compare, tmp_path, stimuli):
    """The clones' episodes differ in number and length, so that no two stimuli have equal rows."""
    table = compare(random_recording((70, 60, 25), (0, 1, 1)))
    with h5py.File(tmp_path / "common.h5") as common, h5py.File(tmp_path / "clones.h5") as clones:
        source = "expert" if stimuli == "common" else "own"
        of_both = Activations(common, source), Activations(clones, stimuli, 1)
        rows = [slice(None)] * 2
        if stimuli == "own":
            rows = matched_rows(*(activations.episode_ids for activations in of_both))
        sides = [activations.layers() for activations in of_both]
    chosen = table[
        (table["comparison"] == "expert_clone")
        & (table["clone"] == 1)
        & (table["stimuli"] == stimuli)
        & table["layer_first"].isin(LAYERS)
    ]
    assert len(chosen) == 16
    for pair in chosen.itertuples():
        x, y = sides[0][pair.layer_first][rows[0]], sides[1][pair.layer_second][rows[1]]
        assert pair.rows == len(x) == len(y) > 20
        assert pair.cka == pytest.approx(linear_cka(x, y), abs=1e-6)
        assert pair.cka_debiased == pytest.approx(linear_cka(x, y, debiased=True), abs=1e-6)


def test_how_many_networks_are_in_memory_together_does_not_matter(
    compare, compare_references, monkeypatch
):
    walked = random_recording((70, 60, 25), (0, 1, 1))
    together = compare(walked), compare_references(walked)
    monkeypatch.setattr(pairs, "BLOCK", 1)
    for table, expected in zip(
        (compare(walked), compare_references(walked)), together, strict=True
    ):
        pd.testing.assert_frame_equal(table, expected, rtol=0, atol=1e-6)
