"""Learning curves: read where one lies beside an archive, named so that they can be told apart."""

import logging

import pandas as pd
import pytest

from brainiarb.errors import Refused
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


def test_another_table_beside_an_archive_is_not_used_with_a_warning(tmp_path, caplog):
    path = tmp_path / "mine.csv"
    path.write_text("r,l,t\n1,2,3\n")
    with caplog.at_level(logging.WARNING):
        assert len(read_curve(path)) == 0
    assert "it lacks length_mean" in caplog.text
    assert "mine.csv" in caplog.text


HEADER = ",".join(MEASURED)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (f"{HEADER}\n".encode(), "it has no row"),
        (f"{HEADER}\n1,2,3,4,5,6\n2,3,4,5".encode(), "do not fit each other"),
        (f"{HEADER}\n1,2,3,4,5,6\n2,3,4,5,6,7".encode(), "it ends within a row"),
        (f"{HEADER}\n1,2,three,4,5,6\n".encode(), "texts where numbers are expected"),
        (f"{HEADER}\n1,2,inf,4,5,6\n".encode(), "missing or infinite"),
        (f"{HEADER}\n1,2,3,-4,5,6\n".encode(), "a negative number"),
        (f"{HEADER}\n2,2,3,4,5,6\n1,2,3,4,5,6\n".encode(), "its steps do not rise"),
        (f"{HEADER}\n1,2,3,4,5,6\n".encode("utf-16"), "a zero byte"),
        (f"{HEADER}\n1,2,3,4,5,6\né".encode("latin1"), "can't decode"),
        (bytes(2**22 + 1), "more than 4,194,304 bytes"),
    ],
)
def test_a_damaged_curve_is_refused_in_one_sentence_that_names_it(content, said, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    with pytest.raises(Refused, match=rf"mine\.csv is not a whole CSV file .*{said}"):
        read_curve(path)
