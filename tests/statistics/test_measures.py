"""The one form of a number of an agent."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.statistics.measures import (
    ABSENT,
    COLUMNS,
    OK,
    UNSTABLE,
    Measure,
    measures_table,
    of_agent,
    qualified,
)


def test_a_missing_value_is_absent_whatever_status_is_given():
    assert Measure("Hz", float("nan"), note="no stable cycle", status=UNSTABLE).status == ABSENT
    assert Measure("Hz", 1.2).status == OK
    assert Measure("Hz", 1.2, note="no stable cycle", status=UNSTABLE).status == UNSTABLE


def test_a_reason_makes_a_measure_absent_or_unstable_and_becomes_its_note():
    absent = qualified("Hz", 1.2, absent="never walked", unstable="no stable cycle")
    assert np.isnan(absent.value)
    assert (absent.status, absent.note) == (ABSENT, "never walked")
    unstable = qualified("Hz", 1.2, unstable="no stable cycle")
    assert (unstable.value, unstable.status, unstable.note) == (1.2, UNSTABLE, "no stable cycle")
    plain = qualified("Hz", 1.2)
    assert (plain.value, plain.status, plain.note) == (1.2, OK, "")


def test_a_table_has_a_row_for_each_measure_in_the_given_order():
    measures = {
        "speed": Measure("m/s", 2),
        "flight": Measure("1", float("nan"), note="never walked"),
    }
    table = measures_table([*of_agent("e", 40, 3, measures), *of_agent("e", -1, -1, measures)])
    assert table.columns.tolist() == list(COLUMNS)
    assert table["measure"].tolist() == ["speed", "flight"] * 2
    assert table["status"].tolist() == [OK, ABSENT] * 2
    assert table["clone"].tolist() == [3, 3, -1, -1]
    assert table["value"][0] == pytest.approx(2.0)


def test_no_measures_give_an_empty_table_with_all_columns():
    assert measures_table([]).columns.tolist() == list(COLUMNS)


def test_a_table_without_measures_leaves_numbers_in_the_tables_beside_it_numbers():
    named = measures_table(of_agent("e", -1, -1, {"speed": Measure("m/s", 4.0)}))
    both = pd.concat([named, measures_table([])], ignore_index=True)
    assert both["value"].dtype == float
    assert both["clone"].dtype == int
