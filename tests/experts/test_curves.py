"""Learning curves: read where one lies beside an archive, named so that they can be told apart."""

import logging

import pandas as pd
import pytest

from brainiarb.experts.curves import MEASURED, named_curve, read_curve
from conftest import ROOT

SHIPPED = ROOT / "workflow/resources/checkpoints/walker2d/crossq_0.csv"


def test_a_curve_is_named_and_its_choice_marked():
    curve = read_curve(SHIPPED)
    named = named_curve(curve, "mine", {"algorithm": "crossq", "selected_step": 105024})
    assert set(named["expert"]) == {"mine"}
    assert set(named["algorithm"]) == {"crossq"}
    assert named.loc[named["selected"], "step"].tolist() == [105024]
    pd.testing.assert_frame_equal(named[list(MEASURED)], curve[list(MEASURED)])


def test_naming_a_curve_again_changes_its_expert_only():
    record = {"algorithm": "sac", "selected_step": 10016}
    once = named_curve(read_curve(SHIPPED).assign(resumed=2), "first", record)
    again = named_curve(once, "second", record)
    assert set(again["resumed"]) == {2}
    pd.testing.assert_frame_equal(again.drop(columns="expert"), once.drop(columns="expert"))


def test_without_a_curve_the_table_is_empty_and_has_its_columns():
    named = named_curve(read_curve(None), "mine", {"made_by": "unknown"})
    assert len(named) == 0
    assert list(named) == ["expert", "algorithm", *MEASURED, "resumed", "selected"]


@pytest.mark.parametrize(
    ("text", "said"), [("", "is not a learning curve"), ("r,l,t\n1,2,3\n", "it lacks length_mean")]
)
def test_another_table_beside_an_archive_is_not_used_with_a_warning(text, said, tmp_path, caplog):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert len(read_curve(path)) == 0
    assert said in caplog.text
    assert "mine.csv" in caplog.text
