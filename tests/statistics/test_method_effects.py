"""Effects of the method: planted effects of method, data and copy are found and kept apart."""

import numpy as np
import pandas as pd
import pytest

from brainiarb.statistics.ledger import REFERENCE
from brainiarb.statistics.measures import FLOOR, PEER, Measure, measures_table, of_agent
from brainiarb.statistics.method_effects import COLUMNS, COMPARISONS, by_method, of_methods
from brainiarb.statistics.method_effects import method_effects as effects_of

OFFSETS = {"bc": 0.0, "iql": 0.5, "td3bc": -2.0}


def planted(offset, experts=1, clones=4, measure="likeness", levels=(0, 40), own=10.0):
    """A measure of clones 3 below their expert, 1 lower under noise, `offset` off by the method.

    Clones of one number share most of what sets them apart, and their floors lie 5 below them. Two
    other experts are 3 and 5 below the expert, so that clones without an offset lie 1 above these.
    """
    rows = []
    for number in range(experts):
        name, shared = f"expert_{number}", np.random.default_rng(number)
        own_noise = np.random.default_rng([number, int(100 + 10 * offset)])
        rows += of_agent(name, -1, -1, {measure: Measure("1", own + number)})
        for peer, apart in enumerate((-5, -3)):
            rows += of_agent(
                name, -1, peer, {f"{PEER}{measure}": Measure("1", own + number + apart)}
            )
        blocks = 2 * shared.normal(size=clones)
        for clone, block in enumerate(blocks):
            floor = Measure("1", own + number - 8 + block)
            rows += of_agent(name, -1, clone, {f"{FLOOR}{measure}": floor})
            for level in levels:
                noise = 0.01 * own_noise.normal() - (level > 0)
                value = own + number - 3 + block + offset + noise
                rows += of_agent(name, level, clone, {measure: Measure("1", value)})
    return measures_table(rows)


def tables(**given):
    return {method: planted(offset, **given) for method, offset in OFFSETS.items()}


def method_effects(measures):
    return effects_of(of_methods(measures), confidence=0.95, walking=0.5)


def of(table, method, level, kind):
    (row,) = table.query("method == @method and level == @level and kind == @kind").itertuples()
    return row


@pytest.mark.parametrize("experts", [1, 3])
def test_effects_of_method_data_and_copy_are_kept_apart(experts):
    table = method_effects(tables(experts=experts))
    assert tuple(table.columns) == COLUMNS
    for method, offset in OFFSETS.items():
        assert of(table, method, 40, "data").estimate == pytest.approx(-1, abs=0.05)
        for level, noise in ((0, 0), (40, -1)):
            assert of(table, method, level, "gain").estimate == pytest.approx(
                5 + offset + noise, abs=0.05
            )
            if method != REFERENCE:
                found = of(table, method, level, "method")
                assert found.estimate == pytest.approx(offset, abs=0.05)
                assert found.p < 0.001
            over, own = (of(table, method, level, kind).estimate for kind in ("peers", "copy"))
            assert over == pytest.approx(own + 4)
    condition = "over experts" if experts > 1 else "conditional on this expert"
    assert set(table["condition"]) == {condition}
    assert set(table["n_experts"]) == {experts}


def test_methods_are_compared_within_each_number_so_that_what_clones_share_widens_nothing():
    table = method_effects(tables())
    within, copy = (of(table, "iql", 40, kind) for kind in ("method", "copy"))
    assert within.high - within.low < 0.1 < 1 < copy.high - copy.low
    assert within.low < 0.5 < within.high


def test_the_reference_is_not_compared_with_itself_nor_a_clean_clone_with_itself():
    table = method_effects(tables())
    assert table.query("method == @REFERENCE and kind == 'method'").empty
    assert table.query("kind == 'data' and level == 0").empty
    kinds = set(table.query("method == 'iql' and level == 40")["kind"])
    assert kinds == {*COMPARISONS}


def test_a_clone_without_a_value_is_left_out_and_counted():
    given = tables()
    given["iql"].loc[given["iql"].eval("clone == 2 and level == 40"), "value"] = np.nan
    found = of(method_effects(given), "iql", 40, "method")
    assert (found.n_clones, found.n_left_out) == (3, 1)


def test_ratios_are_compared_by_their_logarithms():
    levels = {"levels": (40,), "measure": "action_mse_common"}
    given = tables(**levels)
    clones = given["bc"]["level"] >= 0
    given["iql"] = given["bc"].assign(value=given["bc"]["value"] * np.where(clones, 3, 1))
    found = of(method_effects(given), "iql", 40, "method")
    assert (found.unit, found.estimate) == ("ratio", pytest.approx(3))


def test_levels_that_a_method_lacks_and_counts_that_grow_have_no_row():
    given = tables(measure="strides")
    assert method_effects(given).empty
    given = tables()
    given["td3bc"] = given["td3bc"].query("level != 0")
    table = method_effects(given)
    assert set(table.query("method == 'td3bc'")["level"]) == {40}
    assert table.query("method == 'td3bc' and kind == 'data'").empty
    pd.testing.assert_frame_equal(
        table.query("method == 'iql'").reset_index(drop=True),
        method_effects(tables()).query("method == 'iql'").reset_index(drop=True),
    )


def falling(measures, falls):
    """Return measures in which the clones of a level of some numbers have fallen."""
    fell = measures["clone"].isin(falls) & (measures["level"] == 40)
    return measures.assign(value=measures["value"].where(~fell, 0.1))


def test_clones_that_fall_are_a_share_and_have_no_part_in_a_mean():
    given = tables(measure="return", levels=(0, 40))
    given["iql"] = falling(given["iql"], [1])
    given["td3bc"] = falling(given["td3bc"], [0, 1, 2, 3])
    table = method_effects(given)
    shares = {"bc": 1.0, "iql": 0.75, "td3bc": 0.0}
    for method, share in shares.items():
        found = of(table, method, 40, "walks")
        assert (found.estimate, found.unit) == (share, "share that walks")
        assert 0 <= found.low < found.high <= 1
    of_split = table.query("method == 'iql' and level == 40")
    assert set(of_split["kind"]) == {"walks"}
    assert of(table, "td3bc", 40, "value").estimate == pytest.approx(0.1)
    assert table.query("method == 'td3bc' and level == 40 and kind in ('data', 'method')").empty
    walking = of(table, "bc", 40, "value")
    assert walking.high - walking.low < 15


def test_one_table_holds_all_methods_and_every_other_agent_once():
    given = tables(experts=2)
    table = of_methods(given)
    clones = table["level"] >= 0
    assert set(table.loc[clones, "method"]) == {*OFFSETS}
    assert set(table.loc[~clones, "method"]) == {""}
    assert not table.drop(columns="method").loc[~clones].duplicated().any()
    for method, rows in by_method(table).items():
        ordered, same = (
            x.sort_values(["expert", "level", "clone", "measure"], ignore_index=True)
            for x in (rows.drop(columns="method"), given[method])
        )
        pd.testing.assert_frame_equal(ordered, same)


def test_a_table_without_methods_is_one_of_the_reference():
    measures = planted(0.0)
    assert by_method(measures) == {REFERENCE: measures}
