"""Statistics of the default design: one expert cloned at every level, four at two."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from brainiarb.statistics.tables import statistics_table
from designs import ASKED, LEVELS, NO_MARGINS, asked, at, planted

FEW = [0, 80]
BETWEEN = [20, 40]
DRAWN = "expert_0"
KINDS = ("level", "iqm", "difference", "contrast", "walking", "share", "share contrast")


def unequal(measure="likeness", **options):
    """Measures of five experts, of which only the first has clones between the two levels."""
    table = planted(experts=5, clones=4, measure=measure, **options)
    return table[(table["expert"] == DRAWN) | table["level"].isin([-1, *FEW])]


def of_the_drawn(measures):
    return measures[measures["expert"] == DRAWN]


def statistics(measures):
    table = statistics_table(
        measures, {"likeness": "primary", "return": "primary"}, **ASKED, margins=NO_MARGINS
    )
    # The draws of a bootstrap and of the dip test depend on what was drawn before.
    return table[~table["kind"].isin(["iqm", "bimodality"])]


@pytest.fixture(scope="module")
def measures():
    return pd.concat([unequal(slope=0.02), unequal("return", noise=4.0, seed=2)])


@pytest.fixture(scope="module")
def table(measures):
    return statistics_table(measures, {}, **ASKED, margins=NO_MARGINS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_level_is_over_experts_where_all_are_cloned_and_conditional_where_one_is(table, kind):
    rows = table[(table["kind"] == kind) & (table["level"] >= 0)]
    assert {*FEW, *BETWEEN} >= set(rows["level"])
    several = rows["level"].isin(FEW)
    assert (rows["n_experts"] == several.map({True: 5, False: 1})).all()
    assert (rows["condition"] == "conditional on this expert").eq(~several).all()
    assert (rows["n_clones"] + rows["n_left_out"] == several.map({True: 20, False: 4})).all()


def test_each_kind_is_asked_on_either_side(table):
    for kind in ("level", "iqm", "difference", "contrast", "share", "share contrast"):
        levels = table.loc[(table["kind"] == kind) & (table["level"] > 0), "level"]
        assert {20, 40, 80} <= set(levels), kind


def test_the_trend_is_that_of_the_expert_that_has_enough_levels(measures):
    likeness = measures[measures["measure"] == "likeness"]
    (row,) = asked(likeness, "trend").itertuples()
    assert (row.n_experts, row.n_clones, row.condition) == (1, 4, "conditional on this expert")
    (alone,) = asked(of_the_drawn(likeness), "trend").itertuples()
    assert (row.estimate, row.low, row.high) == (alone.estimate, alone.low, alone.high)


def test_a_level_of_one_expert_says_what_a_study_of_this_expert_alone_says(measures):
    together, alone = statistics(measures), statistics(of_the_drawn(measures))
    rows = [t[t["level"].isin(BETWEEN)].reset_index(drop=True) for t in (together, alone)]
    assert len(rows[0]) > 0
    assert_frame_equal(*rows)


def test_a_level_of_all_experts_says_what_a_study_of_these_levels_alone_says(measures):
    together, alone = statistics(measures), statistics(measures[~measures["level"].isin(BETWEEN)])
    rows = [t[t["level"].isin(FEW)].reset_index(drop=True) for t in (together, alone)]
    assert len(rows[0]) > 0
    assert_frame_equal(*rows)


def test_a_contrast_pairs_the_clones_of_each_expert_and_takes_one_number_of_each():
    measures = unequal(slope=0.02)
    rows = asked(measures, "contrast")
    means = measures[measures["level"].isin(FEW)].groupby(["expert", "level"])["value"].mean()
    rises = means.xs(80, level="level") - means.xs(0, level="level")
    assert at(rows, 80)["estimate"] == pytest.approx(rises.mean())
    assert set(rows["level"]) == {*LEVELS} - {0}
