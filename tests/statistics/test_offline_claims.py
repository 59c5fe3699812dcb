"""Claims about methods of offline learning: planted effects have their verdicts, each apart."""

import pytest

from brainiarb.statistics.ledger import read_claims
from claim_tables import OFFLINE, evaluated, measured, measured_methods

CLAIMS = read_claims(OFFLINE)


def verdicts(measures, level):
    table = evaluated(measures, *CLAIMS, similarity=None)
    return table[table["level"] == level].set_index("id")["verdict"].to_dict()


@pytest.mark.parametrize("level", [0, 80])
def test_an_effect_of_one_method_on_the_network_supports_the_claim_of_this_method_alone(level):
    found = verdicts(measured_methods(network={"td3bc": -0.1}), level)
    assert found["method_network_td3bc"] == "supported"
    of_others = ("method_network_iql", "method_gait_iql", "method_gait_td3bc")
    assert {found[name] for name in of_others} == {"contradicted"}


def test_an_effect_on_the_gait_is_not_one_on_the_network():
    found = verdicts(measured_methods(gait={"iql": 0.2}), 80)
    assert found["method_gait_iql"] == "supported"
    assert found["method_network_iql"] == "contradicted"


def test_the_network_of_a_copy_is_compared_with_other_experts_and_its_gait_with_its_own_expert():
    copies = ("copy_network", "copy_gait")
    nearer = verdicts(measured_methods(peers=-0.4), 0)
    further = verdicts(measured_methods(peers=-0.1), 0)
    assert [nearer[name] for name in copies] == ["contradicted", "supported"]
    assert [further[name] for name in copies] == ["supported", "supported"]


def test_what_noise_changes_in_all_methods_is_of_the_data_and_not_of_the_method():
    found = verdicts(measured_methods(slope=0.05), 80)
    assert {found[f"data_network_{method}"] for method in ("bc", "iql", "td3bc")} == {"supported"}
    assert {found[f"method_network_{method}"] for method in ("iql", "td3bc")} == {"contradicted"}


def test_what_a_copy_loses_online_is_told_apart_from_what_other_methods_do():
    found = verdicts(measured_methods(network={"tuned": -0.1}), 0)
    assert (found["online_network"], found["online_gait"]) == ("supported", "contradicted")
    assert found["method_network_iql"] == found["method_network_td3bc"] == "contradicted"


def test_without_other_experts_and_methods_their_claims_cannot_be_tested():
    found = verdicts(measured(measure="cka_linear2_relu", own=1.0, step=0.0), 80)
    assert found["method_network_iql"] == found["copy_network"] == "not testable"
    assert found["data_network_bc"] != "not testable"
