"""What a network shows by itself: planted layers, files to tables, tables to measures."""

import h5py
import numpy as np
import pytest

from brainiarb.activity.activations import record_shared
from brainiarb.activity.networks import clones, references
from brainiarb.activity.stimuli import sample_states
from brainiarb.actors.actors import stack_actors, untrained
from brainiarb.similarity.array_measures import linear_cka
from brainiarb.similarity.single_networks import single_measures, single_network, single_table
from brainiarb.statistics.declarations import declaration
from brainiarb.statistics.measures import ABSENT, COLUMNS, OK
from builders import SIZES, TRANSIENT, random_recording

RNG = np.random.default_rng(0)
NAMES = ["self_cka_log_std_linear2", "silent_units_linear1", "silent_units_linear2"]
STATES = sample_states(random_recording((90, 80), (0, 0)), 60, TRANSIENT)


def layers(rows=200):
    """Layers of which a quarter and a half are silent, and a head that reads the second one."""
    first, second = RNG.normal(size=(2, rows, 8))
    first[:, :2] = second[:, 4:] = -1
    head = second @ RNG.normal(size=(8, 3))
    return {"linear1": first, "linear2": second, "log_std_linear": head}


def test_planted_layers_have_known_values():
    planted = layers()
    measures = single_network(planted)
    assert list(measures) == NAMES
    assert measures["silent_units_linear1"].value == 0.25
    assert measures["silent_units_linear2"].value == 0.5
    head = planted["log_std_linear"]
    expected = linear_cka(planted["linear2"], head, debiased=True)
    assert measures["self_cka_log_std_linear2"].value == expected > 0.4
    unrelated = {**planted, "log_std_linear": RNG.normal(size=(200, 3))}
    assert abs(single_network(unrelated)["self_cka_log_std_linear2"].value) < 0.05


def test_what_is_missing_has_a_reason():
    constant = {**layers(), "log_std_linear": np.full((200, 3), 0.1)}
    measures = single_network(constant)
    assert measures["self_cka_log_std_linear2"].note == "undefined: no variance"
    assert measures["silent_units_linear2"].status == OK
    nothing = {name: values[:0] for name, values in layers().items()}
    for measure in single_network(nothing).values():
        assert measure.status == ABSENT
        assert measure.note == "undefined: no states"


@pytest.fixture
def tables(tmp_path):
    """The tables of an expert with two untrained networks and two peers, and of two clones."""
    expert, floor = untrained(SIZES, [1]), untrained(SIZES, [2, 3])
    of_level = stack_actors([expert, untrained(SIZES, [4])])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for group, actors in {
            "expert": expert, "untrained": floor, "common": of_level, "peers/sac_1": expert,
            "peers/crossq_1": floor.only(0),
        }.items():  # fmt: skip
            record_shared(file, group, actors, STATES)
        return (
            single_table(references(file), "sac_0"),
            single_table(clones(file, 40), "sac_0"),
        )


def test_every_network_has_its_rows(tables):
    of_references, of_clones = tables
    assert of_references["network"].unique().tolist() == [
        "expert", "untrained", "crossq_1", "sac_1",
    ]  # fmt: skip
    assert len(of_references) == 5 * len(NAMES)
    assert set(zip(of_clones["level"], of_clones["clone"], strict=True)) == {(40, 0), (40, 1)}
    values = of_references.set_index(["network", "clone", "measure"])["value"]
    for name in NAMES:
        # The first clone and the peer sac_1 are the expert itself.
        same = of_clones.query("clone == 0 and measure == @name")["value"].item()
        assert values["expert", -1, name] == values["sac_1", -1, name] == same
        assert values["crossq_1", -1, name] == values["untrained", 0, name]


def test_other_experts_are_no_measures_and_untrained_networks_are_floors(tables):
    of_references, of_clones = map(single_measures, tables)
    assert list(of_references) == list(COLUMNS)
    assert set(of_clones["measure"]) == set(NAMES)
    floors = of_references[of_references["clone"] >= 0]
    assert set(floors["measure"]) == {f"floor_{name}" for name in NAMES}
    assert len(of_references) == 3 * len(NAMES)


def test_their_bounds_are_declared():
    silent = declaration("floor_silent_units_linear2")
    assert (silent.low, silent.high) == (0, 1)
    assert declaration("self_cka_log_std_linear2").high == 1
    assert declaration("self_cka_log_std_linear2").referable
