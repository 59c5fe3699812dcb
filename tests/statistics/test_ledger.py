"""The ledger of claims: what it holds, and what its numbers mean."""

import pytest
import yaml
from jsonschema import Draft202012Validator

from brainiarb.statistics.ledger import read_claims
from claim_tables import LEDGER, OFFLINE, part
from conftest import ROOT

CLAIMS = {claim.name: claim for claim in read_claims(LEDGER)}
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/claims.schema.yaml").read_text("utf-8"))


@pytest.mark.parametrize("ledger", [LEDGER, OFFLINE])
def test_the_ledgers_fit_their_schema(ledger):
    Draft202012Validator.check_schema(SCHEMA)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(ledger)] == []


def test_claims_about_methods_have_the_smallest_effects_of_the_study():
    of_study = {"cka_linear2_relu": 0.02, "spectral_distance": 0.1}
    for claim in read_claims(OFFLINE):
        for each in claim.parts:
            assert abs(each.smallest) == of_study[each.measure]
            assert not claim.name.endswith(("bc", "iql")) or claim.name.endswith(each.method)


def test_it_holds_every_claim_of_the_study_and_two_exploratory_ones():
    of_study = ["C1", "C2", "C3", "C4a", "C4b", "C5a", "C5b", "C6a", "C6b", "C7", "C8"]
    assert [*CLAIMS] == [*of_study, "C9", "C10"]
    assert [name for name, claim in CLAIMS.items() if claim.exploratory] == ["C9", "C10"]


def test_smallest_effects_are_those_that_were_fixed_beforehand():
    fixed = {
        "C1": [0.10], "C2": [0.10], "C3": [0.02, 0.01], "C4a": [0.5], "C4b": [0.5], "C5a": [0.75],
        "C5b": [0.75], "C6a": [1.05], "C6b": [0.1], "C7": [0.9], "C8": [-0.2], "C9": [0.25],
        "C10": [-0.10],
    }  # fmt: skip
    assert {name: [x.smallest for x in c.parts] for name, c in CLAIMS.items()} == fixed


def test_a_comparison_with_clean_clones_is_not_asked_of_clean_clones():
    contrasts = [c for c in CLAIMS.values() if any(x.comparison == "contrast" for x in c.parts)]
    assert {c.levels for c in contrasts} == {(80,)}


def test_the_published_procedure_has_rows_or_a_measure_or_a_reason_for_none():
    for claim in CLAIMS.values():
        given = [claim.rows is not None, claim.measured is not None, bool(claim.absent)]
        assert sum(given) == 1, claim.name
        assert (claim.concludes is None) == bool(claim.absent)
    assert [name for name, claim in CLAIMS.items() if claim.absent] == ["C5b", "C6b", "C9", "C10"]


def test_what_the_study_published_is_what_it_concluded_from():
    numbered = {name: dict(claim.values) for name, claim in CLAIMS.items() if claim.values}
    assert numbered == {
        "C1": {0: 0.70}, "C2": {0: 0.056}, "C4a": {0: 0.26, 80: 0.06}, "C4b": {80: 1.0},
        "C5a": {0: 0.52, 80: 0.12}, "C6a": {0: 1.0, 80: 1.0}, "C7": {0: 0.056},
    }  # fmt: skip
    for name, values in numbered.items():
        least, most = CLAIMS[name].concludes
        assert all(least <= value <= most for value in values.values()), name


@pytest.mark.parametrize(
    ("hypothesis", "value", "units"),
    [
        (part("higher", 0.1), 0.05, 0.5),
        (part("lower", -0.2), -0.4, 2.0),
        (part("lower", 0.5, no_effect=1.0, logarithms=True), 0.25, 2.0),
        (part("lower", 0.5, no_effect=1.0, logarithms=True), 1.0, 0.0),
        (part("at_most", 0.9, no_effect=1.0), 0.95, 0.5),
        (part("within", 1.1, no_effect=1.0, logarithms=True), 1 / 1.1, -1.0),
    ],
)
def test_the_smallest_effect_is_one_unit_and_no_effect_is_none(hypothesis, value, units):
    assert hypothesis.scaled(value) == pytest.approx(units)


@pytest.mark.parametrize(
    ("hypothesis", "claimed"),
    [
        (part("higher", 0.1), "at least 1"),
        (part("lower", -0.2), "at least 1"),
        (part("at_least", 0.5), "at least 1"),
        (part("at_most", 0.1), "at most 1"),
        (part("at_most", 0.9, no_effect=1.0), "at least 1"),
        (part("within", 0.1), "from -1 to 1"),
    ],
)
def test_what_a_claim_expects_is_told_in_these_units(hypothesis, claimed):
    assert hypothesis.claimed == claimed
