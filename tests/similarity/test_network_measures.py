"""The similarity of networks as measures: of clones, of their own floors, of the expert."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.actors.layers import LAYERS
from brainiarb.similarity.network_measures import clone_measures, expert_measures, peer_measures
from brainiarb.statistics.measures import ABSENT, OK
from brainiarb.statistics.subjects import subjects
from builders import DERIVED, SIMILARITY_MEASURES, random_recording

WALKED = random_recording((70, 60), (0, 1))


@pytest.fixture
def of_clones(compare):
    return clone_measures(compare(WALKED).assign(expert="sac_0", level=5))


@pytest.fixture
def of_expert(compare_references):
    table = compare_references(WALKED).assign(expert="sac_0", level=-1)
    return expert_measures(table, SIMILARITY_MEASURES)


def test_a_clone_that_is_the_expert_has_the_ideal_values(of_clones):
    assert set(of_clones["status"]) == {OK}
    values = of_clones.set_index(["measure", "clone"])["value"]
    for layer in LAYERS:
        assert values[f"cka_{layer}", 0] == pytest.approx(1, abs=1e-6)
        assert values[f"cka_{layer}", 1] < 0.99
    assert values["procrustes_linear2", 0] < 2e-3 < values["procrustes_linear2", 1]


def test_the_expert_has_the_ideal_values_and_one_floor_for_each_clone(of_expert):
    assert set(of_expert["level"]) == {-1}
    own = of_expert[of_expert["clone"] == -1].set_index("measure")
    floors = of_expert[of_expert["clone"] >= 0].set_index("measure")
    for layer in (*LAYERS, *DERIVED):
        assert own.loc[f"cka_{layer}", "value"] == 1
        assert floors.loc[f"floor_cka_{layer}", "clone"].tolist() == [0, 1]
        assert (f"procrustes_{layer}" in own.index) == (layer == "linear2")
    assert own.loc["procrustes_linear2", ["value", "unit"]].tolist() == [0, "rad"]
    assert floors.loc["floor_cka_linear2", "value"].between(0, 0.99).all()


def test_peers_are_other_experts_of_the_algorithm_beside_the_expert_itself(compare_references):
    table = compare_references(WALKED).assign(expert="sac_0", level=-1)
    among_others = table[table["comparison"] == "expert_seed"].assign(first="another", cka=0.1)
    peers = peer_measures(pd.concat([table, among_others], ignore_index=True))
    assert set(peers["note"]) == {"alike"}  # the peer "other" is by another algorithm
    of_layer = peers.set_index("measure").loc["peer_cka_linear2"]
    assert (of_layer["level"], of_layer["clone"]) == (-1, 0)
    assert of_layer["value"] == pytest.approx(1, abs=1e-6)  # its network is that of the expert


def test_statistics_find_the_floor_of_each_clone_at_every_level(of_clones, of_expert):
    by_name = {
        subject.measure: subject
        for subject in subjects(pd.concat([of_clones, of_expert], ignore_index=True))
    }
    floors = of_expert[of_expert["measure"] == "floor_cka_linear2"]["value"].to_numpy()
    np.testing.assert_array_equal(by_name["cka_linear2"].floor("sac_0", 5), floors)
    assert by_name["procrustes_linear2"].floor("sac_0", 5) is not None


def test_a_clone_without_a_value_has_a_reason(compare):
    table = compare(WALKED).assign(expert="sac_0", level=5)
    lost = (table["comparison"] == "expert_clone") & (table["clone"] == 0)
    table.loc[lost, list(SIMILARITY_MEASURES)] = np.nan
    table.loc[lost, "note"] = "undefined: no rows"
    measures = clone_measures(table)
    measures = measures[measures["clone"] == 0]
    assert set(measures["note"]) == {"undefined: no rows"}
    assert set(measures["status"]) == {ABSENT}
