"""Which states networks are shown, and what comes out of comparing them, from stimuli to table."""

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from brainiarb import comparisons
from brainiarb.activations import describe_half, read_layers, record_own, record_shared
from brainiarb.comparisons import compare_level
from brainiarb.policies import Actors, untrained
from brainiarb.similarity import linear_cka
from brainiarb.stimuli import half, own, own_twice, pool
from test_rollouts import recording

SIZES = (17, 6)
TRANSIENT = 0.08  # s: ten rows
ROWS = 60


def walking(episodes, clones):
    """A recording whose states are drawn anew in every row."""
    arrays = recording(episodes, clones)
    shape = arrays["observations"].shape
    arrays["observations"] = np.random.default_rng(len(episodes)).normal(size=shape)
    arrays["observations"] = arrays["observations"].astype(np.float32)
    return arrays


def beside(*actors):
    """The given actors as one stack."""
    names = actors[0].state_dict()
    tensors = [one.state_dict() for one in actors]
    return Actors({name: torch.cat([part[name] for part in tensors]) for name in names})


@pytest.fixture(scope="module")
def expert():
    return untrained(SIZES, [1])


@pytest.fixture
def compare(expert, tmp_path):
    """Compare the expert with two clones, its equal and another network, that walked as given."""
    floor = untrained(SIZES, [2, 3])
    clones = beside(expert, untrained(SIZES, [4]))
    walked = walking((70, 60, 50, 80), (0, 0, 0, 0))

    def run(clones_walk, shown=ROWS):
        of_expert, of_level = pool(walked, ROWS, TRANSIENT), pool(clones_walk, ROWS, TRANSIENT)
        files = [h5py.File(tmp_path / f"{name}.h5", "w") for name in ("expert", "floor", "clones")]
        record_shared(files[0], "expert", expert, of_expert)
        record_own(files[0], "own", expert, own_twice(walked, ROWS))
        record_shared(files[1], "expert", floor, of_expert)
        record_shared(files[2], "expert", clones, pool(walked, shown, TRANSIENT))
        record_shared(files[2], "level", clones, of_level)
        describe_half(files[2], "expert", "level", half(of_expert, of_level))
        record_own(files[2], "own", clones, [own(clones_walk, k, ROWS) for k in range(2)])
        record_shared(files[2], "reference/expert/level", expert, of_level)
        record_shared(files[2], "reference/untrained/level", floor, of_level)
        table = compare_level(*files)
        for file in files:
            file.close()
        return table

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
    walked = walking((70, 60, 50), (0, 0, 1))
    chosen = pool(walked, 40, TRANSIENT)
    assert np.bincount(chosen.episode_ids).tolist() == [10, 10, 20]
    starts = np.concatenate([np.arange(10), 70 + np.arange(10), 130 + np.arange(10)])
    dropped = {tuple(row) for row in walked["observations"][starts]}
    assert not dropped & {tuple(row) for row in chosen.observations}


def test_agents_that_fall_within_the_transient_give_no_state():
    assert set(pool(walking((8, 60), (0, 1)), 40, TRANSIENT).episode_ids) == {1}
    assert pool(walking((8, 9), (0, 1)), 40, TRANSIENT).observations.shape == (0, 17)


def test_digests_tell_states_and_their_order():
    walked = walking((70,), (0,))
    first, again, fewer = (pool(walked, rows, TRANSIENT) for rows in (40, 40, 39))
    assert first.digest == again.digest
    assert first.digest != fewer.digest


def test_equal_networks_are_alike_on_the_same_states_only(compare):
    table = compare(walking((70, 60, 50, 80, 60), (0, 0, 0, 1, 1)))
    for stimuli in ("expert", "level", "half"):
        equal = diagonal(table, "expert_clone", stimuli, 0)
        np.testing.assert_allclose(equal["cka"], 1, atol=1e-6)
        assert equal["paired"].all()
        assert (diagonal(table, "expert_clone", stimuli, 1)["cka"] < 0.99).all()
    unpaired = diagonal(table, "expert_clone", "own", 0)
    assert not unpaired["paired"].any()
    assert (unpaired["cka_debiased"].abs() < 0.3).all()


def test_the_published_procedure_does_not_know_a_network_again(compare):
    table = compare(walking((70, 60), (0, 1)))
    assert (diagonal(table, "expert_two_rollouts", "own", -1)["cka_debiased"].abs() < 0.3).all()
    np.testing.assert_allclose(diagonal(table, "expert_itself", "own", -1)["cka"], 1)


def test_clones_that_fall_at_once_are_undefined_where_they_give_no_state(compare):
    table = compare(walking((8, 9), (0, 1)))
    fallen = diagonal(table, "expert_clone", "level", 0)
    assert fallen["cka"].isna().all()
    assert set(fallen["note"]) == {"undefined: no rows"}
    assert (diagonal(table, "expert_clone", "half", 0)["rows"] == ROWS / 2).all()
    np.testing.assert_allclose(diagonal(table, "expert_clone", "expert", 0)["cka"], 1, atol=1e-6)


def test_recordings_of_other_states_are_refused(compare):
    with pytest.raises(ValueError, match="expected two recordings of the same expert states"):
        compare(walking((70, 60), (0, 1)), shown=ROWS - 1)


@pytest.mark.parametrize("stimuli", ["expert", "level", "half", "own"])
def test_every_value_is_that_of_its_two_layers_alone(compare, tmp_path, stimuli):
    """The clones' episodes differ in number and length, so that no two stimuli have equal rows."""
    table = compare(walking((70, 60, 25), (0, 1, 1)))
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
    ]
    assert len(chosen) == 16
    for pair in chosen.itertuples():
        x, y = reference[stimuli][pair.layer_first], layers[pair.layer_second]
        x, y = x[: len(y)], y[: len(x)]
        assert pair.rows == len(x) > 20
        assert pair.cka == pytest.approx(linear_cka(x, y), abs=1e-6)
        assert pair.cka_debiased == pytest.approx(linear_cka(x, y, debiased=True), abs=1e-6)


def test_how_many_clones_are_in_memory_together_does_not_matter(compare, monkeypatch):
    walked = walking((70, 60, 25), (0, 1, 1))
    together = compare(walked)
    monkeypatch.setattr(comparisons, "BLOCK", 1)
    pd.testing.assert_frame_equal(compare(walked), together, rtol=0, atol=1e-6)
