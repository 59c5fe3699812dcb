"""Files of activations are read as they were written."""

import re

import h5py
import numpy as np
import pytest

from brainiarb.activity.activations import (
    Activations,
    networks_in,
    open_activations,
    record_own,
    record_shared,
)
from brainiarb.activity.stimuli import common_states, own, sample_states
from brainiarb.actors.actors import untrained
from brainiarb.actors.architecture import DEFAULT
from brainiarb.actors.layers import LAYERS, LOG_STD_MAX, LOG_STD_MIN
from brainiarb.errors import Refused
from brainiarb.files import whole
from builders import DERIVED, SIZES, TRANSIENT, random_recording

CLONES = (0, 1)


@pytest.fixture
def stimuli():
    """The states of the groups of a file of clones."""
    walks = {-1: random_recording((70, 60), (0, 0)), 0: random_recording((50, 40, 30), (0, 1, 1))}
    return {
        "common": common_states(walks, 60, TRANSIENT),
        "level": sample_states(walks[0], 30, TRANSIENT),
    }


@pytest.fixture
def clones(stimuli, tmp_path):
    """An open file of the activations of two networks."""
    actors, walked = untrained(SIZES, CLONES), random_recording((50, 40, 30), (0, 1, 1))
    with h5py.File(tmp_path / "clones.h5", "w") as file:
        record_shared(file, "common", actors, stimuli["common"], stored=True)
        record_shared(file, "level", actors, stimuli["level"])
        record_own(file, "own", actors, [own(walked, k, 100) for k in CLONES])
        yield file


@pytest.mark.parametrize("group", ["common", "level"])
def test_shared_states_are_read_back_with_what_every_network_computes_of_them(
    clones, stimuli, group
):
    states = stimuli[group]
    assert networks_in(clones, group) == len(CLONES)
    for clone in CLONES:
        activations = Activations(clones, group, clone)
        assert activations.rows == len(states.observations)
        assert activations.digest == states.digest
        np.testing.assert_array_equal(activations.episode_ids, states.episode_ids)
        np.testing.assert_array_equal(activations.observations(), states.observations)
        expected = untrained(SIZES, [clone]).respond(states.observations)
        assert list(activations.layers()) == list(LAYERS)
        for name, values in activations.layers().items():
            np.testing.assert_array_equal(values, expected[name][0])


def test_other_programs_find_the_layers_on_common_in_the_file(clones):
    assert set(LAYERS).isdisjoint(clones["level"])
    assert set(LAYERS).isdisjoint(clones["own"])
    for clone in CLONES:
        for name, values in Activations(clones, "common", clone).layers().items():
            stored = clones["common"][name]
            assert stored.shape == (len(CLONES), *values.shape)
            assert stored.attrs["units"] == "1, before the non-linearity"
            np.testing.assert_allclose(stored[clone], values, rtol=2**-11, atol=1e-7)


def test_weights_and_states_that_groups_share_are_in_the_file_once(stimuli, tmp_path):
    first, second = untrained(SIZES, [0]), untrained(SIZES, [1])
    states = stimuli["common"]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        record_shared(file, "expert", first, states)
        record_shared(file, "untrained", second, states)
        record_own(file, "own", first, [stimuli["level"]])
        for name in ("observations", "episode_ids", "sources"):
            assert file["untrained"][name] == file["expert"][name]
        assert file["own"]["observations"] != file["expert"]["observations"]
        of_expert, of_floor, of_own = (
            file[f"{group}/weights/linear2.weight"] for group in ("expert", "untrained", "own")
        )
        assert of_own == of_expert
        assert of_floor != of_expert
        for group, actors in (("untrained", second), ("own", first)):
            for name, values in Activations(file, group).layers().items():
                shown = stimuli["level" if group == "own" else "common"].observations
                np.testing.assert_array_equal(values, actors.respond(shown)[name][0])


def test_a_network_responds_to_states_that_are_not_in_its_group(clones):
    states = random_recording((20,), (0,))["observations"]
    layers = Activations(clones, "common", 1).respond(states)
    expected = untrained(SIZES, [CLONES[1]]).respond(states)
    for name, values in layers.items():
        np.testing.assert_array_equal(values, expected[name][0])


def test_own_states_are_read_without_the_rows_that_another_network_has_more(clones):
    walked = random_recording((50, 40, 30), (0, 1, 1))
    for clone, rows, episodes in ((0, 50, 1), (1, 70, 2)):
        activations = Activations(clones, "own", clone)
        assert (activations.rows, activations.episodes) == (rows, episodes)
        np.testing.assert_array_equal(
            activations.observations(), walked["observations"][walked["clone_ids"] == clone]
        )
        assert all(len(values) == rows for values in activations.layers().values())
        expected = walked["episode_ids"][walked["clone_ids"] == clone]
        np.testing.assert_array_equal(activations.episode_ids, expected)


def test_the_states_of_common_say_whose_they_are(clones, stimuli):
    np.testing.assert_array_equal(Activations(clones, "common").sources, stimuli["common"].sources)
    assert Activations(clones, "common").episodes == 5


def test_the_next_layer_reads_relu_and_clamp_but_the_mean_as_it_is():
    values = np.array([[-50.0, 0.5, 7.0]])
    assert DEFAULT.read("linear1", values).tolist() == [[0, 0.5, 7]]
    assert DEFAULT.read("log_std_linear", values).tolist() == [[LOG_STD_MIN, 0.5, LOG_STD_MAX]]
    assert DEFAULT.read("mean_linear", values) is values


def test_derived_layers_come_after_the_recorded_ones(clones):
    layers = Activations(clones, "common").layers()
    derived = DEFAULT.derive(layers)
    assert list(derived) == [*LAYERS, *DERIVED]
    np.testing.assert_array_equal(derived["linear2_relu"], np.maximum(layers["linear2"], 0))
    np.testing.assert_array_equal(derived["actions"], np.tanh(layers["mean_linear"]))


def test_a_damaged_file_is_refused_and_a_missing_one_is_named(tmp_path):
    path = tmp_path / "clones.h5"
    with whole(path) as temporary, h5py.File(temporary, "w") as file:
        file["values"] = np.arange(5000)
    with open_activations(path) as file:
        assert file["values"][3] == 3
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(Refused, match=r"clones\.h5 has no record .*; delete it"):
        open_activations(path)
    with pytest.raises(FileNotFoundError, match="no-such-file"):
        open_activations(tmp_path / "no-such-file.h5")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda group: group["weights/linear1.weight"].write_direct(BAD), "weight is not finite"),
        (
            lambda group: replace(group, "weights/linear2.bias", (2, 9)),
            r"bias is .* shape \(2, 9\)",
        ),
        (lambda group: replace(group, "weights/mean_linear.bias", (2, 0)), "is .* of the shape"),
        (lambda group: replace(group, "episode_ids", (3,)), r"of episodes \(3,\)"),
        (lambda group: group.attrs.update(architecture="[]"), "is not a whole HDF5 file"),
        (lambda group: group.pop("observations"), "is not a whole HDF5 file"),
    ],
)
def test_networks_that_cannot_be_are_refused_by_the_name_of_the_file(
    stimuli, tmp_path, change, words
):
    path = tmp_path / "bc_40.h5"
    with whole(path) as temporary, h5py.File(temporary, "w") as file:
        record_shared(file, "common", untrained(SIZES, CLONES), stimuli["common"])
        change(file["common"])
    with pytest.raises(Refused, match=r"bc_40\.h5 is not a whole HDF5 file.*; delete it") as said:
        open_activations(path)
    assert re.search(words, str(said.value))
    assert "\n" not in str(said.value)


BAD = np.full((len(CLONES), 256, SIZES[0]), np.nan, np.float32)


def replace(group, name, shape):
    """Put another array, of zeros, under a name."""
    del group[name]
    group[name] = np.zeros(shape, np.float32)
