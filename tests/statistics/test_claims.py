"""The table of claims: planted effects get the verdicts that they deserve."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.statistics.claim_rows import Asked
from brainiarb.statistics.claims import COLUMNS
from brainiarb.statistics.ledger import Rows, read_claims
from brainiarb.statistics.replication import replication_table
from claim_tables import LEDGER, NO_SIMILARITY, claim, evaluated, measured, part, published_ledger

HIGHER = part("higher", 1.0)


def at(table, level, **wanted):
    rows = table[table["level"] == level]
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows.iloc[0]


@pytest.mark.parametrize(
    ("offset", "verdict"), [(3.0, "supported"), (0.0, "contradicted"), (-3.0, "contradicted")]
)
def test_a_planted_effect_supports_and_its_absence_contradicts(offset, verdict):
    table = evaluated(measured(offset), claim(HIGHER))
    row = at(table, 0)
    assert row["verdict"] == row["answer"] == verdict
    assert row["low"] < row["estimate"] < row["high"]
    assert row["estimate"] == pytest.approx(offset, abs=0.5)
    assert row["effect"] == row["estimate"]
    assert (row["n_experts"], row["n_clones"], row["n_left_out"]) == (5, 20, 0)
    assert row["condition"] == "over experts"
    assert row["confidence"] == pytest.approx(0.9)


def test_a_level_that_does_not_decide_is_described_without_p_and_verdict():
    table = evaluated(measured(3.0), claim(HIGHER, levels=(80,)))
    assert table["level"].tolist() == [0, 40, 80]
    assert table["decides"].tolist() == [False, False, True]
    described = at(table, 0)
    assert described["verdict"] == described["answer"] == ""
    assert described[["p", "p_holm", "p_against_holm", "power_default"]].isna().all()
    assert described["reason"].startswith("described only")
    assert np.isfinite(described["estimate"])


def test_a_level_that_is_not_primary_decides_nothing():
    asked = Asked(0.05, (80,), {})
    table = evaluated(measured(3.0), claim(HIGHER), asked=asked)
    assert table["decides"].tolist() == [False, False, True]


def test_a_contrast_is_of_blocks_and_not_asked_of_clean_clones():
    rises = claim(part("higher", 1.0, "contrast"), levels=(80,))
    table = evaluated(measured(1.0, slope=3.0), rises)
    assert table["level"].tolist() == [40, 80]
    assert at(table, 80)["estimate"] == pytest.approx(3.0, abs=0.2)
    assert at(table, 80)["verdict"] == "supported"


def test_one_expert_is_a_condition_and_its_blocks_are_the_sample():
    row = at(evaluated(measured(3.0, experts=1, clones=8), claim(HIGHER)), 80)
    assert row["condition"] == "conditional on this expert"
    assert (row["n_experts"], row["n_clones"]) == (1, 8)
    assert row["verdict"] == "supported"


def test_p_is_corrected_for_the_claims_of_the_study_at_a_level():
    others = [claim(part("higher", 1.0), name=f"C{n}") for n in range(2, 5)]
    new = claim(HIGHER, name="N", exploratory=True)
    table = evaluated(measured(3.0), claim(HIGHER), *others, new)
    row = at(table, 80, id="C1")
    assert row["p_holm"] == pytest.approx(4 * row["p"])
    exploratory = at(table, 80, id="N")
    assert exploratory["p_holm"] == exploratory["p"]
    assert exploratory["p_against_holm"] == exploratory["p_against"]


def test_all_parts_of_a_claim_must_hold():
    table = evaluated(measured(3.0), claim(HIGHER, part("lower", -1.0)))
    assert table.loc[table["level"] == 80, "answer"].tolist() == ["supported", "contradicted"]
    assert table.loc[table["level"] == 80, "verdict"].tolist() == ["contradicted"] * 2


def test_what_cannot_be_tested_says_why():
    missing = evaluated(measured(), claim(part(measure="gait")))
    assert set(missing["verdict"]) == {"not testable"}
    assert set(missing["reason"]) == {"the study has no measure gait"}
    lonely = at(evaluated(measured(experts=1, clones=1), claim(HIGHER)), 80)
    assert (lonely["verdict"], lonely["reason"]) == ("not testable", "one number is no sample")
    other = at(evaluated(measured(), claim(HIGHER, levels=(20,)), asked=Asked(0.05, (20,), {})), 20)
    assert other["reason"] == "no clone has this comparison of likeness at this level"
    measures = measured()
    own = measures["level"] < 0
    measures.loc[own, "value"], measures.loc[own, "note"] = np.nan, "undefined: no head"
    lost = at(evaluated(measures, claim(HIGHER)), 80)
    assert lost["reason"] == (
        "no clone has this comparison of likeness at this level (undefined: no head)"
    )


def test_a_reason_tells_of_unstable_values():
    measures = measured(3.0)
    at_80 = (measures["level"] == 80) & (measures["clone"] == 1)
    measures.loc[at_80, "status"] = "unstable"
    table = evaluated(measures, claim(HIGHER))
    assert at(table, 80)["reason"].endswith("; some of the values are unstable")
    assert "unstable" not in at(table, 0)["reason"]


def test_the_control_stands_beside_the_result():
    control = part(control=("likeness", "expert"))
    row = at(evaluated(measured(), claim(control)), 80)
    assert row["control"] == "likeness, expert"
    assert row["control_value"] == 12.0
    absent = at(evaluated(measured(), claim(part(control=("gait", "value")))), 80)
    assert np.isnan(absent["control_value"])


def test_the_published_procedure_gives_what_its_rows_say():
    similarity = pd.DataFrame(
        [
            ("one", -1, -1, "itself", 0.7),
            ("one", 80, 0, "clones", 0.2),
            ("one", 80, 1, "clones", 0.4),
        ],
        columns=NO_SIMILARITY.columns[:5],
    )
    rows = Rows({"comparison": "clones"}, {"comparison": "itself"}, "difference")
    table = evaluated(measured(), claim(HIGHER, rows=rows), similarity=similarity)
    assert at(table, 80)["published_procedure"] == pytest.approx(-0.4)
    assert at(table, 80)["published_note"] == "difference of cka"
    assert np.isnan(at(table, 0)["published_procedure"])
    assert "no difference of cka" in at(table, 0)["published_note"]


def test_the_published_procedure_of_a_measure_has_the_range_of_single_clones():
    asked = claim(HIGHER, measured_by=("likeness", "value"), values={80: 9.0}, concludes=(0, 11))
    row = at(evaluated(measured(experts=1, own=10.0, slope=3.0), asked), 80)
    assert row["published_value"] == 9.0
    assert row["procedure_draws"] == 4
    assert row["procedure_low"] < row["published_procedure"] < row["procedure_high"]
    assert row["procedure_says"] == "not as published"
    clean = at(evaluated(measured(experts=1, own=10.0, slope=3.0), asked), 0)
    assert clean["procedure_says"] == "as published"
    assert np.isnan(clean["published_value"])
    absent = claim(HIGHER, measured_by=("gait", "value"), concludes=(0, 11))
    row = at(evaluated(measured(), absent), 80)
    assert (row["procedure_draws"], row["procedure_says"]) == (0, "")
    assert row["published_note"] == "the study has no value of gait at this level"


def test_the_ledger_of_a_replication_has_the_deciding_rows_of_the_claims_of_the_study():
    claims = published_ledger()
    table = replication_table(claims)
    deciding = claims[claims["decides"] & ~claims["exploratory"]]
    assert table["id"].tolist() == deciding["id"].tolist()
    assert not {"C9", "C10"} & {*table["id"]}
    assert table["corrected"].tolist() == deciding["estimate"].tolist()
    assert table.set_index(["id", "level"]).loc[("C2", 0), "published"] == 0.056


def test_a_claim_without_a_published_number_says_why():
    row = at(evaluated(measured(), claim(HIGHER)), 80)
    assert np.isnan(row["published_procedure"])
    assert row["published_note"] == "no reason"


def test_power_is_that_of_each_design_at_the_strictest_step_of_the_correction():
    alone = at(evaluated(measured(noise=1.0), claim(HIGHER)), 80)
    others = [claim(HIGHER, name=f"C{n}") for n in range(2, 6)]
    beside = at(evaluated(measured(noise=1.0), claim(HIGHER), *others), 80, id="C1")
    assert 0 < beside["power_default"] < alone["power_default"] < 1


def test_every_claim_of_the_study_is_answered_at_its_levels():
    table = published_ledger()
    decided = table[table["decides"]]
    assert set(decided["id"]) == {c.name for c in read_claims(LEDGER)}
    assert set(decided["answer"]) <= {"supported", "contradicted", "not resolved"}
    assert tuple(table.columns) == (*COLUMNS, "power_default")
    assert (decided["reason"] != "").all()
