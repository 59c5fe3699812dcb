"""A list of claims of one's own: what is refused when the config is read, and what is printed."""

import copy
import os
import shutil

import pytest
import yaml

from claim_tables import LEDGER
from conftest import snakemake
from plans import refusal

TABLES = "results/tiny/walker2d/tables"


def changed(change):
    """The ledger of the study with another first hypothesis of C1."""
    ledger = copy.deepcopy(LEDGER)
    ledger["claims"]["C1"]["parts"][0] |= change
    return ledger


def without(key):
    ledger = copy.deepcopy(LEDGER)
    del ledger["claims"]["C1"][key]
    return ledger


@pytest.mark.parametrize(
    ("ledger", "words"),
    [
        (
            changed({"measure": "spectral_distanse"}),
            "claims.C1.parts.0: spectral_distanse is not a measure, did you mean spectral_",
        ),
        (
            changed({"control": {"measure": "banana", "comparison": "value"}}),
            "claims.C1.parts.0: banana is not a measure",
        ),
        (changed({"expects": "more"}), "claims.C1.parts.0.expects: 'more' is not one of"),
        (changed({"smalest": 1}), "claims.C1.parts.0.smalest is not a key, did you mean smallest?"),
        (
            changed({"smallest": -0.1}),
            "an effect that is higher must have its smallest -0.1 above no_effect, which is 0",
        ),
        (changed({"smallest": 0}), "smallest must differ from no_effect, which is 0"),
        (
            changed({"comparison": "ratio", "smallest": -1}),
            "smallest and no_effect must be above 0, because logarithms are averaged",
        ),
        (without("figure"), "claims.C1: 'figure' is a required property"),
        (
            {**LEDGER, "claims": {"C1": {**LEDGER["claims"]["C1"], "figure": "fig_strid"}}},
            "claims.C1.figure: fig_strid is not a figure, did you mean fig_strides?",
        ),
        ([1], "[1] is not of type 'object'"),
    ],
)
def test_a_list_with_a_fault_is_refused_in_one_sentence(ledger, words, tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(ledger))
    said = refusal({"statistics": {"claims": str(path)}}, tmp_path)
    assert said.startswith("config: statistics.claims: ")
    assert words in said


def test_a_list_of_ones_own_is_evaluated_and_its_verdicts_are_printed(copied):
    own = {**LEDGER, "claims": {"mine": LEDGER["claims"]["C6b"]}}
    (copied / "mine.yaml").write_text(yaml.safe_dump(own))
    claims = ["--config", "statistics={claims: mine.yaml}", "--", f"{TABLES}/claims.csv"]
    assert "The claims of the study" not in snakemake(copied, "--cores", "1", "-n", *claims)
    said = snakemake(copied, "--cores", "1", *claims)
    lines = said[said.index("The claims of the study") :].splitlines()
    assert lines[0] == "The claims of the study, with intervals of 90%:"
    assert lines[1].split()[:3] == ["mine", "0", "%"]


def test_a_run_without_new_claims_prints_none(study, copied):
    (copied / TABLES / "claims.csv").unlink()
    (copied / TABLES / "observations.csv").unlink()
    asked = ("--cores", "1", "--", f"{TABLES}/observations.csv")
    assert "The claims of the study" not in snakemake(copied, *asked)
    shutil.copyfile(study / TABLES / "claims.csv", copied / TABLES / "claims.csv")
    os.utime(copied / TABLES / "claims.csv", (0, 0))
    (copied / TABLES / "observations.csv").unlink()
    assert "The claims of the study" not in snakemake(copied, *asked)
